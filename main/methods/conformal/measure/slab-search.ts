/** @file Looks along directions for the slab with the smallest share of hits. */
import { leastSegment } from './least-segment';

export interface Slab {
  direction: Float64Array;
  low: number;
  high: number;
  /** Share of hits among the rows that it was chosen on. */
  coverage: number;
}

/** Looks at one direction for several sets of hits at once: rows are sorted only once. `found` is the best so far of each. */
export class SlabSearch {
  readonly found: (Slab | undefined)[] = [];
  readonly #projections: Float64Array;
  readonly #order: Uint32Array;
  readonly #counts: Int32Array;
  readonly #sums: Int32Array;
  readonly #hull: Int32Array;

  constructor(
    readonly x: Float32Array,
    readonly features: number,
    readonly rows: Int32Array,
    readonly least: number,
  ) {
    this.#projections = new Float64Array(rows.length);
    this.#order = new Uint32Array(rows.length);
    this.#counts = new Int32Array(rows.length + 1);
    this.#sums = new Int32Array(rows.length + 1);
    this.#hull = new Int32Array(rows.length + 1);
  }

  look(direction: Float64Array, sets: readonly Uint8Array[]): void {
    const { rows } = this;
    const projections = this.#projections;
    for (let index = 0; index < rows.length; index++) {
      projections[index] = projectRows(this.x, this.features, rows[index]!, direction);
      this.#order[index] = index;
    }
    const order = this.#order.sort((a, b) => projections[a]! - projections[b]!);
    // A slab holds all rows of one projection or none: borders lie between different values only.
    let borders = 1;
    for (let index = 1; index <= order.length; index++)
      if (index === order.length || projections[order[index]!] !== projections[order[index - 1]!])
        this.#counts[borders++] = index;
    for (const [which, hits] of sets.entries()) {
      for (let border = 1, index = 0, sum = 0; border < borders; border++) {
        for (; index < this.#counts[border]!; index++) sum += hits[rows[order[index]!]!]!;
        this.#sums[border] = sum;
      }
      const segment = leastSegment(this.#counts, this.#sums, borders, this.least, this.#hull);
      if (!segment) continue;
      const coverage = segment.hits / segment.count;
      if (coverage >= (this.found[which]?.coverage ?? Infinity)) continue;
      this.found[which] = {
        direction: Float64Array.from(direction),
        low: projections[order[this.#counts[segment.from]!]!]!,
        high: projections[order[this.#counts[segment.to]! - 1]!]!,
        coverage,
      };
    }
  }
}

/** direction·x of one row of x [rows, features]. */
export function projectRows(x: Float32Array, features: number, row: number, direction: Float64Array): number {
  let sum = 0;
  for (let k = 0, at = row * features; k < features; k++, at++) sum += x[at]! * direction[k]!;
  return sum;
}
