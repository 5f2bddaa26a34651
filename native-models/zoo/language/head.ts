/** @file The end of a decoder alone: from states to logits, through the final norm or for states that it was applied to. */
import { GraphBuilder } from '../../onnx/builder';
import type { DecoderConfig } from './config';
import type { DecoderGraph } from './decoder';
import { decoderWeights } from './decoder-weights';
import type { NumericLevel } from './fast/level';
import { norm, softCap } from './graph-parts';
import { modelOf, withWeights } from './language-graph';
import { linearMaps } from './linear-maps';
import { WeightBook } from './weight-book';
import type { WeightSource } from './weights';

/** Input `states` [rows, width], output `logits` [rows, vocabulary]. @throws `checkpoint-shape`, `level-not-exact` */
export function headGraph(
  config: DecoderConfig,
  source: WeightSource,
  { through, location, level = 'fp32' }: { through: 'norm' | 'map'; location: string; level?: NumericLevel },
): Pick<DecoderGraph, 'model' | 'weights'> {
  const book = new WeightBook(source);
  const names = decoderWeights(config, book);
  const builder = new GraphBuilder();
  const states = builder.input('states', 'float32', ['rows', config.width]);
  const normed = through === 'norm' ? norm(builder, states, names.norm(), config.epsilon) : states;
  const head = { weight: names.head(), bias: null };
  const capped = config.logitCap !== null;
  const made = linearMaps(builder, book, level)(normed, head, capped ? undefined : 'logits');
  if (capped) softCap(builder, made, config.logitCap, 'logits');
  builder.output('logits', 'float32', ['rows', config.vocabulary]);
  const { graph, weights } = withWeights(builder, book, location);
  return { model: modelOf(graph), weights };
}

/** What a state after the final norm is multiplied with to give the logit of a token: [width]. @throws `checkpoint-shape` */
export async function headDirection(
  config: DecoderConfig,
  source: WeightSource,
  token: number,
): Promise<Float32Array> {
  const book = new WeightBook(source);
  const { buffer, byteOffset } = await book.read(decoderWeights(config, book).head());
  return new Float32Array(buffer, byteOffset + 4 * token * config.width, config.width).slice();
}
