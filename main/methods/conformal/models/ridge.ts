/** @file Ridge regression on the features and 256 random bends of them: a base model that is fitted in a moment. */
import {
  affine,
  concat,
  constant,
  float64,
  matmul,
  relu,
  stream,
  toOnnx,
  trace,
  transpose,
  type Tensor,
} from '../../../../native-models';
import type { ConformalConfig } from '../config';
import { vector } from '../../../disk/named-arrays';
import { choleskyFactor, solveFactored } from '../../../numerics/cholesky';
import type { Rows } from '../../../tables/encode';
import type { Arrays } from '../../../contract/define';
import type { FitContext } from '../types';
import { gatherRows } from '../../../numerics/gather';
import { diverged } from '../../../training/divergence';
import { holdOut } from '../../../training/supervised';

/** Random ReLU features, as in the method's notes, section 6.5. */
const BENDS = 256;
/** Rows per run of the program that sums products. */
const ROWS_PER_RUN = 4096;
const PENALTIES = [1e-3, 1e-2, 1e-1, 1, 10, 100, 1000] as const;
/** Where there are too few rows to choose by. */
const USUAL_PENALTY = 1;

/** Random directions R [p, 256] and offsets s [256]. */
type Bends = Record<'weight' | 'shift', Float32Array>;

/** Sums over rows of [1, φ, y]ᵀ[1, φ, y]: all that ridge regression needs to know of them. Symmetric, [size, size]. */
interface Moments {
  size: number;
  sums: Float64Array;
}

/**
 * Fits by the normal equations in double precision: φ = [x, relu(x·R + s)], each standardised, minimises
 * Σ‖y − ȳ − φB‖² + λ‖B‖². R and s are drawn once by the seed. A penalty of 0 is chosen by powers of ten on a tenth of the
 * rows, then the fit repeated on all. Null when stopped.
 */
export async function fitRidge(
  context: FitContext,
  { ridge }: Pick<ConformalConfig, 'ridge'>,
  rows: Rows,
): Promise<Arrays | null> {
  const { features: p, d } = context.shape;
  const random = drawBends(context.seed, p);
  const { learn, choose } = holdOut(rows.count, context.seed, 'conformal.holdout.ridge');
  const sums = await openSums(context, random, p, d);
  try {
    const chosen = (which: Int32Array) => ({
      x: gatherRows(rows.x, p, which),
      y: gatherRows(rows.y, d, which),
    });
    const aside = chosen(choose);
    const first = await sums.over(chosen(learn), learn.length);
    const second = await sums.over(aside, choose.length);
    if (!first || !second) return null;
    context.onProgress(0.5);
    const penalty =
      ridge > 0 ? ridge : choose.length === 0 ? USUAL_PENALTY : choosePenalty(first, aside, random, d);
    const all = { size: first.size, sums: first.sums.map((sum, at) => sum + second.sums[at]!) };
    const { weight, bias } = solve(all, d, penalty);
    context.onProgress(1);
    return {
      random: { data: random.weight, shape: [p, BENDS] },
      shift: vector(random.shift),
      weight: { data: Float32Array.from(weight), shape: [p + BENDS, d] },
      bias: vector(Float32Array.from(bias)),
      penalty: vector(Float64Array.of(penalty)),
    };
  } finally {
    await sums.close();
  }
}

/** x [rows, p] to the mean [rows, d]. */
export function ridgeMean({ random, shift, weight, bias }: Arrays, x: Tensor): Tensor {
  const value = ({ data, shape }: Arrays[string]) => constant(data, shape, 'float32');
  const bends = relu(affine(x, value(random!), value(shift!)));
  return affine(concat([x, bends], 1), value(weight!), value(bias!));
}

/** Directions of about unit length and offsets within the reach of standardised features. */
function drawBends(seed: number, p: number): Bends {
  const length = 1 / Math.sqrt(p);
  return {
    weight: stream(seed, 'conformal.ridge.directions')
      .normal(new Float32Array(p * BENDS))
      .map((value) => 2 * length * value),
    shift: stream(seed, 'conformal.ridge.offsets').normal(new Float32Array(BENDS)),
  };
}

