/** @file The density of points under a flow: back along the paths to the source, with the divergence on the way, exact or estimated. */
import { float32, hutchinsonDivergence, stackedDivergence, stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { floats } from '../../../compute/run-rows';
import type { Compute } from '../../../contract/compute';
import type { RunContext } from '../../../contract/define';
import { gatherRows } from '../../../numerics/gather';
import { solveFixed } from '../../../ode/fixed';
import type { FlowsConfig } from '../config';
import { fieldFeeds, fieldGraph, openField, type ModelShape, type Weights } from '../model';
import { velocityNetwork, type NetworkConfig } from '../network';
import type { PreparedInputs } from '../points/prepare';
import type { NormalLaw, Source } from '../points/source';
import { giveUp, spreadRows, unlessStopped } from './final';

/** Steps of the classical Runge–Kutta method. */
const STEPS = 20;
/** Of the field and its divergence in that many steps. */
const EVALUATIONS = 4 * STEPS;

/** `negativeLogLikelihood`, its standard error and `bitsPerDimension` of held-out rows; null when stopped. */
export async function finalLikelihood(
  context: RunContext,
  config: FlowsConfig,
  parameters: Weights,
  prepared: PreparedInputs,
  heldOut: Int32Array,
): Promise<Record<string, number> | null> {
  const { compute, seed } = context;
  const { likelihood: kind } = config;
  if (kind === 'none') return {};
  const { dimension, matrix, source, standardisation } = prepared;
  const rows = spreadRows(heldOut, Math.min(config.likelihoodRows, heldOut.length));
  const exact = gatherRows(matrix.data, dimension, rows);
  const points = matrix.image ? dequantise(exact, seed) : exact;
  const model = await openDivergence(compute, config, prepared, kind);
  const measured = unlessStopped(async () => {
    const labels =
      config.condition === 'label' && prepared.labels
        ? Int32Array.from(rows, (row) => prepared.labels![row]!)
        : undefined;
    const field = model.at(parameters, { probes: signs(seed, points.length), labels });
    const density = source.density ?? { mean: standardisation.mean, deviation: standardisation.scale };
    let done = 0;
    const watchedField: typeof field = (time, at) => {
      if (context.stopRequested()) giveUp();
      context.progress({ stage: 'likelihood', step: done++, steps: EVALUATIONS, stepsPerSecond: null });
      return field(time, at);
    };
    const { mean, standardError } = await negativeLogLikelihood(watchedField, points, density);
    return {
      negativeLogLikelihood: mean,
      bitsPerDimension: bitsPerDimension(mean, dimension, matrix.image !== undefined),
      'bitsPerDimension.error': standardError / (dimension * Math.LN2),
    };
  });
  return measured.finally(() => model.close());
}

/** Throws `likelihood-needs-noise`, before any work: a data set as a source has no density. */
export function checkLikelihood({ likelihood }: Pick<FlowsConfig, 'likelihood'>, { kind }: Source): void {
  if (likelihood === 'none' || kind === 'noise') return;
  throw new MongeError({
    code: 'likelihood-needs-noise',
    blame: 'input',
    what: 'a flow has a density only where it starts from noise',
    where: { key: 'likelihood' },
    got: 'a data set as the source',
    help: 'set likelihood to none, or leave the source out',
  });
}

/**
 * −log p₁(x₁) = −log p₀(x₀) + ∫₀¹ ∂·v(t, x_t) dt along the path that ends at x₁ (Chen et al., arXiv 1806.07366), for
 * `points` [n, dimension] and the law p₀ of the source in their units.
 */
export async function negativeLogLikelihood(
  field: (time: number, points: Float32Array) => Promise<Divergent>,
  points: Float32Array,
  { mean, deviation }: NormalLaw,
  steps = STEPS,
) {
  const dimension = mean.length;
  const count = points.length / dimension;
  // Positions first, then one integral per row: the solver moves them together.
  const state = new Float32Array(points.length + count);
  state.set(points);
  const backwards = async (time: number, at: Float32Array) => {
    const { velocity, divergence } = await field(1 - time, at.slice(0, points.length));
    const out = new Float32Array(state.length);
    for (let k = 0; k < points.length; k++) out[k] = -velocity[k]!;
    out.set(divergence, points.length);
    return out;
  };
  const { points: end } = await solveFixed(backwards, state, 'rk4', steps);
  const perRow = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let nats = end[points.length + row]!;
    for (let k = 0; k < dimension; k++) {
      const z = (end[row * dimension + k]! - mean[k]!) / deviation[k]!;
      nats += z ** 2 / 2 + Math.log(deviation[k]!) + Math.log(2 * Math.PI) / 2;
    }
    perRow[row] = nats;
  }
  const average = perRow.reduce((sum, value) => sum + value, 0) / count;
  const variance = perRow.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, count - 1);
  return {
    /** [n] −log p₁(x), nats; their mean and its standard error. */
    perRow,
    mean: average,
    standardError: Math.sqrt(variance / count),
  };
}

