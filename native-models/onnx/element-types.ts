/** @file The numbers ONNX has for element types (TensorProto.DataType), and their names. */
import type { ElementType } from '../io/elements';

/** The types whose values can be read. */
export const elementNumbers: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

const others: Readonly<Record<number, string>> = {
  0: 'undefined',
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
};

const names = new Map(
  (Object.keys(elementNumbers) as ElementType[]).map((type) => [elementNumbers[type], type]),
);

/** The type of this number; undefined for one whose values are not read. */
export function elementTypeOfNumber(number: number | bigint | undefined): ElementType | undefined {
  return names.get(Number(number ?? 0));
}

/** The name of a type's number, also of types whose values are not read. */
export function elementTypeName(number: number | bigint | undefined): string {
  return elementTypeOfNumber(number) ?? others[Number(number ?? 0)] ?? `type ${Number(number ?? 0)}`;
}
