/**
 * @file The transport map of the residuals near one row (OT-CP+, arXiv 2501.18991, in an entropic form; section 1.11): many
 * small problems of some hundred residuals and 256 reference points, solved in plain loops.
 *
 * Residuals lie in the unit ball and ε is not tiny, so that no kernel exp(−|z − u|²/ε) leaves the range of doubles:
 * the plain scaling iteration a = 1/(K·b), b = 1/(Kᵀ·a) is safe, and needs exponentials only once.
 */
import {
  add,
  constant,
  float32,
  matmul,
  multiply,
  softmax,
  subtract,
  toOnnx,
  trace,
} from '../../../native-models';
import { floats, rowArray, runTiles, scalar } from '../../compute/run-rows';
import type { Compute } from '../../contract/compute';
import { largestNorm, meanPoint } from '../../numerics/points';
import { normTensor, rowsPerRun, tailTensor } from './rank';

/** ε of the local maps, in units of the squared radius. */
export const LOCAL_EPSILON = 0.05;
/** Points of the local reference. */
export const LOCAL_POINTS = 256;
const TOLERANCE = 1e-2;
const MOST_ITERATIONS = 300;
/** A weight of e to this, beside the largest, is left out. */
const NEGLIGIBLE = -32;
/** Sinkhorn's update is stretched by this from the third iteration on (Thibault et al. 2021). */
const RELAXATION = 1.3;
const RELAX_FROM = 3;

/** A map z ↦ T((z − offset)/scale), as an attention head over the reference: softmax_j(2/ε·z̃·u_j + bias_j). */
export interface LocalMap {
  /** [d]. */
  offset: Float64Array;
  scale: number;
  /** [m]. */
  bias: Float64Array;
  iterations: number;
  marginalError: number;
}

/**
 * Solves local problems one after the other on the reference `points` [m, d]: each time the map on `residuals` [k, d], whose
 * farthest from their mean comes to lie on the sphere. Keeps its tables, so that nothing is allocated in the loops.
 */
export function localSolver(points: Float32Array, d: number): (residuals: Float64Array) => LocalMap {
  const m = points.length / d;
  const weights = new Float64Array(m);
  const columns = new Float64Array(m);
  let kernel = new Float64Array(0);

  return (residuals) => {
    const k = residuals.length / d;
    const offset = meanPoint(residuals, d);
    const scale = largestNorm(residuals, d, offset) || 1;
    if (kernel.length < k * m) kernel = new Float64Array(k * m);
    // exp(2·z·u/ε) is exp(−|z − u|²/ε) but for factors of rows and columns, which the scalings take up.
    const factor = 2 / (LOCAL_EPSILON * scale);
    for (let i = 0, at = 0; i < k; i++)
      for (let j = 0; j < m; j++, at++) {
        let dot = 0;
        for (let c = 0; c < d; c++) dot += (residuals[i * d + c]! - offset[c]!) * points[j * d + c]!;
        kernel[at] = Math.exp(factor * dot);
      }
    weights.fill(1);
    const { iterations, marginalError } = iterate(kernel, weights, columns, k);
    return { offset, scale, bias: weights.map(Math.log), iterations, marginalError };
  };
}

/** Column weights b with Σ_i K_ij·b_j/(Σ_l K_il·b_l) near k/m for all j. */
function iterate(kernel: Float64Array, weights: Float64Array, columns: Float64Array, k: number) {
  const m = weights.length;
  const target = k / m;
  let marginalError = Infinity;
  let iterations = 0;
  while (iterations < MOST_ITERATIONS) {
    columns.fill(0);
    for (let i = 0; i < k; i++) {
      const from = i * m;
      let [first, second, third, fourth] = [0, 0, 0, 0];
      let j = 0;
      for (; j + 3 < m; j += 4) {
        first += kernel[from + j]! * weights[j]!;
        second += kernel[from + j + 1]! * weights[j + 1]!;
        third += kernel[from + j + 2]! * weights[j + 2]!;
        fourth += kernel[from + j + 3]! * weights[j + 3]!;
      }
      for (; j < m; j++) first += kernel[from + j]! * weights[j]!;
      const inverse = 1 / (first + second + (third + fourth));
      for (let l = 0; l < m; l++) columns[l]! += kernel[from + l]! * inverse;
    }
    iterations++;
    marginalError = 0;
    for (let j = 0; j < m; j++) marginalError += Math.abs(columns[j]! * weights[j]! - target);
    marginalError /= k;
    if (marginalError < TOLERANCE) break;
    const power = iterations >= RELAX_FROM ? RELAXATION : 1;
    for (let j = 0; j < m; j++) {
      const ratio = target / (columns[j]! * weights[j]!);
      weights[j]! *= power === 1 ? ratio : ratio ** power;
    }
  }
  return { iterations, marginalError };
}

