/** @file The network of a run and its training program: Llama's layout at the sizes of the settings. */
import {
  adamw,
  gpt,
  int32,
  llamaOptions,
  nextTokenLoss,
  stream,
  type Gpt,
  type TensorType,
} from '../../../native-models';
import { MongeError } from '../../../native-models/error';
import type { TrainSpec } from '../../training/loop';
import type { TinyConfig } from './config';

export type Sizes = Pick<
  TinyConfig,
  'layers' | 'width' | 'heads' | 'kvHeads' | 'hidden' | 'context' | 'tied'
>;

/**
 * The decoder for a vocabulary.
 * @throws `heads-invalid` where heads do not divide the width into even parts, or key heads the heads
 */
export function tinyNetwork(sizes: Sizes, vocabulary: number): Gpt {
  const { width, heads, kvHeads, tied } = sizes;
  if (width % (2 * heads) !== 0 || heads % kvHeads !== 0)
    throw new MongeError({
      code: 'heads-invalid',
      blame: 'input',
      what: 'the heads do not fit the width',
      where: { key: width % (2 * heads) !== 0 ? 'heads' : 'kvHeads' },
      got: `width ${width}, ${heads} heads, ${kvHeads} key heads`,
      expected: 'heads that divide the width into even parts, and key heads that divide the heads',
    });
  return gpt({ ...llamaOptions({ ...sizes, vocabulary }), tied });
}

/** Matrices decay, gains of norms do not. */
const groupOf = ({ shape }: TensorType) => (shape.length > 1 ? 'matrices' : 'gains');

/** Batches of ids and of the ids that follow them. */
export function tinyProgram(network: Gpt, batchSize: number): TrainSpec['program'] {
  const { parameters, options } = network;
  const { context } = options;
  return {
    name: 'tinyLanguageModel',
    parameters,
    optimiser: adamw(),
    clip: true,
    groups: Object.fromEntries(Object.entries(parameters).map(([name, type]) => [name, groupOf(type)])),
    stream: { ids: int32(batchSize, context), targets: int32(batchSize, context) },
    loss: (weights, { ids, targets }) => nextTokenLoss(network.apply(weights, ids!), targets!),
  };
}

/** Writes random stretches of the text and what follows each id; a function of seed and step. */
export function fillBatch(
  text: Int32Array,
  context: number,
  { seed, step }: { seed: number; step: number },
  { ids, targets }: { ids: Int32Array; targets: Int32Array },
): void {
  const starts = new Int32Array(ids.length / context);
  stream(seed, 'tiny-lm.batch', step).integers(starts, text.length - context);
  starts.forEach((start, row) => {
    ids.set(text.subarray(start, start + context), row * context);
    targets.set(text.subarray(start + 1, start + 1 + context), row * context);
  });
}
