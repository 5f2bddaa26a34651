/** @file The classifier whose errors are bounded: a perceptron, opened to give probabilities in double precision. */
import { float32, inferenceModel } from '../../../../native-models';
import { runRows } from '../../../compute/run-rows';
import type { Compute, Device } from '../../../contract/compute';
import type { ConformalConfig } from '../config';
import { networkOf } from '../models/networks';
import type { Rows } from '../../../tables/encode';
import type { Arrays } from '../../../contract/define';

const ROWS_PER_RUN = 4096;

/** Opens what `trainNetwork` gave of kind `classifier`; `config` must have the same sizes. Close it. */
export async function openClassifier(
  compute: Compute,
  config: ConformalConfig,
  { features, classes }: { features: number; classes: number },
  arrays: Arrays,
  device: Device = 'auto',
) {
  const network = networkOf('classifier', config, features, classes);
  const model = inferenceModel({
    name: 'classifier',
    parameters: arrays as Record<string, { data: Float32Array; shape: readonly number[] }>,
    inputs: { x: float32('rows', features) },
    build: (parameters, { x }) => ({ logits: network.predict(parameters, x!).logits! }),
  });
  const session = await compute.open(model, { device, label: 'classifier' });
  return {
    /** [rows, classes] of standardised features; each row sums to 1. */
    async probabilities({ count, x }: Pick<Rows, 'count' | 'x'>): Promise<Float64Array> {
      const { logits } = await runRows(session, { x: { data: x, shape: [count, features] } }, ROWS_PER_RUN);
      return softmaxRows(logits?.data ?? [], classes);
    },
    close: () => session.close(),
  };
}

/** [rows, classes] in double precision: in single precision sure predictions would all be 1, and tied. */
export function softmaxRows(logits: ArrayLike<number>, classes: number): Float64Array {
  const out = Float64Array.from(logits);
  for (let at = 0; at < out.length; at += classes) {
    const row = out.subarray(at, at + classes);
    const largest = Math.max(...row);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += row[k] = Math.exp(row[k]! - largest);
    for (let k = 0; k < classes; k++) row[k]! /= sum;
  }
  return out;
}

/** The most likely class of each row; the first of equals. */
export function likeliest(probabilities: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++)
      if (probabilities[row * classes + k]! > probabilities[row * classes + best]!) best = k;
    return best;
  });
}
