/** @file Decoder-only language models: GPT (Radford et al. 2019) and Llama (Touvron et al. 2023) from one description. */
import type { Tensor, Tensors } from '../ir/tensor';
import { elementCount, float32, isStatic } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { square } from '../ops/functions';
import { matmul } from '../ops/linear-algebra';
import { reshape, slice } from '../ops/movement';
import { reduceMean } from '../ops/reduction';
import { logSumExp } from '../ops/softmax';
import { attentionSizes } from '../nn/attention';
import { block, blockParameters, type BlockOptions, type BlockRole } from '../nn/block';
import { embedding, embeddingParameters } from '../nn/embedding';
import { linear, linearParameters } from '../nn/linear';
import { crossEntropy } from '../nn/losses';
import { causalMask } from '../nn/mask';
import { module, parameter, type Initial, type Module } from '../nn/module';
import { norm, normParameters, type NormKind } from '../nn/normalisation';
import { rotaryTables } from '../nn/rotary';
import { scope } from '../ir/scope';
import { tensorGroup } from './gpt-groups';
import type { TensorKind } from '../scaling/types';

export interface GptOptions {
  vocabulary: number;
  width: number;
  /** Number of blocks. */
  layers: number;
  heads: number;
  /** Heads of keys and values; default: heads. */
  kvHeads?: number;
  /** Default width/heads. */
  headWidth?: number;
  /** Tokens of a sequence. */
  context: number;
  mlp: 'gelu' | 'geluTanh' | 'swiglu';
  /** Width inside the perceptrons; default 4·width. */
  hidden?: number;
  norm: NormKind;
  /** Added to the mean squares of the norms; default 1e-5. */
  epsilon?: number;
  positions: 'learned' | 'rotary';
  /** The base θ of rotary positions; default 10000. */
  rotaryBase?: number;
  /** RMSNorm of queries and keys; default false. */
  qkNorm?: boolean;
  /** Biases of the linear maps inside the blocks. */
  bias: boolean;
  /** Whether the embedding is also the output map; default false. */
  tied?: boolean;
  /** What attention scores are multiplied by; default 1/√headWidth. */
  attentionScale?: number;
  /** Dropout of every branch; needs noise when it is not 0. Default 0. */
  dropout?: number;
  /** Standard deviation of a matrix at the start; default: 0.02, and 0.02/√(2·layers) where a branch ends. */
  deviation?: (type: TensorKind, layer: number | null) => number;
}

/** What changes from step to step besides the tokens. */
export interface GptInputs {
  /** Residual multipliers ρ [2·layers]: of attention and perceptron of the first block, then of the second, … */
  multipliers?: Tensor;
  /** Uniform noise for dropout, [2·layers, batch, context, width]. */
  noise?: Tensor;
  /** Hears of values on the way: of the embedding, whose block is null, and of every block. */
  tap?: (role: 'embed' | BlockRole, layer: number | null, value: Tensor) => void;
}

export interface Gpt extends Module {
  readonly options: GptOptions;
  /** int32 ids [batch, context] to logits [batch, context, vocabulary]. */
  apply(parameters: Tensors, ids: Tensor, inputs?: GptInputs): Tensor;
}

/** The layout of GPT: layer norm, GELU, learned positions, biases. */
export function gptOptions(
  sizes: Pick<GptOptions, 'vocabulary' | 'width' | 'layers' | 'heads' | 'context'>,
): GptOptions {
  return { ...sizes, mlp: 'gelu', norm: 'layer', positions: 'learned', bias: true };
}

/** The layout of Llama: RMS norm, SwiGLU, rotary positions, no biases, grouped key heads where asked for. */
export function llamaOptions(
  sizes: Pick<GptOptions, 'vocabulary' | 'width' | 'layers' | 'heads' | 'context' | 'kvHeads' | 'hidden'>,
): GptOptions {
  return { ...sizes, mlp: 'swiglu', norm: 'rms', positions: 'rotary', bias: false };
}

/**
 * A decoder with the parameter names and layouts of Llama checkpoints, except that linear weights are [inputs, outputs].
 * Learned positions are `model.embed_positions.weight`.
 */
