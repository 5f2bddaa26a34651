/** @file Where the models of this folder take their weights from: a checkpoint, tensor by tensor, never all at once. */
import type { ElementType } from '../../io/elements';
import type { WeightType } from '../../io/weight-types';

/**
 * The tensors of a checkpoint by the names, shapes and row order that Hugging Face's files have, whatever the file: a
 * GGUF's names are translated and its permuted rows put back by whoever opens it.
 */
export interface WeightSource {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Sizes, the slowest first: [outputs, inputs] of a linear map. @throws `tensor-unknown` */
  shape(name: string): readonly number[];
  /** @throws `tensor-unknown` */
  type(name: string): WeightType;
  /** The bytes as stored, row-major in whole blocks. @throws `tensor-unknown`, and the codes of the file */
  bytes(name: string): Promise<Uint8Array>;
  /** The values. @throws `tensor-unknown`, and the codes of the file */
  float32(name: string): Promise<Float32Array>;
  /**
   * Of files whose heads turn neighbouring units (2i, 2i + 1), not the halves (i, i + width/2): the values of a query's or
   * key's map, or of its bias, with rows in the file's own order. For checks that must not lean on how that order is undone.
   * @throws `tensor-unknown` for other tensors, and the codes of the file
   */
  neighbourRows?(name: string): Promise<Float32Array>;
}

/** A weight of a graph that is made when it is written to the data file beside the model. */
export interface LazyWeight {
  /** Of the initialiser. */
  name: string;
  type: ElementType;
  dims: readonly number[];
  /** Its values, little-endian. */
  bytes(): Promise<Uint8Array>;
}
