/** @file The operator of steering as nodes of ONNX: a value moved unit by unit, T(a) = scale·a + shift inside a support, else a. */
import type { GraphBuilder } from '../../../onnx/builder';

/** Values that the operator reads; all but `tokens` have the value's last axes, its units. */
export interface OperatorParts {
  /** 1 + λ(w − 1); null where it is 1 for every λ. */
  scale: string | null;
  /** λβ, −0 where it is nothing, so that a zero keeps its sign; null where it is nothing for every λ. */
  shift: string | null;
  /** Values between the two, both excluded, are moved; null where all are. */
  support: { lower: string; upper: string } | null;
  /** Which tokens are moved, bool, in the value's axes; null where all are. */
  tokens: string | null;
}

/**
 * Makes `name` from `before`. At λ = 0 it is `before` bit for bit. Without support and choice of tokens it is at most two
 * nodes. Returns what is inside the support, as bool, or null where nothing is outside.
 */
export function steeringOperator(
  builder: GraphBuilder,
  before: string,
  { scale, shift, support, tokens }: OperatorParts,
  name: string,
): string | null {
  const chosen = support !== null || tokens !== null;
  const last = chosen ? {} : { name };
  let moved = before;
  if (scale !== null) moved = builder.node('Mul', [moved, scale], {}, shift === null ? last : {});
  if (shift !== null) moved = builder.node('Add', [moved, shift], {}, last);
  if (moved === before && !chosen) builder.node('Identity', [before], {}, { name });
  if (!chosen) return null;
  let inside = tokens;
  if (support) {
    const above = builder.node('Greater', [before, support.lower]);
    const below = builder.node('Less', [before, support.upper]);
    inside = builder.node('And', [above, below]);
    if (tokens !== null) inside = builder.node('And', [inside, tokens]);
  }
  builder.node('Where', [inside!, moved, before], {}, { name });
  return inside;
}

/**
 * The same for values [batch, channels, height, width]: whether and how far a channel is moved is decided on its mean over
 * positions, and all of it moves by as much. Parts are [channels, 1, 1].
 */
export function channelOperator(
  builder: GraphBuilder,
  before: string,
  parts: Omit<OperatorParts, 'tokens'>,
  name: string,
): void {
  const axes = builder.constant('int64', [2, 3], [2]);
  const mean = builder.node('ReduceMean', [before, axes], { keepdims: 1 });
  steeringOperator(builder, mean, { ...parts, tokens: null }, `${name}__mean`);
  // Taken off and not added, so that a zero keeps its sign.
  const back = builder.node('Sub', [mean, `${name}__mean`]);
  builder.node('Sub', [before, back], {}, { name });
}

/** The parts of an operator whose λ is an input: they are vectors, computed once a run. */
export function partsAtStrength(
  builder: GraphBuilder,
  lambda: string,
  { slope, shift }: { /** w − 1. */ slope: string | null; shift: string | null },
): Pick<OperatorParts, 'scale' | 'shift'> {
  const one = builder.constant('float32', [1]);
  const scale = slope && builder.node('Add', [builder.node('Mul', [lambda, slope]), one]);
  if (shift === null) return { scale, shift };
  const product = builder.node('Mul', [lambda, shift]);
  const nothing = builder.node('Equal', [product, builder.constant('float32', [0])]);
  return { scale, shift: builder.node('Where', [nothing, builder.constant('float32', [-0]), product]) };
}

/**
 * How many units of each text are inside a support, [1, batch]: `inside` is what `steeringOperator` gave, of a value with
 * `axes` axes of units; `real` [batch, tokens] is not 0 for tokens that are no padding.
 */
export function countInside(
  builder: GraphBuilder,
  inside: string,
  real: string | null,
  axes: number,
  name?: string,
): string {
  const places = (from: number, count: number) =>
    builder.constant(
      'int64',
      Array.from({ length: count }, (_, k) => from + k),
      [count],
    );
  let ones = builder.node('Cast', [inside], { to: 1 });
  if (real !== null) {
    const kept = builder.node('Cast', [builder.node('Unsqueeze', [real, places(2, axes)])], { to: 1 });
    ones = builder.node('Mul', [ones, kept]);
  }
  const sum = builder.node('ReduceSum', [ones, places(1, axes + 1)], { keepdims: 0 });
  return builder.node('Unsqueeze', [sum, places(0, 1)], {}, name === undefined ? {} : { name });
}
