/** @file A checkpoint as the model it is built into: a decoder, or an encoder of texts or images, as a graph with hooks. */
import {
  decoderConfig,
  decoderGraph,
  encoderConfig,
  encoderGraph,
  hasBlockMatrices,
  type DecoderConfig,
  type EncoderConfig,
  type HookPoint,
  type LazyWeight,
  type ModelProto,
  type SteeringPlan,
  type WeightSource,
} from '../../native-models';
import type { ExactLevel } from '../contract/language';

export type Described =
  { kind: 'decoder'; config: DecoderConfig } | { kind: 'encoder' | 'image'; config: EncoderConfig };

/** What a configuration describes. @throws `model-family`, `model-config` */
export function describeModel(config: Readonly<Record<string, unknown>>): Described {
  if (config.model_type !== 'bert' && config.model_type !== 'vit')
    return { kind: 'decoder', config: decoderConfig(config) };
  const encoder = encoderConfig(config);
  return { kind: encoder.image ? 'image' : 'encoder', config: encoder };
}

/** A graph with its hooks; its weights are named in the data file `location`. */
export interface BuiltGraph {
  model: ModelProto;
  weights: LazyWeight[];
  hooks: HookPoint[];
}

/**
 * The graph with hooks, by their ids, as outputs; without any with what the model says in the end. Encoders are at fp32.
 * Where it is steered, hooks are given as they are after their maps.
 * @throws `checkpoint-shape`, `hook-unknown`, of steering `hook-not-steerable`, `steering-width`, `steering-hook-twice`
 */
export function buildGraph(
  source: WeightSource,
  described: Described,
  outputs: readonly string[],
  location: string,
  level: ExactLevel = 'fp32',
  steering: SteeringPlan | null = null,
): BuiltGraph {
  const places = { location, steering };
  if (described.kind !== 'decoder')
    return encoderGraph(described.config, source, { outputs, states: outputs.length === 0, ...places });
  const logits = outputs.length === 0 || outputs.includes('logits') ? 'all' : 'none';
  const hooks = outputs.filter((id) => id !== 'logits');
  return decoderGraph(described.config, source, { outputs: hooks, logits, level, ...places });
}

/** The levels at which a checkpoint can be looked into: `4-bit-0` where a decoder's weights are quantised. */
export function exactLevels(source: WeightSource, { kind }: Described): readonly ExactLevel[] {
  return kind === 'decoder' && hasBlockMatrices(source) ? ['fp32', '4-bit-0'] : ['fp32'];
}
