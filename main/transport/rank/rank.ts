/** @file Ranks ‖T(z)‖ under an entropic map: as a tensor program, in batches on ONNX Runtime, and in plain loops; and the way back. */
import {
  add,
  affine,
  constant,
  float32,
  matmul,
  maximum,
  multiply,
  reduceSum,
  softmax,
  sqrt,
  square,
  subtract,
  toOnnx,
  trace,
  type Tensor,
} from '../../../native-models';
import { rowArray, runRows } from '../../compute/run-rows';
import type { Compute, Device } from '../../contract/compute';
import { transposed } from '../../numerics/points';
import type { EntropicMap } from './entropic';
import { undone, type AffineScaling } from './scaling';

/** λ of section 1.9: what the norm beyond the fit cloud adds to the rank. */
export const TAIL_WEIGHT = 0.1;
/** Entries of a block of softmax rows: four megabytes, which the caches hold. */
const BLOCK_ENTRIES = 2 ** 20;

/** Rows of one run for a reference of this many points. */
export function rowsPerRun(points: number): number {
  return Math.max(16, Math.floor(BLOCK_ENTRIES / points));
}

/** [rows, d] A·(z − offset) of residuals [rows, d]. */
export function scaledTensor({ d, offset, matrix }: AffineScaling, z: Tensor): Tensor {
  const centred = subtract(z, constant(offset, [1, d], z.dtype));
  return matmul(centred, constant(matrix, [d, d], z.dtype), { transposeRight: true });
}

/** [rows, d] images T(z̃) of standardised residuals z̃ [rows, d]: softmax(z̃·K + bias)·U with K = 2/ε·Uᵀ. */
export function imageTensor({ d, epsilon, points, bias }: EntropicMap, scaled: Tensor): Tensor {
  const count = bias.length;
  const keys = transposed(Float64Array.from(points), d).map((value) => (2 / epsilon) * value);
  const value = (data: ArrayLike<number>, shape: number[]) => constant(data, shape, scaled.dtype);
  const scores = affine(scaled, value(keys, [d, count]), value(bias, [count]));
  return matmul(softmax(scores, 1), value(points, [count, d]));
}

/**
 * [rows] ‖T(z̃)‖ of residuals z [rows, d], with the guard plus λ·max(0, ‖z̃‖ − 1), so that sets stay bounded; and [rows, d] the
 * images.
 */
export function rankAndImage(map: EntropicMap, z: Tensor, tailGuard: boolean) {
  const scaled = scaledTensor(map.scaling, z);
  const image = imageTensor(map, scaled);
  const rank = normTensor(image);
  return { rank: tailGuard ? add(rank, tailTensor(scaled)) : rank, image };
}

/** [rows] λ·max(0, ‖z̃‖ − 1). */
export function tailTensor(scaled: Tensor, weight: Tensor | number = TAIL_WEIGHT): Tensor {
  return multiply(maximum(subtract(normTensor(scaled), 1), 0), weight);
}

/** [rows] Euclidean norms. */
export function normTensor(points: Tensor): Tensor {
  return sqrt(reduceSum(square(points), 1));
}

/** Opens the map on ONNX Runtime; rows are taken in blocks, so that n·m never is held. */
export async function openRank(
  compute: Compute,
  map: EntropicMap,
  { tailGuard, device }: { tailGuard: boolean; device?: Device },
) {
  const { d } = map;
  const graph = trace('transportRank', { points: float32('rows', d) }, ({ points }) => {
    return rankAndImage(map, points!, tailGuard);
  });
  const session = await compute.open(toOnnx(graph), { device, label: 'transport rank' });
  const size = rowsPerRun(map.bias.length);
  return {
    /** Of residuals [n, d] in their own units: [n] ranks and [n, d] images in the ball. */
    async run(residuals: ArrayLike<number>) {
      const points = rowArray(Float32Array.from(residuals), d);
      const { rank, image } = await runRows(session, { points }, size);
      return { ranks: Float64Array.from(rank?.data ?? []), images: image?.data ?? new Float32Array(0) };
    },
    close: () => session.close(),
  };
}

/**
 * [k, d] residuals Q(u) = Σ_i q_i(u)·z_i that points u [k, d] of the ball are carried back to, in their own units. For
 * pictures only: Q(T(z)) is not z.
 */
export function pulledBack({ d, epsilon, scaling, cloud, cloudBias }: EntropicMap, u: ArrayLike<number>) {
  return undone(scaling, attend(u, cloud, cloudBias, d, 2 / epsilon));
}

/** [n, d] Σ_j softmax_j(sharpness·x_i·v_j + bias_j)·v_j in double precision; for a few rows. */
export function attend(
  queries: ArrayLike<number>,
  values: Float32Array,
  bias: Float32Array,
  d: number,
  sharpness: number,
): Float64Array {
  const out = new Float64Array(queries.length);
  const scores = new Float64Array(bias.length);
  for (let at = 0; at < queries.length; at += d) {
    let largest = -Infinity;
    for (let j = 0; j < scores.length; j++) {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += queries[at + k]! * values[j * d + k]!;
      scores[j] = sharpness * dot + bias[j]!;
      if (scores[j]! > largest) largest = scores[j]!;
    }
    let total = 0;
    for (let j = 0; j < scores.length; j++) {
      const weight = Math.exp(scores[j]! - largest);
      total += weight;
      for (let k = 0; k < d; k++) out[at + k]! += weight * values[j * d + k]!;
    }
    for (let k = 0; k < d; k++) out[at + k]! /= total;
  }
  return out;
}
