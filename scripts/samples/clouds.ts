/** @file The sample point clouds, drawn from named random streams. */
import { stream } from '../../native-models';

export interface Cloud {
  columns: string[];
  /** [rows, columns] row-major. */
  points: Float32Array;
  /** A word per row. */
  labels: string[];
}

const SEED = 20_250;
const TURN = 2 * Math.PI;

/** Two interleaved half circles of radius 1 with noise .08. */
export function twoMoons(rows: number): Cloud {
  const { uniform, normal } = draws('two moons');
  return cloud(['x', 'y'], rows, (row) => {
    const angle = uniform() * Math.PI;
    const upper = row % 2 === 0;
    const x = upper ? Math.cos(angle) : 1 - Math.cos(angle);
    const y = upper ? Math.sin(angle) : 0.5 - Math.sin(angle);
    return {
      point: [x - 0.5 + 0.08 * normal(), y - 0.25 + 0.08 * normal()],
      label: upper ? 'upper' : 'lower',
    };
  });
}

/** Eight Gaussians on a circle of radius 2, standard deviation .25: the set-up R1 of the flow experiments. */
export function eightGaussians(rows: number): Cloud {
  const { integer, normal } = draws('eight Gaussians');
  return cloud(['x', 'y'], rows, () => {
    const mode = integer(8);
    const angle = (TURN * mode) / 8;
    const point = [2 * Math.cos(angle) + 0.25 * normal(), 2 * Math.sin(angle) + 0.25 * normal()];
    return { point, label: String(mode) };
  });
}

/** A thin ring of radius .8 and five blobs at distance 2.4, like a star. */
export function ringAndPetals(rows: number): Cloud {
  const { uniform, integer, normal } = draws('ring and petals');
  return cloud(['x', 'y'], rows, (row) => {
    if (row % 3 === 0) {
      const angle = TURN * uniform();
      const radius = 0.8 + 0.04 * normal();
      return { point: [radius * Math.cos(angle), radius * Math.sin(angle)], label: 'ring' };
    }
    const petal = integer(5);
    const angle = TURN * (0.25 + petal / 5);
    const point = [2.4 * Math.cos(angle) + 0.22 * normal(), 2.4 * Math.sin(angle) + 0.22 * normal()];
    return { point, label: `petal ${petal + 1}` };
  });
}

/** A rolled-up sheet in three dimensions; the label is the quarter of the roll. */
export function swissRoll(rows: number): Cloud {
  const { uniform, normal } = draws('swiss roll');
  return cloud(['x', 'y', 'z'], rows, () => {
    const along = uniform();
    const angle = 1.5 * Math.PI * (1 + 2 * along);
    const radius = angle / (1.5 * Math.PI);
    const point = [radius * Math.cos(angle), 3 * uniform() - 1.5, radius * Math.sin(angle)];
    return {
      point: point.map((value) => value + 0.04 * normal()),
      label: `quarter ${Math.min(3, Math.floor(4 * along)) + 1}`,
    };
  });
}

/** Six Gaussians in 16 dimensions: centres of norm about 3, each stretched along its own direction. */
export function gaussians16d(rows: number): Cloud {
  const d = 16;
  const { integer, normal } = draws('Gaussians in 16 dimensions');
  const direction = (norm: number) => {
    const vector = Array.from({ length: d }, normal);
    const length = Math.hypot(...vector);
    return vector.map((value) => (norm * value) / length);
  };
  const modes = Array.from({ length: 6 }, () => ({ centre: direction(3), stretch: direction(0.9) }));
  const names = Array.from({ length: d }, (_, k) => `x${k + 1}`);
  return cloud(names, rows, () => {
    const mode = integer(modes.length);
    const { centre, stretch } = modes[mode]!;
    const along = normal();
    return { point: centre.map((c, k) => c + stretch[k]! * along + 0.3 * normal()), label: String(mode) };
  });
}

/** One number at a time from a named stream. */
export function draws(label: string) {
  const uniforms = stream(SEED, `${label}: uniform`);
  const normals = stream(SEED, `${label}: normal`);
  const integers = stream(SEED, `${label}: integer`);
  const real = new Float32Array(1);
  const whole = new Int32Array(1);
  return {
    uniform: () => uniforms.uniform(real)[0]!,
    normal: () => normals.normal(real)[0]!,
    integer: (bound: number) => integers.integers(whole, bound)[0]!,
  };
}

function cloud(
  columns: string[],
  rows: number,
  draw: (row: number) => { point: number[]; label: string },
): Cloud {
  const drawn = Array.from({ length: rows }, (_, row) => draw(row));
  return {
    columns,
    points: Float32Array.from(drawn.flatMap(({ point }) => point)),
    labels: drawn.map(({ label }) => label),
  };
}
