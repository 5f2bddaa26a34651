/**
 * @file Positions from the attention mask, inside the graph: counted over what is no padding, on whichever side that is;
 * from them the angles that turn queries and keys, and the masks of the layers.
 */
import type { GraphBuilder } from '../../onnx/builder';
import type { RotaryConfig } from './config';
import { rotaryFrequencies } from './rotary-frequencies';

/** Behind the end of every axis. */
const end = 2 ** 62;
/** Far below every score, and far enough from the end of float32 that no sum with a score leaves it: never NaN. */
const never = -1e38;

export interface Places {
  /** Which of the tokens seen are no padding, [batch, seen] bool. */
  valid: string;
  /** The same of this call's tokens, [batch, tokens] int64 of 0 and 1. */
  validNow: string;
  /** Positions of all tokens seen, [batch, seen] int64; padding has that of the last token before it, at least 0. */
  seen: string;
  /** Positions of this call's tokens, [batch, tokens] int64. */
  now: string;
}

/** Counts positions: the first token that is no padding has position 0. */
export function places(builder: GraphBuilder, ids: string, mask: string): Places {
  const one = builder.constant('int64', [1]);
  const axis = builder.constant('int64', [1], [1]);
  const valid = builder.node('Cast', [mask], { to: 9 });
  const counted = builder.node('Cast', [valid], { to: 7 });
  const sum = builder.node('CumSum', [counted, builder.constant('int64', [1], [])]);
  const zero = builder.constant('int64', [0], [1]);
  const seen = builder.node('Max', [builder.node('Sub', [sum, one]), zero]);
  const from = builder.node('Neg', [builder.node('Shape', [ids], { start: 1, end: 2 })]);
  const last = (value: string) =>
    builder.node('Slice', [value, from, builder.constant('int64', [end], [1]), axis]);
  return { valid, validNow: last(counted), seen, now: last(seen) };
}

/**
 * What is added to scores, [batch, 1, tokens, seen]: 0 where a token sees another, else far below. A row of padding that
 * sees nothing has the same everywhere, so its pattern is even and nothing in it is NaN.
 */
export function scoreMask(
  builder: GraphBuilder,
  { valid, seen, now }: Places,
  window: number | null,
): string {
  const axes = (...axis: number[]) => builder.constant('int64', axis, [axis.length]);
  const keys = builder.node('Unsqueeze', [seen, axes(1, 2)]);
  const queries = builder.node('Unsqueeze', [now, axes(1, 3)]);
  const real = builder.node('Unsqueeze', [valid, axes(1, 2)]);
  let visible = builder.node('And', [real, builder.node('LessOrEqual', [keys, queries])]);
  if (window !== null) {
    const last = builder.node('Sub', [queries, builder.constant('int64', [window])]);
    visible = builder.node('And', [visible, builder.node('Greater', [keys, last])]);
  }
  return maskOf(builder, visible);
}

/** The same where every token sees every other that is no padding, [batch, 1, 1, seen]. */
export function paddingMask(builder: GraphBuilder, { valid }: Places): string {
  return maskOf(builder, builder.node('Unsqueeze', [valid, builder.constant('int64', [1, 2], [2])]));
}

function maskOf(builder: GraphBuilder, visible: string): string {
  return builder.node('Where', [
    visible,
    builder.constant('float32', [0]),
    builder.constant('float32', [never]),
  ]);
}

export interface RotaryTables {
  /** [batch, tokens, width/2], with the attention factor of the scaling in it. */
  cos: string;
  sin: string;
  width: number;
}

/**
 * Angles of this call's tokens. LongRoPE takes its long factors for a text, row by row of the batch, once more tokens of it
 * were seen than the model's first context holds; keys in a cache keep the angles that they were made with.
 */
export function rotaryTables(
  builder: GraphBuilder,
  { seen, now }: Places,
  config: RotaryConfig,
): RotaryTables {
  const { scaling, width } = config;
  const { frequencies, long, attention } = rotaryFrequencies(config);
  const axis = (at: number) => builder.constant('int64', [at], [1]);
  let table = builder.constant('float32', frequencies, [width / 2]);
  if (long && scaling?.kind === 'longrope') {
    const last = builder.node('ReduceMax', [seen, axis(1)], { keepdims: 1 });
    const beyond = builder.node('GreaterOrEqual', [last, builder.constant('int64', [scaling.original])]);
    const chosen = builder.node('Where', [beyond, builder.constant('float32', long, [width / 2]), table]);
    table = builder.node('Unsqueeze', [chosen, axis(1)]);
  }
  const positions = builder.node('Unsqueeze', [builder.node('Cast', [now], { to: 1 }), axis(2)]);
  const angles = builder.node('Mul', [positions, table]);
  const scaled = (value: string) =>
    attention === 1 ? value : builder.node('Mul', [value, builder.constant('float32', [attention])]);
  return {
    cos: scaled(builder.node('Cos', [angles])),
    sin: scaled(builder.node('Sin', [angles])),
    width,
  };
}
