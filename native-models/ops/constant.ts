/** @file Constants: numbers and arrays that are part of the program. */
import { MongeError } from '../error';
import type { ConstantData, Tensor } from '../ir/tensor';
import { checkType, elementCount, formatType, type DType, type TensorType } from '../ir/types';
import { applyOne, defineOp } from './define';

type ConstantAttributes = { readonly data: ConstantData; readonly type: TensorType };

export const constantOp = defineOp<ConstantAttributes>({
  name: 'Constant',
  infer: (_types, { type }) => [type],
  gradient: { none: 'a constant does not change' },
  lower: ({ attributes, build }) => [build.constant(attributes.data, attributes.type)],
  reference: (_inputs, { data, type }) => [
    { shape: type.shape as readonly number[], data: Float64Array.from(data) },
  ],
  cases: [
    {
      inputs: [],
      attributes: {
        data: Float32Array.of(1, -2.5, 0, 4, 5, 6),
        type: { dtype: 'float32', shape: [2, 3] },
      },
    },
    { inputs: [], attributes: { data: Int32Array.of(7), type: { dtype: 'int32', shape: [] } } },
  ],
});

/**
 * A constant tensor. A number makes a scalar, or fills the shape where one is given; an array takes its own length as
 * shape unless told otherwise. The element type follows the array (Float32Array: float32, …); plain arrays are float32.
 * Throws `constant-size` where the number of values does not fit the shape.
 */
export function constant(
  value: number | ArrayLike<number>,
  shape?: readonly number[],
  dtype: DType = dtypeOf(value),
): Tensor {
  const scalar = typeof value === 'number';
  const type: TensorType = { dtype, shape: shape ? [...shape] : scalar ? [] : [value.length] };
  checkType(type, 'constant');
  const count = elementCount(type.shape);
  if (!scalar && value.length !== count)
    throw new MongeError({
      code: 'constant-size',
      what: 'values of a constant',
      got: `${value.length} values`,
      expected: `${count} for ${formatType(type)}`,
    });
  checkValues(scalar ? [value] : value, dtype);
  const data = storageFor(dtype, count);
  if (scalar) data.fill(value);
  else data.set(value);
  return applyOne(constantOp, [], { data, type });
}

/** A scalar constant with the element type of another tensor. */
export function constantLike(value: number, like: Tensor): Tensor {
  return constant(value, [], like.dtype);
}

/** The numbers 0 … count-1. */
export function iota(count: number, dtype: DType = 'int32'): Tensor {
  return constant(
    Float64Array.from({ length: count }, (_, index) => index),
    [count],
    dtype,
  );
}

/** Room for values as they are kept inside a graph: int64 in doubles, bool in bytes. */
function storageFor(dtype: DType, count: number): ConstantData {
  switch (dtype) {
    case 'float32':
      return new Float32Array(count);
    case 'int32':
      return new Int32Array(count);
    case 'bool':
      return new Uint8Array(count);
    default:
      return new Float64Array(count);
  }
}

/** A fraction as an integer, or a number beyond its range, would turn into another number without a word. */
function checkValues(values: ArrayLike<number>, dtype: DType): void {
  if (dtype === 'float32' || dtype === 'float64') return;
  const [low, high] =
    dtype === 'bool' ? [0, 1] : dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [-(2 ** 53), 2 ** 53];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (Number.isInteger(value) && value >= low && value <= high) continue;
    throw new MongeError({
      code: 'constant-value',
      what: `a constant of type ${dtype} cannot hold this number`,
      got: `${value} at index ${index}`,
      expected: `a whole number from ${low} to ${high}`,
      help: 'give the constant another element type, or cast the other operand to float32 first',
    });
  }
}

function dtypeOf(value: number | ArrayLike<number>): DType {
  if (value instanceof Float64Array) return 'float64';
  if (value instanceof Int32Array) return 'int32';
  return 'float32';
}
