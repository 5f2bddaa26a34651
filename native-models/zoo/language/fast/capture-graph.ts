/**
 * @file The graph that reads texts for their residual states: fused operators, no caches, pooled over tokens inside, so
 * that of every text one vector a state comes out and nothing else.
 *
 * | input | |
 * | --- | --- |
 * | `ids` int64 [batch, tokens] | padded on the right |
 * | `lengths` int32 [batch] | tokens of each text, less one |
 * | `total` int32 | tokens of a row |
 * | `weights` float32 [batch, tokens] | what each token counts for: 1 / length for the mean, one 1 for a single token |
 *
 * Output `states` float32 [batch, states, width]: after the embedding (`embed`), then after every block (`resid_post`).
 * Tokens of padding must have weight 0.
 */
import { GraphBuilder } from '../../../onnx/builder';
import { externalTensors } from '../../../onnx/data-file';
import type { DecoderConfig } from '../config';
import { modelOf } from '../language-graph';
import type { WeightSource } from '../weights';
import { decoderBody } from './decoder-body';
import type { FastGraph } from './generation-graph';
import type { NumericLevel } from './level';
import { vocabulary } from './vocabulary';
import { WeightList } from './weight-list';

export interface CaptureGraphOptions {
  /** Never with rounded activations: what is captured would be another model's. */
  level: Exclude<NumericLevel, '4-bit-4'>;
  /** The name of the file of weights as the model says it. */
  location: string;
}

export interface CaptureGraph extends FastGraph {
  /** Ids of the hooks along the axis of states. */
  hooks: string[];
}

/** `whyNotFast(config)` must be null. @throws `checkpoint-shape` */
export function captureGraph(
  config: DecoderConfig,
  source: WeightSource,
  { level, location }: CaptureGraphOptions,
): CaptureGraph {
  const weights = new WeightList(source);
  const graph = new GraphBuilder();
  graph.input('ids', 'int64', ['batch', 'tokens']);
  graph.input('lengths', 'int32', ['batch']);
  graph.input('total', 'int32', []);
  graph.input('weights', 'float32', ['batch', 'tokens']);
  const embedded = vocabulary(weights, config, level, 'none').embed(graph, 'ids');
  const { states, last } = decoderBody(graph, weights, config, level, {
    ...{ embedded, ids: 'ids', lengths: 'lengths', total: 'total', past: null },
  });
  const all = [...states, graph.node('Add', [...last])];
  const shape = graph.node(
    'Concat',
    [graph.node('Shape', ['ids']), graph.constant('int64', [config.width], [1])],
    { axis: 0 },
  );
  const row = graph.node('Unsqueeze', ['weights', graph.constant('int64', [1], [1])]);
  const pooled = all.map((state) => graph.node('MatMul', [row, graph.node('Reshape', [state, shape])]));
  graph.node('Concat', pooled, { axis: 1 }, { name: 'states' });
  graph.output('states', 'float32', ['batch', all.length, config.width]);
  const proto = graph.graph('capture');
  proto.initializer = [...(proto.initializer ?? []), ...externalTensors(weights.weights, location)];
  const hooks = all.map((_, k) => (k === 0 ? 'embed' : `resid_post:${k - 1}`));
  return { model: modelOf(proto), weights: weights.weights, requantised: weights.requantised, hooks };
}
