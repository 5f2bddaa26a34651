/** @file The weights of a fast graph in the order in which they will lie in the file beside it, made one by one when it is written. */
import { MongeError } from '../../../error';
import type { ElementType } from '../../../io/elements';
import type { LazyWeight, WeightSource } from '../weights';

/** Collects weights from a checkpoint; one that is added a second time is the first. */
export class WeightList {
  readonly weights: LazyWeight[] = [];
  readonly source: WeightSource;
  /** What stands before `embed_tokens.weight` in this checkpoint. */
  readonly root: string;
  /** Whether values were rounded to 8 bits that the checkpoint has otherwise. */
  requantised = false;
  readonly #names = new Set<string>();

  constructor(source: WeightSource) {
    this.source = source;
    this.root = ['model.', ''].find((root) => source.has(`${root}embed_tokens.weight`)) ?? 'model.';
  }

  add(name: string, type: ElementType, dims: readonly number[], bytes: () => Promise<Uint8Array>): string {
    if (!this.#names.has(name)) this.weights.push({ name, type, dims, bytes });
    this.#names.add(name);
    return name;
  }

  /** A vector of the checkpoint under its own name. @throws `checkpoint-shape` */
  vector(name: string, size: number): string {
    this.check(name, [size]);
    return this.add(name, 'float32', [size], async () => bytesOf(await this.source.float32(name)));
  }

  /** @throws `checkpoint-shape` where a tensor is missing or of another shape */
  check(tensor: string, dims: readonly number[]): void {
    const got = this.source.has(tensor) ? this.source.shape(tensor) : null;
    if (got?.length === dims.length && got.every((size, axis) => size === dims[axis])) return;
    throw new MongeError({
      code: 'checkpoint-shape',
      blame: 'input',
      what: got
        ? 'a weight does not have the shape that the configuration asks for'
        : 'the checkpoint lacks a weight that the configuration asks for',
      where: { tensor },
      got: got ? `[${got.join(', ')}]` : 'no such tensor',
      expected: `[${dims.join(', ')}]`,
    });
  }
}

/** The bytes of numbers, without a copy. */
export function bytesOf(data: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
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
