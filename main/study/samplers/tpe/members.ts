/** @file Rows of a table in order: by their number, and along each axis, kept in order as rows come and go. */

/** Row numbers in a list that grows; where they stand is given by whoever orders them. */
export class RowList {
  rows = new Int32Array(16);
  length = 0;

  insert(at: number, row: number): void {
    if (this.length === this.rows.length) {
      const longer = new Int32Array(2 * this.length);
      longer.set(this.rows);
      this.rows = longer;
    }
    this.rows.copyWithin(at + 1, at, this.length);
    this.rows[at] = row;
    this.length++;
  }

  remove(at: number): void {
    this.rows.copyWithin(at, at + 1, this.length);
    this.length--;
  }

  /** The first place whose row does not come before, in a list in that order. */
  find(before: (row: number) => boolean): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.rows[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The same numbers in an array with room for at least `size`. */
export function grown(array: Float64Array, size: number): Float64Array {
  if (size <= array.length) return array;
  const longer = new Float64Array(Math.max(16, size, 2 * array.length));
  longer.set(array);
  return longer;
}
