/** @file Tensor types: element type and shape, with symbolic sizes compared by name. */
import { MongeError } from '../error';

export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
/** A size: a number, or a name such as 'batch' for a size that is known only when the model runs. */
export type Dim = number | string;
export type Shape = readonly Dim[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

const SHORT_NAMES: Record<DType, string> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  int64: 'i64',
  bool: 'bool',
};

/** Shorthand for a float32 type, the usual one: `float32('batch', 2)`. */
export function float32(...shape: Dim[]): TensorType {
  return { dtype: 'float32', shape };
}

/** Shorthand for a float64 type, for programs held to double precision. */
export function float64(...shape: Dim[]): TensorType {
  return { dtype: 'float64', shape };
}

/** Shorthand for an int32 type, the one for ids and labels. */
export function int32(...shape: Dim[]): TensorType {
  return { dtype: 'int32', shape };
}

export function isFloating(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** `f32[8,batch]`, as printed in graphs and messages. */
export function formatType(type: TensorType): string {
  return `${SHORT_NAMES[type.dtype]}[${type.shape.join(',')}]`;
}

export function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dim, axis) => dim === right[axis]);
}

export function sameType(left: TensorType, right: TensorType): boolean {
  return left.dtype === right.dtype && sameShape(left.shape, right.shape);
}

/**
 * The NumPy broadcast of two shapes, or undefined where they do not fit.
 * A symbolic size fits itself and 1; that it might equal some number is not assumed.
 */
export function broadcastShapes(left: Shape, right: Shape): Shape | undefined {
  const rank = Math.max(left.length, right.length);
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) return undefined;
    result.push(a === 1 ? b : a);
  }
  return result;
}

/** The number of elements; throws `symbolic-dimension` where a size is not known. */
export function elementCount(shape: Shape, op = 'element count'): number {
  return shape.reduce<number>((product, dim) => product * staticSize(dim, op), 1);
}

/** A size as a number; throws `symbolic-dimension` for a named one. */
export function staticSize(dim: Dim | undefined, op: string): number {
  if (typeof dim === 'number') return dim;
  throw new MongeError({
    code: 'symbolic-dimension',
    what: `${op} needs a size that is known when the graph is built`,
    where: { op },
    got: `the symbolic size ${String(dim)}`,
    expected: 'a number',
    help: 'declare this input with a fixed size, or keep the operation off the symbolic axis',
  });
}

export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

/** Checks that a type can exist: whole sizes from 0, symbolic names that are identifiers. */
export function checkType(type: TensorType, name: string): void {
  for (const dim of type.shape) {
    const valid =
      typeof dim === 'number' ? Number.isSafeInteger(dim) && dim >= 0 : /^[A-Za-z_][\w.]*$/.test(dim);
    if (!valid)
      throw new MongeError({
        code: 'invalid-shape',
        what: 'tensor type',
        where: { tensor: name },
        got: formatType(type),
        expected: 'whole sizes from 0 upwards, or identifiers for symbolic sizes',
      });
  }
}