/** A program that sums the products of a block of rows; double precision, because one-hot columns are collinear. */
async function openSums(context: FitContext, random: Bends, p: number, d: number) {
  const graph = trace('ridge', { x: float64('rows', p), y: float64('rows', d + 1) }, ({ x, y }) => {
    const weight = constant(random.weight, [p, BENDS], 'float64');
    const shift = constant(random.shift, [BENDS], 'float64');
    const all = concat([x!, relu(affine(x!, weight, shift)), y!], 1);
    return { sums: matmul(transpose(all), all) };
  });
  const session = await context.compute.open(toOnnx(graph), { device: 'cpu', label: 'ridge' });
  const size = p + BENDS + d + 1;
  return {
    /** The columns are φ, the targets, and 1. */
    over: async ({ x, y }: { x: Float32Array; y: Float32Array }, count: number): Promise<Moments | null> => {
      const sums = new Float64Array(size * size);
      for (let from = 0; from < count; from += ROWS_PER_RUN) {
        if (context.shouldStop()) return null;
        const rows = Math.min(ROWS_PER_RUN, count - from);
        const answers = new Float64Array(rows * (d + 1)).fill(1);
        for (let row = 0; row < rows; row++)
          for (let k = 0; k < d; k++) answers[row * (d + 1) + k] = y[(from + row) * d + k]!;
        const features = Float64Array.from(x.subarray(from * p, (from + rows) * p));
        const result = await session.run({
          x: { type: 'float64', data: features, dims: [rows, p] },
          y: { type: 'float64', data: answers, dims: [rows, d + 1] },
        });
        const part = result.sums!.data as Float64Array;
        for (let at = 0; at < sums.length; at++) sums[at]! += part[at]!;
      }
      return { size, sums };
    },
    close: () => session.close(),
  };
}

/**
 * The penalty whose fit to the first rows has the smallest mean error on the others, as a distance. Not squared: a few
 * extreme rows would decide, while the size of a set does not depend on how far out the rows beyond it lie.
 */
function choosePenalty(
  first: Moments,
  { x, y }: { x: Float32Array; y: Float32Array },
  random: Bends,
  d: number,
): number {
  const features = bentFeatures(x, random);
  const errors = PENALTIES.map((penalty) => meanDistance(features, y, solve(first, d, penalty)));
  return PENALTIES[errors.indexOf(Math.min(...errors))]!;
}

/** The weights [q, d], for φ as it is, and the bias [d]. */
function solve({ size, sums }: Moments, d: number, penalty: number) {
  const q = size - d - 1;
  const count = sums[size * size - 1]!;
  const mean = (k: number) => sums[k * size + size - 1]! / count;
  const covariance = (j: number, k: number) => sums[j * size + k]! - count * mean(j) * mean(k);
  // A column that never moves keeps scale 1, and the penalty keeps its weight at 0.
  const scale = Float64Array.from({ length: q }, (_, k) => {
    const spread = Math.sqrt(Math.max(0, covariance(k, k)) / count);
    return spread > 1e-9 * (1 + Math.abs(mean(k))) ? spread : 1;
  });
  // Below rounding a penalty keeps nothing apart.
  const least = Math.max(penalty, 1e-9 * count);
  const normal = new Float64Array(q * q);
  for (let j = 0; j < q; j++)
    for (let k = 0; k <= j; k++)
      normal[j * q + k] = covariance(j, k) / (scale[j]! * scale[k]!) + (j === k ? least : 0);
  const factor = choleskyFactor(normal, q);
  if (!factor)
    throw diverged({
      what: 'the sums over the training rows are not finite',
      where: { op: 'ridge' },
      expected: 'features and targets within the range of 32-bit numbers',
      help: 'look for extreme values in the table',
    });
  const weight = new Float64Array(q * d);
  const bias = Float64Array.from({ length: d }, (_, k) => mean(q + k));
  for (let k = 0; k < d; k++) {
    const right = Float64Array.from({ length: q }, (_, j) => covariance(j, q + k) / scale[j]!);
    solveFactored(factor, q, right);
    for (let j = 0; j < q; j++) {
      weight[j * d + k] = right[j]! / scale[j]!;
      bias[k]! -= weight[j * d + k]! * mean(j);
    }
  }
  return { weight, bias };
}

/** φ = [x, relu(x·R + s)] on the host, [rows, p + 256]. */
function bentFeatures(x: Float32Array, { weight, shift }: Bends): Float64Array {
  const p = weight.length / BENDS;
  const rows = x.length / p;
  const q = p + BENDS;
  const out = new Float64Array(rows * q);
  for (let row = 0; row < rows; row++) {
    const bends = out.subarray(row * q + p, (row + 1) * q);
    bends.set(shift);
    for (let k = 0; k < p; k++) {
      const value = x[row * p + k]!;
      out[row * q + k] = value;
      for (let j = 0; j < BENDS; j++) bends[j]! += value * weight[k * BENDS + j]!;
    }
    for (let j = 0; j < BENDS; j++) if (bends[j]! < 0) bends[j] = 0;
  }
  return out;
}

function meanDistance(
  features: Float64Array,
  y: Float32Array,
  { weight, bias }: ReturnType<typeof solve>,
): number {
  const d = bias.length;
  const q = weight.length / d;
  const rows = y.length / d;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let k = 0; k < d; k++) {
      let error = bias[k]! - y[row * d + k]!;
      for (let j = 0; j < q; j++) error += features[row * q + j]! * weight[j * d + k]!;
      squares += error * error;
    }
    total += Math.sqrt(squares);
  }
  return total / rows;
}
