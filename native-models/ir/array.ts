/** @file Plain row-major arrays in double precision, on which the reference implementations work. */

export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Fills a new array from a function of the index vector. The vector is reused: read it, do not keep it. */
export function fillArray(shape: readonly number[], value: (index: readonly number[]) => number): NdArray {
  const data = new Float64Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let flat = 0; flat < data.length; flat++) {
    data[flat] = value(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The element at an index vector, with NumPy broadcasting: leading axes may be missing, size-1 axes repeat. */
export function elementAt(array: NdArray, index: readonly number[]): number {
  let flat = 0;
  const skipped = index.length - array.shape.length;
  for (let axis = 0; axis < array.shape.length; axis++) {
    const size = array.shape[axis]!;
    flat = flat * size + (size === 1 ? 0 : index[axis + skipped]!);
  }
  return array.data[flat]!;
}

/** Where an element lies in the data of an array of this shape. */
export function flatIndex(shape: readonly number[], index: readonly number[]): number {
  return index.reduce((flat, at, axis) => flat * shape[axis]! + at, 0);
}
