/** @file The weights of a fast graph in the order in which they will lie in the file beside it, made one by one when it is written. */
import { WeightBook } from '../weight-book';
import type { WeightSource } from '../weights';

/** Collects weights from a checkpoint of the Llama kind. */
export class WeightList extends WeightBook {
  /** What stands before `embed_tokens.weight` in this checkpoint. */
  readonly root: string;

  constructor(source: WeightSource) {
    super(source);
    this.root = ['model.', ''].find((root) => source.has(`${root}embed_tokens.weight`)) ?? 'model.';
  }

  /** A vector of the checkpoint under its own name. @throws `checkpoint-shape` */
  vector(name: string, size: number): string {
    return this.whole(name, [size]);
  }
}

/** A value that several weights are cut from: made when the first is asked for, forgotten after the last. */
export function madeOnce<T>(uses: number, make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  let left = uses;
  return () => {
    const value = (made ??= make());
    left -= 1;
    if (left === 0) {
      made = null;
      left = uses;
    }
    return value;
  };
}
