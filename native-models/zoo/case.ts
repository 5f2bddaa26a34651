/** @file A zoo model at one size as everything that can be done with it: train it on made-up batches, and export it. */
import type { HostArray } from '../evaluate/evaluate';
import type { Tensor, Tensors } from '../ir/tensor';
import type { TensorType } from '../ir/types';
import type { Module } from '../nn/module';

/**
 * One model of the zoo at one size. The same case serves the comparison with PyTorch, the tests of determinism, WebGPU
 * and export, and the benchmarks.
 */
export interface ZooCase {
  readonly name: string;
  readonly module: Module;
  /** The tensors of one training step. */
  readonly stream: Readonly<Record<string, TensorType>>;
  /** The training loss of a batch, a scalar. */
  loss(parameters: Tensors, batch: Tensors): Tensor;
  /** A made-up batch, a function of seed and step alone. */
  batch(seed: number, step: number): Record<string, HostArray>;
  /** The exported model: inputs with an open batch size where the model allows it, and outputs by name. */
  readonly inference: {
    readonly inputs: Readonly<Record<string, TensorType>>;
    build(parameters: Tensors, inputs: Tensors): Tensors;
  };
}
