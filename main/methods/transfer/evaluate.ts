/** @file The mean loss of a network on a fixed part of the text that it is not trained on. */
import {
  float32,
  inferenceModel,
  int32,
  multiply,
  nextTokenLoss,
  type Gpt,
  type Resolved,
} from '../../../native-models';
import type { Compute, HostTensor } from '../../contract/compute';
import type { Arrays } from '../../contract/define';
import { shaped } from '../../training/supervised';

/** Sequences of one run of the session. */
const BATCH = 16;

export interface Evaluator {
  /** Nats per token on at most so many stretches, evenly spread; the same ones every time. */
  loss(weights: Arrays, most: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens the network for measuring; close it. */
export async function openEvaluator(
  compute: Compute,
  network: Gpt,
  text: Int32Array,
  { residual, logits }: Pick<Resolved, 'residual' | 'logits'>,
): Promise<Evaluator> {
  const { context } = network.options;
  const session = await compute.open(
    inferenceModel({
      ...{ name: 'validation', parameters: shaped(network, network.initialise(0)), weights: 'inputs' },
      inputs: {
        ids: int32(BATCH, context),
        targets: int32(BATCH, context),
        multipliers: float32(residual.length),
        scale: float32(),
      },
      build: (weights, { ids, targets, multipliers, scale }) => ({
        loss: nextTokenLoss(multiply(network.apply(weights, ids!, { multipliers }), scale!), targets!),
      }),
    }),
    { device: 'cpu', label: 'validation' },
  );
  const rule: Record<string, HostTensor> = {
    multipliers: { type: 'float32', data: Float32Array.from(residual), dims: [residual.length] },
    scale: { type: 'float32', data: Float32Array.of(logits), dims: [] },
  };
  return {
    async loss(weights, most) {
      const feeds = Object.fromEntries(
        Object.entries(weights).map(([name, { data, shape }]) => [
          name,
          { type: 'float32', data, dims: shape },
        ]),
      );
      const all = Math.floor((text.length - 1) / context);
      const batches = Math.max(1, Math.ceil(Math.min(all, most) / BATCH));
      let sum = 0;
      for (let batch = 0; batch < batches; batch++) {
        const [ids, targets] = [new Int32Array(BATCH * context), new Int32Array(BATCH * context)];
        for (let row = 0; row < BATCH; row++) {
          // Short texts are gone through again, so that every batch is full.
          const start = context * (Math.floor(((batch * BATCH + row) * all) / (batches * BATCH)) % all);
          ids.set(text.subarray(start, start + context), row * context);
          targets.set(text.subarray(start + 1, start + 1 + context), row * context);
        }
        const dims = [BATCH, context];
        const { loss } = await session.run({
          ...feeds,
          ...rule,
          ids: { type: 'int32', data: ids, dims },
          targets: { type: 'int32', data: targets, dims },
        });
        sum += Number(loss!.data[0]);
      }
      return sum / batches;
    },
    close: () => session.close(),
  };
}
