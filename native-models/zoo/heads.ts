/** @file Multi-layer perceptrons for regression and classification: one trunk, five kinds of head with their losses. */
import type { HostArray } from '../evaluate/evaluate';
import type { Tensor, Tensors } from '../ir/tensor';
import { float32, int32 } from '../ir/types';
import {
  gaussianHead,
  mixtureHead,
  quantileHead,
  type Covariance,
  type Gaussian,
  type Mixture,
} from '../nn/heads';
import { mlp, type Activation } from '../nn/layers';
import { crossEntropy, gaussianNll, meanSquaredError, mixtureNll, pinball } from '../nn/losses';
import type { Module } from '../nn/module';
import { exp, negate } from '../ops/functions';
import { softmax } from '../ops/softmax';
import { stream } from '../random/stream';
import type { ZooCase } from './case';

export type HeadKind =
  | { kind: 'mean' }
  | { kind: 'gaussian'; covariance: Covariance }
  | { kind: 'mixture'; covariance: Covariance; components: number }
  | { kind: 'quantile'; levels: readonly number[] }
  | { kind: 'classifier' };

export interface HeadNetworkOptions {
  inputs: number;
  /** Coordinates of the target; for a classifier the number of classes. */
  dimension: number;
  hidden: number;
  /** Number of hidden layers. */
  layers: number;
  activation: Activation;
  head: HeadKind;
}

/** A perceptron with a head. */
export interface HeadNetwork extends Module {
  /** x [rows, inputs] gives the loss against y: [rows, dimension], or int32 labels [rows] for a classifier. */
  loss(parameters: Tensors, x: Tensor, y: Tensor): Tensor;
  /** What the network says of x [rows, inputs], by name and in plain quantities. */
  predict(parameters: Tensors, x: Tensor): Tensors;
}

/** Builds the network of a head. */
export function headNetwork(options: HeadNetworkOptions): HeadNetwork {
  const { dimension, head, ...trunk } = options;
  const reader = readerOf(head, dimension);
  const network = mlp({ ...trunk, outputs: reader.width });
  return {
    parameters: network.parameters,
    initialise: (seed) => network.initialise(seed),
    loss: (parameters, x, y) => reader.loss(network.apply(parameters, x), y),
    predict: (parameters, x) => reader.predict(network.apply(parameters, x)),
  };
}

interface Reader {
  width: number;
  loss(raw: Tensor, y: Tensor): Tensor;
  predict(raw: Tensor): Tensors;
}

function readerOf(head: HeadKind, dimension: number): Reader {
  switch (head.kind) {
    case 'mean':
      return { width: dimension, loss: meanSquaredError, predict: (raw) => ({ mean: raw }) };
    case 'gaussian': {
      const { width, read } = gaussianHead({ dimension, covariance: head.covariance });
      return {
        width,
        loss: (raw, y) => gaussianNll(read(raw), y),
        predict: (raw) => named(read(raw)),
      };
    }
    case 'mixture': {
      const { width, read } = mixtureHead({ ...head, dimension });
      return {
        width,
        loss: (raw, y) => mixtureNll(read(raw), y),
        predict(raw) {
          const mixture: Mixture = read(raw);
          return { weights: softmax(mixture.logits), ...named(mixture.components) };
        },
      };
    }
    case 'quantile': {
      const { width, read } = quantileHead({ dimension, levels: head.levels });
      return {
        width,
        loss: (raw, y) => pinball(read(raw), y, head.levels),
        predict: (raw) => ({ quantiles: read(raw) }),
      };
    }
    case 'classifier':
      return {
        width: dimension,
        loss: (raw, labels) => crossEntropy(raw, labels),
        predict: (raw) => ({ logits: raw, probabilities: softmax(raw) }),
      };
  }
}

/** `mean`, `precision` (the squared diagonal of the whitening matrix) and, with correlations, its `lower` part. */
function named({ mean, logVariance, lower }: Gaussian): Tensors {
  const plain = { mean, precision: exp(negate(logVariance)) };
  return lower ? { ...plain, lower } : plain;
}

/** The case of a head and a size, on a noisy curve; named `mlp-` and the kind. */
export function headCase(options: HeadNetworkOptions & { batchSize: number }): ZooCase {
  const { batchSize, inputs, dimension, head } = options;
  const network = headNetwork(options);
  const classifier = head.kind === 'classifier';
  return {
    name: `mlp-${head.kind}`,
    module: network,
    stream: {
      x: float32(batchSize, inputs),
      y: classifier ? int32(batchSize) : float32(batchSize, dimension),
    },
    loss: (parameters, { x, y }) => network.loss(parameters, x!, y!),
    batch(seed, step): Record<string, HostArray> {
      const x = stream(seed, 'heads.input', step).normal(new Float32Array(batchSize * inputs));
      const shape = [batchSize, inputs];
      if (classifier) {
        const labels = Int32Array.from({ length: batchSize }, (_, row) =>
          Math.min(dimension - 1, Math.floor(Math.abs(x[row * inputs]!))),
        );
        return { x: { data: x, shape }, y: { data: labels, shape: [batchSize] } };
      }
      const y = stream(seed, 'heads.noise', step)
        .normal(new Float32Array(batchSize * dimension))
        .map(
          (noise, index) =>
            Math.sin(x[Math.floor(index / dimension) * inputs]! + (index % dimension)) + 0.2 * noise,
        );
      return { x: { data: x, shape }, y: { data: y, shape: [batchSize, dimension] } };
    },
    inference: {
      inputs: { x: float32('batch', inputs) },
      build: (parameters, { x }) => network.predict(parameters, x!),
    },
  };
}
