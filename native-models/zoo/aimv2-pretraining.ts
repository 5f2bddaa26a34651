/** @file Pre-training of AIMv2: a causal decoder predicts the next patch and the next word from the encoder's features. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { add, equal, multiply, where } from '../ops/arithmetic';
import { constantLike } from '../ops/constant';
import { concat, expand, slice } from '../ops/movement';
import { block, blockParameters } from '../nn/block';
import { embedding, embeddingParameters } from '../nn/embedding';
import { linear, linearParameters, xavierUniform } from '../nn/linear';
import { crossEntropy } from '../nn/losses';
import { causalMask } from '../nn/mask';
import { module, parameter, type Initial, type Module } from '../nn/module';
import { norm, normParameters } from '../nn/normalisation';
import { nextPatchLoss } from '../nn/patch-loss';
import { patchify } from '../nn/patches';
import { scope } from '../ir/scope';
import {
  aimv2,
  aimv2BlockOptions,
  aimv2Initial,
  aimv2Parameters,
  type Aimv2,
  type Aimv2Options,
} from './aimv2';

export interface Aimv2PretrainingOptions {
  encoder: Aimv2Options;
  decoder: {
    width: number;
    hidden: number;
    layers: number;
    heads: number;
  };
  vocabulary: number;
  /** Words of a caption, T. */
  words: number;
  /** The id that fills captions up; it is not predicted. */
  padding: number;
  /** Weight of the pixel loss; default 0.4. */
  pixelWeight?: number;
}

export interface Aimv2Pretraining extends Module {
  readonly encoder: Aimv2;
  /**
   * Images [batch, channels, height, columns], captions int32 [batch, words] and prefix lengths int32 [batch] to predicted
   * patches [batch, tokens, values] and logits [batch, words+1, vocabulary], one more than words for the start of text.
   */
  apply(
    parameters: Tensors,
    images: Tensor,
    captions: Tensor,
    prefix: Tensor,
  ): { patches: Tensor; logits: Tensor };
  /** `text` + pixelWeight·`pixels`, and the two parts. At least one word of the batch must not be padding. */
  loss(
    parameters: Tensors,
    images: Tensor,
    captions: Tensor,
    prefix: Tensor,
  ): { loss: Tensor; text: Tensor; pixels: Tensor };
}

/** Encoder and decoder together; the decoder's parameters lie under `decoder.`. */
export function aimv2Pretraining(options: Aimv2PretrainingOptions): Aimv2Pretraining {
  const { decoder, words, padding, pixelWeight = 0.4 } = options;
  const encoder = aimv2(options.encoder);
  const { epsilon, patch } = options.encoder;
  const sizes = aimv2BlockOptions({ ...decoder, epsilon });
  const { tokens } = encoder;
  const model: Aimv2Pretraining = {
    ...module({ ...aimv2Parameters(options.encoder), ...decoderParameters(options) }),
    encoder,
    apply(parameters, images, captions, prefix) {
      const { last } = encoder.encode(parameters, images, prefix);
      return scope('decoder', () => {
        const seen = linear(parameters, 'decoder.projection', last);
        const start = expand(parameter(parameters, 'decoder.bos'), [images.shape[0]!, 1, decoder.width]);
        const text = concat([start, embedding(parameters, 'decoder.token_embedding', captions)], 1);
        const placed = add(text, parameter(parameters, 'decoder.position_embedding.weight'));
        const mask = causalMask(tokens + words + 1, images.dtype);
        let x = concat([seen, placed], 1);
        for (let layer = 0; layer < decoder.layers; layer++)
          x = block(parameters, `decoder.layers.${layer}`, x, sizes, { mask });
        const final = norm(parameters, 'decoder.rms_norm', x, { kind: 'rms', epsilon });
        const image = slice(final, { axis: 1, end: tokens });
        const rest = slice(final, { axis: 1, start: tokens });
        return {
          patches: linear(parameters, 'decoder.pixel_head', image, { bias: false }),
          logits: linear(parameters, 'decoder.text_head', rest, { bias: false }),
        };
      });
    },
    loss(parameters, images, captions, prefix) {
      const { patches, logits } = model.apply(parameters, images, captions, prefix);
      const pixels = nextPatchLoss(patches, patchify(images, patch), prefix);
      const predicted = slice(logits, { axis: 1, end: words });
      const weights = where(equal(captions, padding), constantLike(0, predicted), constantLike(1, predicted));
      const text = crossEntropy(predicted, captions, weights);
      return { loss: add(text, multiply(pixels, pixelWeight)), text, pixels };
    },
  };
  return model;
}

function decoderParameters(options: Aimv2PretrainingOptions): Record<string, Initial> {
  const { encoder, decoder, vocabulary, words } = options;
  const { width, layers } = decoder;
  const entries = encoder.channels * encoder.patch ** 2;
  // A normal of the variance that the authors truncate.
  const head = { deviation: 1 / Math.sqrt((1 + layers) * width) };
  const blocks = Array.from({ length: layers }, (_, layer) =>
    blockParameters(`decoder.layers.${layer}`, aimv2BlockOptions(decoder), aimv2Initial(decoder)),
  );
  return Object.assign(
    linearParameters('decoder.projection', encoder.width, width, {
      initial: xavierUniform(encoder.width, width),
    }),
    embeddingParameters('decoder.token_embedding', vocabulary, width),
    { 'decoder.bos': { type: float32(1, width), deviation: 0.02 } },
    embeddingParameters('decoder.position_embedding', words + 1, width, 0.01),
    ...blocks,
    normParameters('decoder.rms_norm', width, 'rms'),
    linearParameters('decoder.pixel_head', width, entries, { bias: false, initial: head }),
    linearParameters('decoder.text_head', width, vocabulary, { bias: false, initial: head }),
  ) as Record<string, Initial>;
}
