/** @file A velocity MLP on points, trained by flow matching on straight paths between two clouds (Lipman et al. 2023). */
import { float32 } from '../ir/types';
import { velocityMlp, type VelocityMlpOptions } from '../nn/layers';
import { meanSquaredError } from '../nn/losses';
import { add, multiply, subtract } from '../ops/arithmetic';
import { scope } from '../ir/scope';
import { stream } from '../random/stream';
import type { ZooCase } from './case';

/** The case of one size. The loss is E‖v(t, x_t) − (x₁−x₀)‖² per coordinate with x_t = (1−t)·x₀ + t·x₁. */
export function velocityCase(options: VelocityMlpOptions & { batchSize: number }): ZooCase {
  const { batchSize, dimension } = options;
  const network = velocityMlp(options);
  return {
    name: 'velocity-mlp',
    module: network,
    stream: {
      x0: float32(batchSize, dimension),
      x1: float32(batchSize, dimension),
      t: float32(batchSize, 1),
    },
    loss: (parameters, { x0, x1, t }) => {
      const target = subtract(x1!, x0!);
      const between = scope('path', () => add(x0!, multiply(t!, target)));
      return meanSquaredError(network.apply(parameters, between, t!), target);
    },
    batch: (seed, step) => ({
      x0: {
        data: stream(seed, 'velocity.x0', step).normal(new Float32Array(batchSize * dimension)),
        shape: [batchSize, dimension],
      },
      x1: {
        data: stream(seed, 'velocity.x1', step)
          .normal(new Float32Array(batchSize * dimension))
          .map((value) => 0.5 * value + 1),
        shape: [batchSize, dimension],
      },
      t: {
        data: stream(seed, 'velocity.time', step).uniform(new Float32Array(batchSize)),
        shape: [batchSize, 1],
      },
    }),
    inference: {
      inputs: { x: float32('batch', dimension), t: float32('batch', 1) },
      build: (parameters, { x, t }) => ({ velocity: network.apply(parameters, x!, t!) }),
    },
  };
}
