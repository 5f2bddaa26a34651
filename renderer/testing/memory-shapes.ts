/** @file Made-up shapes for tests of the view: outlines, a globe, accepted cells, and numbers that look random. */
import type { AnswerOf } from '../../main/rpc/contract';

type ConformalScoreId = NonNullable<AnswerOf<'conformal', 'overview'>>['scores'][number]['id'];
type MeshAnswer = AnswerOf<'conformal', 'mesh'>;
type TransductiveAnswer = AnswerOf<'conformal', 'transductive'>;

/** A number in [0, 1) that looks random and is the same for the same place. */
export function scattered(place: number): number {
  const value = Math.sin(place * 12.9898 + 4.1) * 43758.5453;
  return value - Math.floor(value);
}

/** Roughly normal, from three of them. */
export function bell(place: number): number {
  return 2 * (scattered(3 * place) + scattered(3 * place + 1) + scattered(3 * place + 2) - 1.5);
}

/** How far a made-up score reaches at a level, in standardised units. */
export function reach(score: ConformalScoreId, alpha: number): number {
  const size: Partial<Record<ConformalScoreId, number>> = {
    l2: 1.05,
    maxStd: 1,
    mahalanobis: 0.92,
    otcp: 0.84,
  };
  return (size[score] ?? 0.88) * Math.sqrt(-2 * Math.log(alpha));
}

/** The outline of a made-up score around the origin, in standardised units. */
export function outline(score: ConformalScoreId, alpha: number, row: number): [number, number][] {
  const far = reach(score, alpha);
  const local = score === 'localEllipsoid' || score === 'otcpLocal' ? 0.7 + 0.6 * scattered(row) : 1;
  if (score === 'maxStd' || score === 'copula')
    return [
      [-far, -far],
      [far, -far],
      [far, far],
      [-far, far],
    ].map(([x, y]) => [0.85 * x!, 0.85 * y!]);
  return Array.from({ length: 90 }, (_, k): [number, number] => {
    const angle = (2 * Math.PI * k) / 90;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    if (score === 'l2') return [far * cos, far * sin];
    if (score === 'otcp') {
      const bump = far * (1 + 0.22 * Math.cos(3 * angle + 0.4));
      return [bump * (cos + 0.35 * sin), bump * 0.9 * sin];
    }
    return [local * far * (cos + 0.5 * sin), local * far * 0.85 * sin];
  });
}

/** Area of a closed ring. */
export function area(ring: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    sum += ring[i]! * ring[next + 1]! - ring[next]! * ring[i + 1]!;
  }
  return Math.abs(sum) / 2;
}

/** Whether a closed ring holds a point. */
export function holds(ring: Float32Array, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** A closed surface around a place: a globe of 16 × 24 fields with three bumps. */
export function globe(
  middle: number[],
  unit: Float32Array,
  far: number,
): Pick<MeshAnswer, 'positions' | 'triangles'> {
  const [lines, columns] = [17, 24];
  const positions: number[] = [];
  for (let i = 0; i < lines; i++)
    for (let j = 0; j < columns; j++) {
      const [polar, turn] = [(Math.PI * i) / (lines - 1), (2 * Math.PI * j) / columns];
      const r = far * (1 + 0.15 * Math.sin(3 * turn) * Math.sin(polar) ** 2);
      const place = [Math.sin(polar) * Math.cos(turn), Math.sin(polar) * Math.sin(turn), Math.cos(polar)];
      place.forEach((value, axis) => positions.push((middle[axis] ?? 0) + r * value * (unit[axis] ?? 1)));
    }
  const triangles: number[] = [];
  for (let i = 0; i + 1 < lines; i++)
    for (let j = 0; j < columns; j++) {
      const [a, b] = [i * columns + j, i * columns + ((j + 1) % columns)];
      triangles.push(a, a + columns, b, b, a + columns, b + columns);
    }
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles) };
}

/** A blob of accepted cells under the split outline. */
export function transductive(alpha: number, points: number): TransductiveAnswer {
  const grid = 40;
  const far = 1.1 * reach('otcp', alpha);
  const accepted = Uint8Array.from({ length: grid * grid }, (_, cell) => {
    const [x, y] = [(cell % grid) / (grid / 8) - 4, Math.floor(cell / grid) / (grid / 8) - 4];
    return Math.hypot(x, 1.2 * y) < far ? 1 : 0;
  });
  return {
    accepted,
    grid,
    extent: [-4, 4, -4, 4],
    points: Float32Array.from({ length: 2 * points }, (_, i) => bell(i + 70)),
    radius: 0.9,
    rings: [Float32Array.from(outline('otcp', alpha, 0).flat())],
  };
}
