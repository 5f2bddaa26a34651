/** @file KeyNet: a network that maps a query straight to its best key, one per head (arXiv 2603.08001). */
import type { Tensor, Tensors } from '../ir/tensor';
import { softLeaky, type LeakyActivation } from '../nn/convex';
import type { Module } from '../nn/module';
import { supportTrunk, type TrunkOptions } from '../nn/support-trunk';
import { add, multiply } from '../ops/arithmetic';
import { reshape } from '../ops/movement';
import { reduceSum } from '../ops/reduction';
import { scope } from '../ir/scope';
import type { ZooCase } from './case';
import { mipsCase, type MipsSizes } from './mips-case';
import type { KeyPrediction } from './support-net';

export interface KeyNetOptions {
  dimension: number;
  /** c: one key per cluster of keys; 1 for a searcher. */
  heads: number;
  widths: readonly number[];
  inject: boolean | number;
  /** Predict key − query instead of the key: y = x + net(x). */
  residual: boolean;
  /** Default `softLeaky`. */
  activation?: LeakyActivation;
  /** Default `uniform`. */
  initialisation?: TrunkOptions['initialisation'];
}

export interface KeyNet extends Module {
  predict(parameters: Tensors, x: Tensor): KeyPrediction;
}

/** Builds a KeyNet. The score of a head is the inner product of query and key. */
export function keyNet(options: KeyNetOptions): KeyNet {
  const { dimension, heads, widths, inject, residual } = options;
  const trunk = supportTrunk({
    inputs: dimension,
    outputs: heads * dimension,
    widths,
    inject,
    activation: options.activation ?? softLeaky,
    initialisation: options.initialisation ?? 'uniform',
  });
  return {
    parameters: trunk.parameters,
    initialise: (seed) => trunk.initialise(seed),
    predict(parameters, x) {
      const output = trunk.apply(parameters, x);
      return scope('key', () => {
        const rows = x.shape[0]!;
        const query = reshape(x, [rows, 1, dimension]);
        const mapped = reshape(output, [rows, heads, dimension]);
        const key = residual ? add(query, mapped) : mapped;
        return { score: reduceSum(multiply(query, key), -1), key };
      });
    },
  };
}

/** The case of one size. */
export function keyCase(name: string, options: KeyNetOptions & MipsSizes): ZooCase {
  return mipsCase(name, keyNet(options), options);
}
