/** @file The weights that a graph takes from a checkpoint: checked by shape when they are named, read when they are written. */
import { MongeError } from '../../error';
import type { LazyWeight, WeightSource } from './weights';

/** Collects weights under the names of their initialisers. */
export class WeightBook {
  readonly #weights = new Map<string, LazyWeight>();
  /** The matrix read last: parts of one are written one after the other. */
  #last: { name: string; values: Promise<Float32Array> } | null = null;

  constructor(readonly source: WeightSource) {}

  /** What was taken, in the order in which it was. */
  get weights(): LazyWeight[] {
    return [...this.#weights.values()];
  }

  /** The bytes of a weight that was taken, by its name. @throws the codes of the checkpoint */
  read(name: string): Promise<Uint8Array> {
    return this.#weights.get(name)!.bytes();
  }

  /** A tensor as it is. @throws `checkpoint-shape` where it is missing or of another shape */
  whole(tensor: string, dims: readonly number[]): string {
    this.#check(tensor, dims);
    return this.#add(tensor, dims, () => this.source.float32(tensor));
  }

  /**
   * A part or a changed form of a tensor, named `tensor:part`. @throws `checkpoint-shape` as `whole` does, about the tensor
   */
  made(
    tensor: string,
    part: string,
    stored: readonly number[],
    dims: readonly number[],
    make: (values: Float32Array) => Float32Array,
  ): string {
    this.#check(tensor, stored);
    return this.#add(`${tensor}:${part}`, dims, async () => {
      if (stored.length < 2) return make(await this.source.float32(tensor));
      if (this.#last?.name !== tensor) this.#last = { name: tensor, values: this.source.float32(tensor) };
      return make(await this.#last.values);
    });
  }

  /** Rows `from` to `to` of a matrix, or values of a vector. @throws `checkpoint-shape` */
  rows(tensor: string, part: string, stored: readonly number[], from: number, to: number): string {
    const row = stored.slice(1).reduce((product, size) => product * size, 1);
    const dims = [to - from, ...stored.slice(1)];
    return this.made(tensor, part, stored, dims, (values) => values.slice(from * row, to * row));
  }

  #add(name: string, dims: readonly number[], read: () => Promise<Float32Array>): string {
    if (!this.#weights.has(name))
      this.#weights.set(name, {
        name,
        type: 'float32',
        dims,
        bytes: async () => {
          const { buffer, byteOffset, byteLength } = await read();
          return new Uint8Array(buffer, byteOffset, byteLength);
        },
      });
    return name;
  }

  #check(tensor: string, dims: readonly number[]): void {
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
