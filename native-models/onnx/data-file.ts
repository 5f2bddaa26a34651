/** @file Where weights lie in a data file beside a model that is not written yet, and the initialisers that say so. */
import { elementBytes, elementsIn, type ElementType } from '../io/elements';
import { elementNumbers } from './element-types';
import type { TensorProto } from './model';

/** A weight by what its place in the file follows from. */
export interface DataFilePart {
  name: string;
  type: ElementType;
  dims: readonly number[];
}

export interface PlacedPart {
  offset: number;
  length: number;
}

/** Values begin at pages, so that a reader can map each tensor into memory. */
const dataFileAlignment = 4096;

/** Offset and length in bytes of every weight, in the order given; the gaps between them are zeros. */
export function placeParts(parts: readonly DataFilePart[]): PlacedPart[] {
  let end = 0;
  return parts.map(({ type, dims }) => {
    const offset = Math.ceil(end / dataFileAlignment) * dataFileAlignment;
    const length = elementsIn(dims) * elementBytes[type];
    end = offset + length;
    return { offset, length };
  });
}

/** Initialisers whose values are in the data file `location` in this order. */
export function externalTensors(parts: readonly DataFilePart[], location: string): TensorProto[] {
  const places = placeParts(parts);
  return parts.map(({ name, type, dims }, k) => ({
    name,
    dims: [...dims],
    dataType: elementNumbers[type],
    dataLocation: 1,
    externalData: Object.entries({ location, ...places[k]! }).map(([key, value]) => ({
      key,
      value: String(value),
    })),
  }));
}