/** Levels of a pixel in [−1, 1] are 1/128 apart once dequantised. */
const PIXEL_BITS = Math.log2(128);

/** NLL/(d·ln 2) in data units; for images of 256 levels the bits of a pixel's value: plus log₂ 128. */
export function bitsPerDimension(nats: number, dimension: number, image: boolean): number {
  return nats / (dimension * Math.LN2) + (image ? PIXEL_BITS : 0);
}

/** Pixels of 256 levels in [−1, 1] as 2·(level + U)/256 − 1 with U uniform: their density is then bounded. */
export function dequantise(pixels: Float32Array, seed: number): Float32Array {
  const within = stream(seed, 'flows.dequantise').uniform(new Float32Array(pixels.length));
  return pixels.map((value, k) => (Math.round((value + 1) * 127.5) + within[k]!) / 128 - 1);
}

/** [length] signs ±1, the probes of least variance for Hutchinson's estimate. */
export function signs(seed: number, length: number): Float32Array {
  const words = stream(seed, 'flows.hutchinson').uniform(new Float32Array(length));
  return words.map((value) => (value < 0.5 ? -1 : 1));
}

/** v and ∂·v at one time: [n, dimension] and [n]. */
interface Divergent {
  velocity: Float32Array;
  divergence: Float32Array;
}

/** Rows that go through the graph at once: the exact trace multiplies them by the dimension. */
function batchOf(kind: 'exact' | 'hutchinson', dimension: number): number {
  const [most, numbers] = kind === 'exact' ? [256, 8192] : [1024, 262_144];
  return Math.max(1, Math.min(most, Math.floor(numbers / dimension)));
}

/** One session for all snapshots of a run. */
export async function openDivergence(
  compute: Compute,
  config: NetworkConfig,
  shape: ModelShape,
  kind: 'exact' | 'hutchinson',
) {
  const network = velocityNetwork(config, shape);
  const { dimension } = shape;
  const rows = batchOf(kind, dimension);
  const graph = fieldGraph('divergence', network, shape, rows, {
    further: kind === 'hutchinson' ? { probes: float32(rows, dimension) } : {},
    build(field, { x, t, probes, label }) {
      const velocity = field(x!, t!, label);
      const divergence = probes
        ? hutchinsonDivergence(velocity, x!, probes)
        : stackedDivergence((at, when, told) => field(at, when, told), x!, t!, ...(label ? [label] : []));
      return { velocity, divergence };
    },
  });
  const session = await openField(compute, config, graph);
  return {
    /** In data units; `probes` [n, dimension] signs for the estimate, `labels` [n] where the network takes them. */
    at(parameters: Weights, { probes, labels }: { probes?: Float32Array; labels?: Int32Array } = {}) {
      const feeds = fieldFeeds(network, dimension, parameters);
      return async (time: number, points: Float32Array): Promise<Divergent> => {
        const count = points.length / dimension;
        const out = { velocity: new Float32Array(points.length), divergence: new Float32Array(count) };
        for (let first = 0; first < count; first += rows) {
          const used = Math.min(rows, count - first);
          const part = (from: Float32Array) => {
            // The graph has a fixed number of rows; what is missing repeats the origin and is not read.
            const data = new Float32Array(rows * dimension);
            data.set(from.subarray(first * dimension, (first + used) * dimension));
            return data;
          };
          const answer = await session.run({
            ...feeds(time, part(points), (row) => labels?.[first + row] ?? -1),
            ...(kind === 'hutchinson' ? { probes: floats(part(probes!), [rows, dimension]) } : {}),
          });
          const velocity = answer.velocity!.data as Float32Array;
          out.velocity.set(velocity.subarray(0, used * dimension), first * dimension);
          out.divergence.set((answer.divergence!.data as Float32Array).subarray(0, used), first);
        }
        return out;
      };
    },
    close: () => session.close(),
  };
}
