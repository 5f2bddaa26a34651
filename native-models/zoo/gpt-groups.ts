/** @file Which kind of tensor each parameter of a decoder is, and in which block: what hyperparameter transfer goes by. */
import { MongeError } from '../error';
import type { TensorPlace } from '../scaling/resolve';
import type { TensorKind } from '../scaling/types';

/** By the name without `model.layers.N.`; gains and biases of a norm share its type. */
const TYPES: readonly (readonly [RegExp, TensorKind])[] = [
  [/^model\.embed_tokens\.weight$/, 'embed'],
  [/^model\.embed_positions\.weight$/, 'pos'],
  [/^model\.norm\./, 'norm.final'],
  [/^lm_head\.weight$/, 'unembed'],
  [/^lm_head\.bias$/, 'bias.out'],
  [/^input_layernorm\./, 'norm.attn'],
  [/^post_attention_layernorm\./, 'norm.mlp'],
  [/^self_attn\.q_norm\./, 'qk.q'],
  [/^self_attn\.k_norm\./, 'qk.k'],
  [/_proj\.bias$/, 'bias.hidden'],
  [/^self_attn\.q_proj\./, 'attn.q'],
  [/^self_attn\.k_proj\./, 'attn.k'],
  [/^self_attn\.v_proj\./, 'attn.v'],
  [/^self_attn\.o_proj\./, 'attn.o'],
  [/^mlp\.up_proj\./, 'mlp.in'],
  [/^mlp\.gate_proj\./, 'mlp.gate'],
  [/^mlp\.down_proj\./, 'mlp.out'],
];

/** The group of a parameter by its name; throws `tensor-group` for a name that no decoder has. */
export function tensorGroup(name: string): TensorPlace {
  const match = /^model\.layers\.(\d+)\.(.+)$/.exec(name);
  const rest = match?.[2] ?? name;
  const kind = TYPES.find(([pattern]) => pattern.test(rest))?.[1];
  if (!kind)
    throw new MongeError({
      code: 'tensor-group',
      what: 'parameter of no known kind',
      where: { tensor: name },
      expected: 'a parameter name of a decoder, such as model.layers.0.mlp.up_proj.weight',
    });
  return { kind, layer: match ? Number(match[1]) : null };
}

/** The groups of all parameters of a decoder. */
export function gptTensorTypes(model: {
  readonly parameters: Readonly<Record<string, unknown>>;
}): Record<string, TensorPlace> {
  return Object.fromEntries(Object.keys(model.parameters).map((name) => [name, tensorGroup(name)]));
}
