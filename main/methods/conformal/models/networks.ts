/** @file The networks behind base models and heads: perceptrons whose outputs are means, Gaussians, quantiles, mixtures or classes, and their training. */
import {
  headNetwork,
  maximum,
  minimum,
  multiply,
  reduceSum,
  reshape,
  slice,
  concat,
  float32,
  int32,
  schedules,
  stream,
  type HeadKind,
  type HeadNetwork,
  type Tensor,
} from '../../../../native-models';
import { Parts } from '../../../training/parts';
import { fitNetwork, holdOut, shuffledBatches } from '../../../training/supervised';
import type { Arrays } from '../../../contract/define';
import type { Rows } from '../../../tables/encode';
import type { ConformalConfig } from '../config';
import type { FitContext, Part } from '../types';

/** The part of a prediction that a kind of network gives beside its centre. */
export const PART_OF = {
  mean: 'mean',
  gaussian: 'gaussian',
  quantile: 'quantiles',
  mixture: 'mixture',
} as const satisfies Record<string, Part>;
export type RegressionKind = keyof typeof PART_OF;
export type NetworkKind = RegressionKind | 'classifier';

export interface NetworkTask {
  kind: NetworkKind;
  /** Keys all draws; differs between networks of a run. */
  label: string;
  /** [rows, inputs] and [rows, dimension]; for a classifier y holds the class of each row. */
  rows: Pick<Rows, 'count' | 'x' | 'y'>;
  /** Targets, or classes. */
  dimension: number;
}

/** Share of the steps over which the learning rate rises. */
const WARMUP = 1 / 20;
/** Spread of the components' first means, in standard deviations of the targets: equal ones would stay equal for long. */
const FIRST_SPREAD = 1;

/**
 * Parameters by name after at most `steps` steps of AdamW on random batches, the best ones on a tenth of the rows; null when
 * stopped. The same seed gives the same bits on the CPU.
 * @throws what `trainLoop` throws
 */
export function trainNetwork(
  context: FitContext,
  config: ConformalConfig,
  { kind, label, rows, dimension }: NetworkTask,
): Promise<Arrays | null> {
  const { compute, device, seed } = context;
  const network = networkOf(kind, config, rows.x.length / rows.count, dimension);
  const { learn, choose } = holdOut(rows.count, seed, `conformal.holdout.${label}`);
  const steps = Math.max(2, config.steps);
  const batch = Math.min(config.batchSize, learn.length);
  const rate = schedules.cosine(steps, { warmup: Math.min(steps - 1, Math.ceil(steps * WARMUP)) });
  const parts =
    context.parts ?? Parts.ofNothing({ compute, now: context.now, stopRequested: context.shouldStop });
  const fit = {
    ...{ label: `network ${label}`, device, steps, network, rows, batch },
    start: () => startOf(kind, network, config, dimension, seed),
    answer: (count: number) => (kind === 'classifier' ? int32(count) : float32(count, dimension)),
    rowsOf: shuffledBatches(learn, batch, seed, `conformal.batch.${label}`),
    learningRate: (step: number) => config.learningRate * rate.at(step),
    ...{ clipNorm: 1, heldOut: choose },
  };
  return parts.run(label, (inner) => fitNetwork(inner, fit), context.onProgress);
}

/** The network of a kind: `dimension` targets, or as many classes. */
export function networkOf(
  kind: NetworkKind,
  { hidden, layers, components, alpha }: ConformalConfig,
  inputs: number,
  dimension: number,
): HeadNetwork {
  const heads: Record<NetworkKind, HeadKind> = {
    mean: { kind: 'mean' },
    gaussian: { kind: 'gaussian', covariance: 'full' },
    quantile: { kind: 'quantile', levels: [alpha / 2, 0.5, 1 - alpha / 2] },
    mixture: { kind: 'mixture', covariance: 'full', components },
    classifier: { kind: 'classifier' },
  };
  return headNetwork({ ...{ inputs, dimension, hidden, layers }, activation: 'silu', head: heads[kind] });
}

/** Parameters to start from: the network's own, with the means of a mixture's components apart. */
function startOf(
  kind: NetworkKind,
  network: HeadNetwork,
  { components }: ConformalConfig,
  dimension: number,
  seed: number,
): Record<string, Float32Array> {
  const start = network.initialise(seed);
  if (kind !== 'mixture') return start;
  // The outputs are the weights of all components, then each component's numbers, its mean first.
  const bias = start['output.bias']!;
  const each = (bias.length - components) / components;
  const means = stream(seed, 'conformal.mixture.start').normal(new Float32Array(components * dimension));
  for (let k = 0; k < components; k++)
    for (let j = 0; j < dimension; j++)
      bias[components + k * each + j] = FIRST_SPREAD * means[k * dimension + j]!;
  return start;
}

/** What a network says of x [rows, inputs], under the names of a prediction. Quantiles are sorted, so that they never cross. */
export function networkParts(
  kind: RegressionKind,
  network: HeadNetwork,
  parameters: Record<string, Tensor>,
  x: Tensor,
): Record<string, Tensor> {
  const said = network.predict(parameters, x);
  if (kind === 'mean') return { mean: said.mean! };
  if (kind === 'quantile') return { quantiles: sortedLevels(said.quantiles!) };
  return Object.fromEntries(Object.entries(said).map(([name, tensor]) => [`${kind}.${name}`, tensor]));
}

/** The centre of a prediction: the mean of a Gaussian or mixture, the median of quantiles. [rows, d]. */
export function centreOf(kind: RegressionKind, parts: Readonly<Record<string, Tensor>>): Tensor {
  if (kind === 'mean') return parts.mean!;
  if (kind === 'gaussian') return parts['gaussian.mean']!;
  if (kind === 'quantile') {
    const [rows, , d] = parts.quantiles!.shape;
    return reshape(slice(parts.quantiles!, { axis: 1, start: 1, end: 2 }), [rows!, d!]);
  }
  const weights = parts['mixture.weights']!;
  return reduceSum(multiply(parts['mixture.mean']!, reshape(weights, [...weights.shape, 1])), 1);
}

/** [rows, levels, d] in ascending order along the levels, by comparing neighbours as often as there are levels. */
function sortedLevels(quantiles: Tensor): Tensor {
  const count = quantiles.shape[1] as number;
  const levels = Array.from({ length: count }, (_, k) => slice(quantiles, { axis: 1, start: k, end: k + 1 }));
  for (let round = 0; round < count; round++)
    for (let k = round % 2; k + 1 < count; k += 2) {
      const [left, right] = [levels[k]!, levels[k + 1]!];
      levels[k] = minimum(left, right);
      levels[k + 1] = maximum(left, right);
    }
  return concat(levels, 1);
}
