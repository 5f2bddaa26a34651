/** @file Boxes with a side of its own per target: Bonferroni's, one by an empirical copula, and one by predicted quantiles. */
import {
  absolute,
  constant,
  maximum,
  reduceMax,
  reshape,
  slice,
  subtract,
  type Tensor,
} from '../../../../native-models';
import { columnOf } from '../../../numerics/gather';
import { countBelow } from '../../../numerics/sorted';
import { residualsOf } from '../predicted';
import { logBoxVolume } from '../region/volume';
import { programScore } from './program';
import type { Arrays } from '../../../contract/define';

/** Keeps levels such as .1·(n+1)/4 from losing a rank to rounding. */
const ROUNDING = 1e-9;
/** Steepness of the smooth indicator, most steps and the loss at which the search ends (section 2.1). */
const STEEPNESS = 1000;
const STEPS = 5000;
const ENOUGH = 5e-6;
const RATE = 1e-3;

/**
 * Signed residuals between two of their order statistics on the calibration rows, each exceeded with probability at most
 * α/(2d) (section 2.1): the union bound makes the box cover at least 1 − α, usually more.
 */
export const box = programScore('box', {
  takes: 1,
  perLevel: true,
  fixedShape: true,
  fit: async ({ taken, shape: { d } }) => ({
    arrays: { sorted: sortedColumns(Float32Array.from(residualsOf(taken!)), d) },
  }),
  build(arrays, { mean }, y, { d }, alpha) {
    const { low, high } = bonferroniSides(arrays, d, alpha);
    const residual = subtract(y, mean!);
    const below = subtract(constant(low, [1, d]), residual);
    const above = subtract(residual, constant(high, [1, d]));
    return reduceMax(maximum(below, above), 1);
  },
  logVolume:
    ({ d }, arrays) =>
    (_radius, _prediction, _x, alpha) => {
      const { low, high } = bonferroniSides(arrays, d, alpha);
      return logBoxVolume(high.map((value, j) => value - low[j]!));
    },
});

/**
 * The interval of each coordinate: order statistics number k and n + 1 − k with k = ⌊α(n + 1)/(2d)⌋, beyond which a new
 * exchangeable residual falls with probability at most α/(2d) each. Infinite where k = 0.
 */
function bonferroniSides(
  { sorted }: Arrays,
  d: number,
  alpha: number,
): { low: Float32Array; high: Float32Array } {
  const n = sorted!.shape[1]!;
  const k = Math.floor((alpha * (n + 1)) / (2 * d) + ROUNDING);
  const side = (rank: number, none: number) =>
    Float32Array.from({ length: d }, (_, j) => (k >= 1 ? sorted!.data[j * n + rank - 1]! : none));
  return { low: side(k, -Infinity), high: side(n + 1 - k, Infinity) };
}

/**
 * Half of the calibration rows, A, give each coordinate's law of absolute errors; the other half, C, their copula.
 * Levels t ∈ [0,1]^d are sought with mean_C Π_j σ(1000(t_j − p_j)) = 1 − α, and the box has the t_j quantiles of A as
 * half sides (CopulaCPTS, section 2.1). No exact guarantee: the level is met on average only.
 */
export const copula = programScore('copula', {
  guarantee: 'none',
  takes: 1,
  perLevel: true,
  fixedShape: true,
  async fit({ taken, shape: { d } }) {
    const errors = Float32Array.from(residualsOf(taken!), Math.abs);
    const n = taken!.rows.count;
    const half = Math.max(1, Math.floor(n / 2));
    const sorted = sortedColumns(errors.subarray(0, half * d), d);
    // A single row is both halves.
    const others = n > half ? errors.subarray(half * d) : errors;
    const places = others.map((error, at) => {
      const j = at % d;
      return countBelow(sorted.data.subarray(j * half, (j + 1) * half), error) / half;
    });
    return { arrays: { sorted, places: { data: places, shape: [places.length / d, d] } } };
  },
  build(arrays, { mean }, y, { d }, alpha) {
    const half = constant(halfSides(arrays, d, alpha), [1, d]);
    return reduceMax(subtract(absolute(subtract(y, mean!)), half), 1);
  },
  logVolume:
    ({ d }, arrays) =>
    (_radius, _prediction, _x, alpha) =>
      logBoxVolume(halfSides(arrays, d, alpha).map((value) => 2 * value)),
});

/** Half sides at a level: the t_j quantiles of A; infinite where t_j asks for more than A has. */
function halfSides({ sorted, places }: Arrays, d: number, alpha: number): Float32Array {
  const n = sorted!.shape[1]!;
  return Float32Array.from(copulaLevels(places!.data as Float32Array, d, alpha), (level, j) => {
    const rank = Math.ceil(level * (n + 1) - ROUNDING);
    return rank > n ? Infinity : sorted!.data[j * n + Math.max(1, rank) - 1]!;
  });
}

/** Levels that make the copula 1 − α: from equal ones on, by Adam on |mean Π σ(1000(t_j − p_j)) − (1 − α)|. */
function copulaLevels(places: Float32Array, d: number, alpha: number): Float64Array {
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

/** [d, n] each column of values [n, d] in ascending order. */
function sortedColumns(values: Float32Array, d: number) {
  const sorted = new Float32Array(values.length);
  for (let j = 0; j < d; j++) sorted.set(columnOf(values, d, j).sort(), (j * values.length) / d);
  return { data: sorted, shape: [d, values.length / d] };
}

/**
 * M-CP, conformalised quantile regression of several targets: max_j max(l_j(x) − y_j, y_j − u_j(x)) with l, u the predicted
 * α/2 and 1 − α/2 quantiles (section 2.1).
 */
export const mcp = programScore('mcp', {
  needs: ['quantiles'],
  build(_, { quantiles }, y, { d }) {
    const [rows, levels] = quantiles!.shape as [number, number];
    const level = (at: number): Tensor =>
      reshape(slice(quantiles!, { axis: 1, start: at, end: at + 1 }), [rows, d]);
    return reduceMax(maximum(subtract(level(0), y), subtract(y, level(levels - 1))), 1);
  },
  logVolume:
    ({ d }) =>
    (radius, { quantiles }) => {
      const { data } = quantiles!;
      const last = data.length - d;
      return logBoxVolume(
        Float64Array.from({ length: d }, (_, j) => data[last + j]! - data[j]! + 2 * radius),
      );
    },
});
