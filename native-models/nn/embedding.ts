/** @file Embeddings: a learned vector for every id. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { gather } from '../ops/indexing';
import { scope } from '../ir/scope';
import { lastPart } from './linear';
import { parameter, type Initial } from './module';

/** The table `name.weight` [count, width], normal with the given standard deviation (default 0.02). */
export function embeddingParameters(
  name: string,
  count: number,
  width: number,
  deviation = 0.02,
): Record<string, Initial> {
  return { [`${name}.weight`]: { type: float32(count, width), deviation } };
}

/** The vectors of int32 ids [...]: [..., width]. An id outside the table is an error when the model runs. */
export function embedding(parameters: Tensors, name: string, ids: Tensor): Tensor {
  return scope(lastPart(name), () => gather(parameter(parameters, `${name}.weight`), ids, 0));
}
