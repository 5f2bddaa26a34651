/** @file The base model of a classification: a perceptron that gives every class a probability. */
import { constant, float32, toOnnx, trace, type Tensor } from '../../../../native-models';
import type { Compute } from '../../../contract/compute';
import type { Rows } from '../../../tables/rows';
import type { Arrays } from '../../../contract/define';
import type { FitContext } from '../types';
import { networkOf } from './networks';
import { trainNetwork, type TrainingConfig } from './train-network';

/** Trains on rows whose y [rows, 1] is the class; null when stopped. Throws `model-diverged`. */
export async function fitClassifier(
  context: FitContext,
  config: TrainingConfig,
  train: Rows,
  classes: number,
): Promise<Arrays | null> {
  return trainNetwork(context, config, {
    ...{ kind: 'classifier', label: 'classes' },
    ...{ rows: train, dimension: classes },
  });
}

export interface OpenClassifier {
  /** [rows, classes], each row summing to 1. */
  probabilities(rows: Pick<Rows, 'count' | 'x'>): Promise<Float32Array>;
  /** The same inside a program, from standardised features [rows, features]. */
  build(x: Tensor): Tensor;
  close(): Promise<void>;
}

/** Opens what `fitClassifier` trained with the same settings. */
export async function openClassifier(
  compute: Compute,
  config: TrainingConfig,
  { features, classes }: { features: number; classes: number },
  arrays: Arrays,
): Promise<OpenClassifier> {
  const network = networkOf('classifier', config, features, classes);
  const build = (x: Tensor) => {
    const weights = Object.entries(arrays).map(([name, { data, shape }]) => [
      name,
      constant(data, shape, 'float32'),
    ]);
    return network.predict(Object.fromEntries(weights) as Record<string, Tensor>, x).probabilities!;
  };
  const graph = trace('classifier', { x: float32('rows', features) }, ({ x }) => ({
    probabilities: build(x!),
  }));
  const session = await compute.open(toOnnx(graph), { device: 'cpu', label: 'classifier' });
  return {
    build,
    async probabilities({ x, count }) {
      const result = await session.run({ x: { type: 'float32', data: x, dims: [count, features] } });
      return result.probabilities!.data as Float32Array;
    },
    close: () => session.close(),
  };
}
