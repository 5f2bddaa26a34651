/** @file Which trials are the good ones: complete ones by value, then pruned ones by how far they came and their last value. */
import { RowList } from './members';

/** Rows are numbers of a table in the order in which trials were handed out. */
export class Ranking {
  readonly #list = new RowList();
  readonly #scores = new Map<number, readonly [stage: number, value: number]>();

  /** Trials that have a rank. */
  get size(): number {
    return this.#list.length;
  }

  /** `steps` is null for a complete trial; of a pruned one the last step with a value, -1 without. */
  add(row: number, value: number, steps: number | null): void {
    // Complete ones first; then the further a pruned one came the better.
    const stage = steps === null ? -Infinity : -steps;
    this.#scores.set(row, [stage, Number.isNaN(value) ? Infinity : value]);
    this.#list.insert(this.#find(row), row);
  }

  remove(row: number): void {
    if (!this.#scores.has(row)) return;
    this.#list.remove(this.#find(row));
    this.#scores.delete(row);
  }

  /** The best tenth, at most 25 (Optuna's gamma). */
  good(): Int32Array {
    return this.#list.rows.slice(0, goodCount(this.size));
  }

  #find(row: number): number {
    const [stage, value] = this.#scores.get(row)!;
    return this.#list.find((other) => {
      const [otherStage, otherValue] = this.#scores.get(other)!;
      if (otherStage !== stage) return otherStage < stage;
      return otherValue === value ? other < row : otherValue < value;
    });
  }
}

/** How many of n finished trials are called good. */
export function goodCount(n: number): number {
  return Math.min(Math.ceil(0.1 * n), 25);
}
