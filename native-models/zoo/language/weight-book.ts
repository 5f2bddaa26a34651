/** @file The weights that a graph takes from a checkpoint: checked by shape when they are named, read when they are written. */
import { MongeError } from '../../error';
import type { ElementType } from '../../io/elements';
import type { LazyWeight, WeightSource } from './weights';

/** A part of one matrix of the checkpoint: all of its rows, or some of them. */
export interface MatrixRows {
  name: string;
  /** From and to, not included; default: all. */
  rows?: readonly [number, number];
}

/** Collects weights under the names of their initialisers; one that is added a second time is the first. */
export class WeightBook {
  /** Whether values were rounded to 8 bits that the checkpoint has otherwise. */
  requantised = false;
  readonly #weights = new Map<string, LazyWeight>();
  readonly #matrices = new Map<string, MatrixRows>();
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
    this.check(tensor, dims);
    this.#matrices.set(tensor, { name: tensor });
    return this.#addFloats(tensor, dims, () => this.source.float32(tensor));
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
    this.check(tensor, stored);
    return this.#addFloats(`${tensor}:${part}`, dims, async () => {
      if (stored.length < 2) return make(await this.source.float32(tensor));
      if (this.#last?.name !== tensor) this.#last = { name: tensor, values: this.source.float32(tensor) };
      return make(await this.#last.values);
    });
  }

  /** Rows `from` to `to` of a matrix, or values of a vector. @throws `checkpoint-shape` */
  rows(tensor: string, part: string, stored: readonly number[], from: number, to: number): string {
    const row = stored.slice(1).reduce((product, size) => product * size, 1);
    const dims = [to - from, ...stored.slice(1)];
    const name = this.made(tensor, part, stored, dims, (values) => values.slice(from * row, to * row));
    this.#matrices.set(name, { name: tensor, rows: [from, to] });
    return name;
  }

  /** Which rows of the checkpoint a weight is, as they are; null where it was turned round or put together otherwise. */
  rowsOf(name: string): MatrixRows | null {
    return this.#matrices.get(name) ?? null;
  }

  /** A weight in a form of its own, made when it is written. */
  add(name: string, type: ElementType, dims: readonly number[], bytes: () => Promise<Uint8Array>): string {
    if (!this.#weights.has(name)) this.#weights.set(name, { name, type, dims, bytes });
    return name;
  }

  #addFloats(name: string, dims: readonly number[], read: () => Promise<Float32Array>): string {
    return this.add(name, 'float32', dims, async () => bytesOf(await read()));
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
