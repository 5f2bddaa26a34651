/** @file Made-up queries with their best keys, and the training of SupportNet and KeyNet on them. */
import type { HostArray } from '../evaluate/evaluate';
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { supportLoss } from '../nn/losses';
import type { Module } from '../nn/module';
import { stream } from '../random/stream';
import type { ZooCase } from './case';
import type { KeyPrediction } from './support-net';

export interface MipsSizes {
  batchSize: number;
  dimension: number;
  heads: number;
}

interface KeyModel extends Module {
  predict(parameters: Tensors, x: Tensor): KeyPrediction;
}

/** Keys per head of the made-up data. */
const KEYS = 6;

/** A case of a model that predicts scores and keys. The targets are each head's best key for the query. */
export function mipsCase(name: string, model: KeyModel, { batchSize, dimension, heads }: MipsSizes): ZooCase {
  return {
    name,
    module: model,
    stream: { x: float32(batchSize, dimension), key: float32(batchSize, heads, dimension) },
    loss: (parameters, { x, key }) => supportLoss(model.predict(parameters, x!), x!, key!),
    batch(seed, step): Record<string, HostArray> {
      const keys = stream(seed, 'mips.keys').normal(new Float32Array(heads * KEYS * dimension));
      const x = stream(seed, 'mips.query', step).normal(new Float32Array(batchSize * dimension));
      const best = new Float32Array(batchSize * heads * dimension);
      for (let row = 0; row < batchSize; row++) {
        const query = x.subarray(row * dimension, (row + 1) * dimension);
        const length = Math.hypot(...query);
        query.forEach((value, at) => (query[at] = value / length));
        for (let head = 0; head < heads; head++) {
          const own = Array.from({ length: KEYS }, (_, index) =>
            keys.subarray((head * KEYS + index) * dimension, (head * KEYS + index + 1) * dimension),
          );
          const score = (key: Float32Array) => key.reduce((sum, value, at) => sum + value * query[at]!, 0);
          const winner = own.reduce((left, right) => (score(right) > score(left) ? right : left));
          best.set(winner, (row * heads + head) * dimension);
        }
      }
      return {
        x: { data: x, shape: [batchSize, dimension] },
        key: { data: best, shape: [batchSize, heads, dimension] },
      };
    },
    inference: {
      inputs: { x: float32('batch', dimension) },
      build: (parameters, { x }) => ({ ...model.predict(parameters, x!) }),
    },
  };
}