/**
 * Ranks under local maps on the reference `reference` [m, d]: ‖T(z̃)‖ of the residual that begins at `at`, and with a tail weight λ
 * plus λ·max(0, ‖z̃‖ − 1).
 */
export function localRank(reference: Float32Array, d: number) {
  const points = Float64Array.from(reference);
  const scores = new Float64Array(points.length / d);
  const query = new Float64Array(d);

  return (
    { offset, scale, bias }: LocalMap,
    residuals: ArrayLike<number>,
    at: number,
    tailWeight: number,
  ) => {
    let square = 0;
    for (let c = 0; c < d; c++) {
      const scaled = (residuals[at + c]! - offset[c]!) / scale;
      square += scaled * scaled;
      query[c] = (2 / LOCAL_EPSILON) * scaled;
    }
    let largest = -Infinity;
    for (let j = 0, k = 0; j < scores.length; j++) {
      let score = bias[j]!;
      for (let c = 0; c < d; c++, k++) score += query[c]! * points[k]!;
      scores[j] = score;
      if (score > largest) largest = score;
    }
    let total = 0;
    query.fill(0);
    for (let j = 0; j < scores.length; j++) {
      const below = scores[j]! - largest;
      if (below < NEGLIGIBLE) continue;
      const weight = Math.exp(below);
      total += weight;
      for (let c = 0; c < d; c++) query[c]! += weight * points[j * d + c]!;
    }
    let norm = 0;
    for (let c = 0; c < d; c++) norm += query[c]! ** 2;
    return Math.sqrt(norm) / total + tailWeight * Math.max(0, Math.sqrt(square) - 1);
  };
}

/** Many residuals at one row on ONNX Runtime, for a reference `points` [m, d]: the map goes in as inputs. */
export async function openLocalProgram(compute: Compute, points: Float32Array, d: number) {
  const m = points.length / d;
  const inputs = {
    points: float32('rows', d),
    offset: float32(1, d),
    inverseScale: float32(),
    bias: float32(1, m),
    tailWeight: float32(),
  };
  const graph = trace('localRank', inputs, ({ points: z, offset, inverseScale, bias, tailWeight }) => {
    const scaled = multiply(subtract(z!, offset!), inverseScale!);
    const reference = constant(points, [m, d]);
    const scores = matmul(multiply(scaled, 2 / LOCAL_EPSILON), reference, { transposeRight: true });
    const image = matmul(softmax(add(scores, bias!), 1), reference);
    return { rank: add(normTensor(image), tailTensor(scaled, tailWeight)) };
  });
  const session = await compute.open(toOnnx(graph), { device: 'cpu', label: 'local transport rank' });
  const size = rowsPerRun(m);
  return {
    /** [n] as `localRank` gives them, to single precision, of residuals [n, d]. */
    async ranks({ offset, scale, bias }: LocalMap, residuals: Float64Array, tailWeight: number) {
      const out = new Float64Array(residuals.length / d);
      const fixed = {
        offset: floats(Float32Array.from(offset), [1, d]),
        inverseScale: scalar(1 / scale),
        bias: floats(Float32Array.from(bias), [1, m]),
        tailWeight: scalar(tailWeight),
      };
      const inputs = { points: rowArray(Float32Array.from(residuals), d) };
      for await (const { first, output } of runTiles(session, inputs, size, fixed))
        out.set(output.rank!.data as Float32Array, first);
      return out;
    },
    close: () => session.close(),
  };
}
