/** @file Which decoders the fused operators compute; the others take the plain graph. */
import type { DecoderConfig } from '../config';

/** Why a decoder cannot be built from fused operators, in words; null where it can. */
export function whyNotFast(config: DecoderConfig): string | null {
  const { positions, headWidth, blockNorms, queryKeyNorm, biases } = config;
  if (config.norm !== 'rms' || config.gainOffset !== 0) return 'its norms are not those of Llama';
  if (blockNorms !== 'before' || config.parallel) return 'its blocks have norms in other places';
  if (config.mlp !== 'swiglu') return 'its perceptrons are not gated by SiLU';
  if (positions.kind !== 'rotary') return 'its positions are learned';
  if (positions.layers.some(({ width }) => width !== headWidth)) return 'only a part of a head turns';
  if (positions.layers.some(({ scaling }) => scaling?.kind === 'longrope'))
    return 'its angles depend on the length of the text';
  if (headWidth % 16 !== 0) return 'the width of a head is not a multiple of 16';
  if (config.attentionCap !== null || config.logitCap !== null) return 'its scores are capped';
  if (queryKeyNorm === 'all') return 'its queries and keys are normed over all heads';
  if (biases.mlp) return 'its perceptrons have biases';
  if (config.embeddingScale !== 1) return 'its embeddings are scaled';
  if (config.family === 'phi3') return 'its weights lie in fused tensors';
  return null;
}
