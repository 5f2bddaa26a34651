/** @file Types of the values in an ONNX graph as plain objects and as text. */
import type { NodeProto, TensorProto, ValueInfoProto } from '../../native-models';

/** A number, the name of an open size, or `?` where the file says nothing. */
export type ValueDim = number | string;

export interface ValueType {
  /** `float32`, `int64`, …; `?` where only the shape is known. */
  element: string;
  /** null where the rank is not known. */
  shape: ValueDim[] | null;
}

// Element types by number, as onnx.proto fixes them.
const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/** Bytes of one element; 0 for text and for types of less than a byte. */
const elementBytes: Readonly<Record<string, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
  bfloat16: 2,
};

export function elementName(code: number): string {
  return elementTypes[code] ?? 'unknown';
}

export function bytesOf(element: string, count: number): number {
  return (elementBytes[element] ?? 0) * count;
}

/** The tensor type of a declared value; null for a sequence, a map or no type at all. */
export function typeOfValue(value: ValueInfoProto): { element: string; shape: ValueDim[] } | null {
  const tensor = value.type?.tensorType;
  if (!tensor) return null;
  const dims = tensor.shape?.dim ?? [];
  return {
    element: elementName(Number(tensor.elemType ?? 0)),
    // Exporters that know no names write −1 for an open size.
    shape: dims.map(
      ({ dimParam, dimValue = -1 }) => dimParam || (Number(dimValue) < 0 ? '?' : Number(dimValue)),
    ),
  };
}

/** Whether a declared tensor has a shape at all; a missing one means any rank, an empty one a scalar. */
export function hasShape(value: ValueInfoProto): boolean {
  return value.type?.tensorType?.shape !== undefined;
}

export function typeOfTensor(tensor: TensorProto): ValueType {
  return { element: elementName(Number(tensor.dataType ?? 0)), shape: (tensor.dims ?? []).map(Number) };
}

/** `float32[batch, 2]`; empty where nothing is known. */
export function typeText(type: ValueType | undefined): string {
  if (!type) return '';
  const shape = type.shape ? `[${type.shape.join(', ')}]` : '[…]';
  return `${type.element === '?' ? '' : type.element}${shape}`;
}

/** `128×64` for an edge, where the room is small; `scalar` for no axes. */
export function shapeText(type: ValueType | undefined): string {
  if (!type?.shape) return '';
  return type.shape.length === 0 ? 'scalar' : type.shape.join('×');
}

/** Operator with its domain, where that is not the standard one. */
export function opName({ opType = '?', domain }: NodeProto): string {
  return domain && domain !== 'ai.onnx' ? `${domain}::${opType}` : opType;
}
