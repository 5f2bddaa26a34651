/** @file Rotary position embedding (Su et al. 2021) in the half-split form of Llama checkpoints. */
import { MongeError } from '../error';
import type { Tensor } from '../ir/tensor';
import type { DType } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { reverse } from '../ops/indexing';
import { reshape } from '../ops/movement';
import { scope } from '../ir/scope';

/** Cosines and signed sines of all positions, each [tokens, headWidth]: made once, used by every layer. */
export interface RotaryTables {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

export interface RotaryOptions {
  tokens: number;
  /** Even. */
  headWidth: number;
  /** The base θ of the wavelengths; default 10000. */
  base?: number;
  dtype?: DType;
}

/**
 * Tables for positions 0 … tokens-1 with angles position·θ^(-2i/headWidth), i below headWidth/2, repeated for the second
 * half. The sines of the first half carry the minus sign of rotate_half. Throws `head-width` for odd head widths.
 */
export function rotaryTables(options: RotaryOptions): RotaryTables {
  const { tokens, headWidth, base = 10000, dtype = 'float32' } = options;
  if (headWidth % 2 !== 0)
    throw new MongeError({
      code: 'head-width',
      what: 'rotary embedding pairs the two halves of a head',
      got: `a head width of ${headWidth}`,
      expected: 'an even number',
    });
  const half = headWidth / 2;
  const angle = (position: number, feature: number) =>
    position * base ** ((-2 * (feature % half)) / headWidth);
  const table = (value: (position: number, feature: number) => number) =>
    constant(
      Float64Array.from({ length: tokens * headWidth }, (_, flat) =>
        value(Math.floor(flat / headWidth), flat % headWidth),
      ),
      [tokens, headWidth],
      dtype,
    );
  return {
    cosines: table((position, feature) => Math.cos(angle(position, feature))),
    sines: table((position, feature) => Math.sin(angle(position, feature)) * (feature < half ? -1 : 1)),
  };
}

/**
 * Rotates x [..., tokens, headWidth] by its positions: x·cos + swap(x)·(signed sin), where swap exchanges the two halves
 * of a head. One copy of x, where slicing and joining the halves would make three.
 */
export function rotary(x: Tensor, tables: RotaryTables): Tensor {
  return scope('rotary', () => {
    const halves = reshape(x, [...x.shape.slice(0, -1), 2, Number(x.shape.at(-1)) / 2]);
    const swapped = reshape(reverse(halves, -2), x.shape);
    return add(multiply(x, tables.cosines), multiply(swapped, tables.sines));
  });
}
