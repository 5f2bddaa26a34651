/** @file The numeric levels of a language model, and which form a matrix takes at each: never a slow one, never one that is silently another model. */
import type { WeightType } from '../../../io/weight-types';
import type { WeightSource } from '../weights';
import { BLOCK, hasMinimum, isEightBit, isFourBit } from './block-forms';

/**
 * `fp32`: every weight widened. `4-bit-0`: quantised weights as they are, activations in fp32. `4-bit-4`: activations are
 * rounded to 8 bits by block (relative error 5e-3 a product): for chat only, never for capture, fitting, lens or parity.
 */
export const numericLevels = ['fp32', '4-bit-0', '4-bit-4'] as const;
export type NumericLevel = (typeof numericLevels)[number];

/**
 * How a matrix lies in the graph: widened, its own 4-bit integers, 8-bit integers, or 8-bit integers as two 4-bit halves.
 * 8 bits without accuracy level 4 are twelve times slower than fp32, so at level 0 they come as two halves.
 */
type MatrixKind = 'fp32' | 'four' | 'eight' | 'two-four';

export interface MatrixForm {
  kind: MatrixKind;
  /** Whether blocks have a minimum, which takes a product with the blocks' sums besides. */
  minimum: boolean;
  /** Whether the values were rounded to 8 bits here, which the checkpoint's are not. */
  requantised: boolean;
}

/** The form of a matrix of this stored type with so many columns. */
export function matrixForm(type: WeightType, columns: number, level: NumericLevel): MatrixForm {
  const widened: MatrixForm = { kind: 'fp32', minimum: false, requantised: false };
  if (level === 'fp32' || columns % BLOCK !== 0) return widened;
  const minimum = hasMinimum(type);
  if (isFourBit(type)) return { kind: 'four', minimum, requantised: false };
  if (isEightBit(type)) {
    const kind = level === '4-bit-4' ? 'eight' : 'two-four';
    return { kind, minimum, requantised: false };
  }
  if (level === '4-bit-4') return { kind: 'eight', minimum: false, requantised: true };
  return widened;
}

/** Whether a checkpoint has matrices whose integers are kept at `4-bit-0`, so that the level is another one than fp32. */
export function hasBlockMatrices(source: WeightSource): boolean {
  return source.names.some((name) => {
    const [, columns, ...more] = source.shape(name);
    if (columns === undefined || more.length > 0) return false;
    return matrixForm(source.type(name), columns, '4-bit-0').kind !== 'fp32';
  });
}

/** The accuracy level stated on every quantised product. */
export function accuracyLevel(level: NumericLevel): 0 | 4 {
  return level === '4-bit-4' ? 4 : 0;
}
