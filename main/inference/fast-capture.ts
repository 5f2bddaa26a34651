/** @file Residual states of texts by the fused graph, pooled over tokens: one vector a text and hook. */
import {
  captureGraph,
  encodeModel,
  type DecoderConfig,
  type LazyWeight,
  type WeightSource,
} from '../../native-models';
import type { Compute } from '../contract/compute';
import { paddedIds } from './decoding';
import { weightFileName } from './weight-cache';

export interface FastCapture {
  /** Along the second axis: `embed`, `resid_post:0`, … */
  readonly hooks: readonly string[];
  readonly width: number;
  /** Means over the tokens of each text, or what `weights` (one number a token) makes of them: [texts, hooks, width]. */
  run(texts: readonly (readonly number[])[], weights?: readonly (readonly number[])[]): Promise<Float32Array>;
  close(): Promise<void>;
}

/** `whyNotFast(config)` must be null. @throws `checkpoint-shape`, `session-create-failed`, the codes of the checkpoint */
export async function openFastCapture(
  compute: Compute,
  config: DecoderConfig,
  source: WeightSource,
  options: { level: 'fp32' | '4-bit-0'; folder: (weights: readonly LazyWeight[]) => Promise<string> },
): Promise<FastCapture> {
  const graph = captureGraph(config, source, { level: options.level, location: weightFileName });
  const session = await compute.open(encodeModel(graph.model), {
    folder: await options.folder(graph.weights),
    graphLevel: 'all',
    label: `capture (${options.level})`,
  });
  return {
    hooks: graph.hooks,
    width: config.width,
    async run(texts, given) {
      const { tensor, width } = paddedIds(texts);
      const weights = new Float32Array(texts.length * width);
      texts.forEach(({ length }, t) => {
        for (let k = 0; k < length; k++) weights[t * width + k] = given ? given[t]![k]! : 1 / length;
      });
      const lengths = Int32Array.from(texts, ({ length }) => length - 1);
      const { states } = await session.run({
        ids: tensor,
        lengths: { type: 'int32', data: lengths, dims: [texts.length] },
        total: { type: 'int32', data: Int32Array.of(width), dims: [] },
        weights: { type: 'float32', data: weights, dims: [texts.length, width] },
      });
      return states!.data as Float32Array;
    },
    close: () => session.close(),
  };
}