export function gpt(options: GptOptions): Gpt {
  const { vocabulary, width, layers, context, tied = false, positions, epsilon } = options;
  const sizes = blockOptions(options);
  const { headWidth } = attentionSizes(sizes.attention);
  return {
    ...module(gptParameters(options)),
    options,
    apply(parameters, ids, inputs = {}) {
      const { dtype } = parameter(parameters, 'model.embed_tokens.weight');
      let x = embedding(parameters, 'model.embed_tokens', ids);
      if (positions === 'learned') x = add(x, parameter(parameters, 'model.embed_positions.weight'));
      inputs.tap?.('embed', null, x);
      const shared = {
        mask: causalMask(context, dtype),
        rotary:
          positions === 'rotary'
            ? rotaryTables({ tokens: context, headWidth, base: options.rotaryBase, dtype })
            : undefined,
      };
      for (let layer = 0; layer < layers; layer++)
        x = block(parameters, `model.layers.${layer}`, x, sizes, {
          ...shared,
          tap: inputs.tap && ((role, value) => inputs.tap!(role, layer, value)),
          multipliers: inputs.multipliers && pairAt(inputs.multipliers, layer),
          dropout: options.dropout
            ? { rate: options.dropout, noise: inputs.noise && pairAt(inputs.noise, layer) }
            : undefined,
        });
      const final = norm(parameters, 'model.norm', x, { kind: options.norm, epsilon });
      if (!tied) return linear(parameters, 'lm_head', final, { bias: false });
      return scope('lm_head', () => {
        const table = parameter(parameters, 'model.embed_tokens.weight');
        const leading = final.shape.slice(0, -1);
        if (!isStatic(leading)) return matmul(final, table, { transposeRight: true });
        const rows = reshape(final, [elementCount(leading), width]);
        return reshape(matmul(rows, table, { transposeRight: true }), [...leading, vocabulary]);
      });
    },
  };
}

/**
 * The mean next-token cross-entropy of logits [batch, context, vocabulary] and int32 targets [batch, context], plus
 * `zWeight` times the mean squared log-normaliser (the z-loss of PaLM, Chowdhery et al. 2022).
 */
export function nextTokenLoss(logits: Tensor, targets: Tensor, zWeight = 0): Tensor {
  const loss = crossEntropy(logits, targets);
  if (zWeight === 0) return loss;
  return scope('zLoss', () => add(loss, multiply(reduceMean(square(logSumExp(logits))), zWeight)));
}

function blockOptions(options: GptOptions): BlockOptions {
  const { width, heads, kvHeads, headWidth, bias, qkNorm, epsilon, attentionScale: scale } = options;
  const { hidden = 4 * width, mlp: kind } = options;
  return {
    attention: { width, heads, kvHeads, headWidth, bias, qkNorm, epsilon, scale },
    feedForward: { width, hidden, kind, bias },
    norm: { kind: options.norm, epsilon },
  };
}

function gptParameters(options: GptOptions): Record<string, Initial> {
  const { vocabulary, width, layers, context, tied = false, positions } = options;
  const deviation =
    options.deviation ??
    ((type: TensorKind) =>
      type === 'attn.o' || type === 'mlp.out' ? 0.02 / Math.sqrt(2 * Math.max(1, layers)) : 0.02);
  const blocks = Array.from({ length: layers }, (_, layer) =>
    blockParameters(`model.layers.${layer}`, blockOptions(options), () => ({ deviation: 0 })),
  );
  const table: Record<string, Initial> = Object.assign(
    embeddingParameters('model.embed_tokens', vocabulary, width),
    positions === 'learned' ? { 'model.embed_positions.weight': { type: float32(context, width) } } : {},
    ...blocks,
    normParameters('model.norm', width, options.norm),
    tied ? {} : linearParameters('lm_head', width, vocabulary, { bias: false, initial: { deviation: 0 } }),
  ) as Record<string, Initial>;
  // Standard normals by name times a deviation by type: the same name and seed give the same noise at every scale.
  return Object.fromEntries(
    Object.entries(table).map(([name, initial]) => {
      const { kind, layer } = tensorGroup(name);
      return [
        name,
        initial.type.shape.length === 2 ? { type: initial.type, deviation: deviation(kind, layer) } : initial,
      ];
    }),
  );
}

/** The two entries of one layer, each without the leading axis. */
function pairAt(x: Tensor, layer: number): readonly [Tensor, Tensor] {
  const entry = (position: number) =>
    reshape(slice(x, { axis: 0, start: position, end: position + 1 }), x.shape.slice(1));
  return [entry(2 * layer), entry(2 * layer + 1)];
}
