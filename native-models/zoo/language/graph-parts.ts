/** @file Linear maps, norms and perceptrons of the language models, as nodes of ONNX. */
import type { GraphBuilder } from '../../onnx/builder';
import type { BlockWeights, LinearWeights, NormWeights } from './decoder-weights';

/** Operators of the runtime's own that have no counterpart in ONNX, or only a slower one. */
export const runtimeDomain = 'com.microsoft';

/** Makes the nodes of one linear map; the result is called `name`. */
export type LinearMaps = (input: string, weights: LinearWeights, name?: string) => string;

/**
 * x·Wᵀ + b over the last axis, with W as checkpoints store it, [outputs, inputs]. The runtime packs it once when the
 * model is opened; turned around in the file it would be no faster, and as rows in a Gemm up to 7 % slower.
 */
export function linear(
  builder: GraphBuilder,
  input: string,
  { weight, bias }: LinearWeights,
  name?: string,
): string {
  const attributes = { transB: 1 };
  const product = (own?: string) =>
    builder.node('FusedMatMul', [input, weight], attributes, {
      domain: runtimeDomain,
      ...(own ? { name: own } : {}),
    });
  if (bias === null) return product(name);
  return builder.node('Add', [product(), bias], {}, name === undefined ? {} : { name });
}

/** x / √(mean x² + ε) · gain, or with the mean off and a bias, over the last axis. */
export function norm(
  builder: GraphBuilder,
  input: string,
  { gain, bias }: NormWeights,
  epsilon: number,
  name?: string,
): string {
  const named = name === undefined ? {} : { name };
  const attributes = { axis: -1, epsilon };
  return bias === null
    ? builder.node('RMSNormalization', [input, gain], attributes, named)
    : builder.node('LayerNormalization', [input, gain, bias], attributes, named);
}

export type Activation = 'silu' | 'gelu' | 'geluTanh';

/** The activation, element by element. */
export function activation(builder: GraphBuilder, kind: Activation, input: string, name?: string): string {
  const named = name === undefined ? {} : { name };
  if (kind === 'silu')
    return builder.node('QuickGelu', [input], { alpha: { float: 1 } }, { domain: runtimeDomain, ...named });
  return builder.node('Gelu', [input], { approximate: kind === 'gelu' ? 'none' : 'tanh' }, named);
}

/**
 * The perceptron: down(act(gate x) · up x), or down(act(up x)) where there is no gate. `mlp_gate` is what goes into the
 * activation, `mlp_act` what goes into the last map.
 */
export function perceptron(
  builder: GraphBuilder,
  input: string,
  { gate, up, down }: Pick<BlockWeights, 'gate' | 'up' | 'down'>,
  kind: Activation,
  names: { gate: string; act: string; out?: string },
  map: LinearMaps = (...given) => linear(builder, ...given),
): string {
  const before = map(input, gate ?? up, names.gate);
  const after = activation(builder, kind, before, gate ? undefined : names.act);
  const inner = gate ? builder.node('Mul', [after, map(input, up)], {}, { name: names.act }) : after;
  return map(inner, down, names.out);
}

/** cap · tanh(x / cap). */
export function softCap(builder: GraphBuilder, input: string, cap: number | null, name?: string): string {
  if (cap === null) return input;
  const constant = builder.constant('float32', [cap]);
  const tanh = builder.node('Tanh', [builder.node('Div', [input, constant])]);
  return builder.node('Mul', [tanh, constant], {}, name === undefined ? {} : { name });
}
