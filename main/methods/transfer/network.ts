/**
 * @file The network of a training: a pre-norm decoder with RMS norms, normed queries and keys, heads of fixed width, and
 * no biases, on the bytes of a text (the setup of our measurements). Its shape is all that a compiled program depends on.
 */
import {
  adamw,
  float32,
  gpt,
  gptTensorTypes,
  groupName,
  int32,
  nextTokenLoss,
  multiply,
  type Gpt,
  type TensorPlace,
  type TensorKind,
} from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { TrainSpec } from '../../training/loop';
import type { TransferConfig } from './config';

const HEAD_WIDTH = 16;
const WIDER = 4;
/** Deviations at the start of the base network: of embeddings, and of matrices times √fan-in. */
const EMBEDDING = 0.1;
const MATRIX = 0.5;

export interface Shape {
  vocabulary: number;
  width: number;
  depth: number;
  context: number;
  /** Sequences of a step. */
  sequences: number;
  /** Whether blocks have hyperparameters of their own. */
  byLayer: boolean;
}

/** The shape of a training. @throws `width-invalid`, `batch-invalid` */
export function shapeOf(config: TransferConfig, vocabulary: number): Shape {
  const { width, baseWidth, depth, context, batch } = config;
  for (const [key, value] of Object.entries({ width, baseWidth }))
    if (value % HEAD_WIDTH !== 0)
      throw new MongeError({
        code: 'width-invalid',
        blame: 'input',
        what: 'the width is made of heads',
        where: { key },
        got: String(value),
        expected: `a multiple of ${HEAD_WIDTH}`,
      });
  if (batch % context !== 0)
    throw new MongeError({
      code: 'batch-invalid',
      blame: 'input',
      what: 'a batch is made of whole sequences',
      where: { key: 'batch' },
      got: `${batch} tokens`,
      expected: `a multiple of the context, ${context} tokens`,
    });
  const byLayer = [config.firstRate, config.middleRate, config.lastRate].some((factor) => factor !== 1);
  return { vocabulary, width, depth, context, sequences: batch / context, byLayer };
}

/** The network of a shape; deviations are put on by `startOf`. */
export function networkOf({ vocabulary, width, depth, context }: Shape): Gpt {
  return gpt({
    ...{ vocabulary, width, layers: depth, heads: width / HEAD_WIDTH, context },
    ...{ mlp: 'gelu', norm: 'rms', epsilon: 1e-6, positions: 'learned', qkNorm: true, bias: false },
    // Standard normals, so that the deviation is a number of the trial and not of the network.
    deviation: () => 1,
  });
}

/** Kind and block of every parameter. */
export const placesOf = (network: Gpt): Record<string, TensorPlace> => gptTensorTypes(network);

/** The group of a parameter, by whose name hyperparameters are given. */
export function groupOf({ kind, layer }: TensorPlace, byLayer: boolean): string {
  return groupName({ kind, layer: byLayer ? layer : null });
}

/** The deviation of a kind of matrix in the base network, of so many units. */
export function baseDeviation(kind: TensorKind, baseWidth: number): number {
  if (kind === 'embed' || kind === 'pos') return EMBEDDING;
  const fanIn = kind === 'mlp.out' ? WIDER * baseWidth : baseWidth;
  return MATRIX / Math.sqrt(fanIn);
}

/** The program of a shape: every hyperparameter is an input, and so are the multipliers of branches and logits. */
export function programOfShape(shape: Shape, network: Gpt = networkOf(shape)): TrainSpec['program'] {
  const { sequences, context, depth, byLayer } = shape;
  const places = placesOf(network);
  return {
    name: 'transfer',
    parameters: network.parameters,
    optimiser: adamw(),
    groups: Object.fromEntries(
      Object.entries(places).map(([name, place]) => [name, groupOf(place, byLayer)]),
    ),
    stream: {
      ids: int32(sequences, context),
      targets: int32(sequences, context),
      multipliers: float32(2 * depth),
      logits: float32(),
    },
    loss: (weights, { ids, targets, multipliers, logits }) =>
      nextTokenLoss(multiply(network.apply(weights, ids!, { multipliers }), logits!), targets!),
  };
}
