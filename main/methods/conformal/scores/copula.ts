/** @file CopulaCPTS: a box whose sides share the level by an empirical copula of the calibration rows. */
import { absolute, constant, reduceMax, subtract } from '../../../../native-models';
import { logBoxVolume } from '../region/volume';
import type { Arrays } from '../../../contract/define';
import type { ScoreDefinition } from '../types';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';
import { residualsOf } from './residuals';

type ProgramDefinition = ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>>;

/** Steepness of the smooth indicator, most steps and the loss at which the search ends (section 2.1). */
const STEEPNESS = 1000;
const STEPS = 5000;
const ENOUGH = 5e-6;
const RATE = 1e-3;

/**
 * Half of the calibration rows, A, give each coordinate's law of absolute errors; the other half, C, their copula.
 * Levels t ∈ [0,1]^d are sought with mean_C Π_j σ(1000(t_j − p_j)) = 1 − α, and the box has the t_j quantiles of A as
 * half sides (section 2.1). No exact guarantee: the level is met on average only.
 */
export const copula: ProgramDefinition = {
  ...scoreWords('copula'),
  source: 'section 2.1',
  guarantee: 'none',
  needs: ['mean'],
  takes: 1,
  perLevel: true,
  fixedShape: true,
  async fit({ taken, shape: { d } }) {
    const errors = residualsOf(taken!.rows, taken!.prediction).map(Math.abs);
    const n = taken!.rows.count;
    const half = Math.max(1, Math.floor(n / 2));
    const sorted = new Float32Array(d * half);
    for (let j = 0; j < d; j++)
      sorted.set(Float32Array.from({ length: half }, (_, i) => errors[i * d + j]!).sort(), j * half);
    const rest = n > half ? n - half : half;
    const from = n > half ? half : 0;
    const places = new Float32Array(rest * d);
    for (let i = 0; i < rest; i++)
      for (let j = 0; j < d; j++)
        places[i * d + j] =
          below(sorted.subarray(j * half, (j + 1) * half), Math.fround(errors[(from + i) * d + j]!)) / half;
    return {
      arrays: {
        sorted: { data: sorted, shape: [d, half] },
        places: { data: places, shape: [rest, d] },
      },
      facts: {},
    };
  },
  build(arrays, { mean }, y, { d }, alpha) {
    const half = constant(halfSides(arrays, d, alpha), [1, d]);
    return reduceMax(subtract(absolute(subtract(y, mean!)), half), 1);
  },
  async open(compute, shape, arrays) {
    return {
      ...openProgramScore(compute, copula, shape, arrays),
      logVolume: (_radius, _prediction, _x, alpha) =>
        logBoxVolume(halfSides(arrays, shape.d, alpha).map((value) => 2 * value)),
    };
  },
};

/** How many of the sorted values are smaller. */
function below(sorted: Float32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Half sides at a level: the t_j quantiles of A; infinite where t_j asks for more than A has. */
function halfSides({ sorted, places }: Arrays, d: number, alpha: number): Float32Array {
  const values = sorted!.data as Float32Array;
  const n = values.length / d;
  const levels = levelsFor(places!.data as Float32Array, d, alpha);
  return Float32Array.from(levels, (level, j) => {
    const rank = Math.ceil(level * (n + 1) - 1e-9);
    return rank > n ? Infinity : values[j * n + Math.max(1, rank) - 1]!;
  });
}

/** Levels that make the copula 1 − α: from equal ones on, by Adam on |mean Π σ(1000(t_j − p_j)) − (1 − α)|. */
function levelsFor(places: Float32Array, d: number, alpha: number): Float64Array {
  const n = places.length / d;
  const largest = Float64Array.from({ length: n }, (_, i) =>
    Math.max(...places.subarray(i * d, (i + 1) * d)),
  ).sort();
  const start = largest[Math.min(n - 1, Math.ceil((1 - alpha) * n) - 1)]!;
  const levels = new Float64Array(d).fill(start);
  const first = new Float64Array(d);
  const second = new Float64Array(d);
  let best = { loss: Infinity, levels: levels.slice() };
  for (let step = 1; step <= STEPS; step++) {
    const { mean, slope } = smoothCopula(places, levels, d);
    const error = mean - (1 - alpha);
    if (Math.abs(error) < best.loss) best = { loss: Math.abs(error), levels: levels.slice() };
    if (best.loss < ENOUGH) break;
    // The rate falls, so that the search settles between the steps of the sum.
    const rate = RATE / (1 + step / 50);
    for (let j = 0; j < d; j++) {
      const gradient = Math.sign(error) * slope[j]!;
      first[j] = 0.9 * first[j]! + 0.1 * gradient;
      second[j] = 0.999 * second[j]! + 0.001 * gradient ** 2;
      const scale = Math.sqrt(second[j]! / (1 - 0.999 ** step)) + 1e-8;
      levels[j] = Math.min(1, Math.max(0, levels[j]! - (rate * (first[j]! / (1 - 0.9 ** step))) / scale));
    }
  }
  return best.levels;
}

/** mean_i Π_j σ(1000(t_j − p_ij)) and its slope in each t_j. */
function smoothCopula(places: Float32Array, levels: Float64Array, d: number) {
  const n = places.length / d;
  const slope = new Float64Array(d);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let product = 1;
    for (let j = 0; j < d && product > 1e-12; j++)
      product *= 1 / (1 + Math.exp(-STEEPNESS * (levels[j]! - places[i * d + j]!)));
    if (product <= 1e-12) continue;
    sum += product;
    for (let j = 0; j < d; j++) {
      const value = 1 / (1 + Math.exp(-STEEPNESS * (levels[j]! - places[i * d + j]!)));
      slope[j]! += (product * STEEPNESS * (1 - value)) / n;
    }
  }
  return { mean: sum / n, slope };
}
