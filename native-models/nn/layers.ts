/** @file Activations by name, Fourier time features, and multi-layer perceptrons. */
import type { Tensor, Tensors } from '../ir/tensor';
import { multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { cos, relu, sigmoid, sin, softplus, tanh } from '../ops/functions';
import { gelu, silu } from '../ops/gated';
import { concat } from '../ops/movement';
import { scope } from '../ir/scope';
import { linear, linearParameters } from './linear';
import { module, type Initial, type Module } from './module';
import type { Tap } from './tap';

/** Activations by the names that configurations use. */
export const activations = { silu, gelu, relu, tanh, sigmoid, softplus } as const;
export type Activation = keyof typeof activations;

/**
 * Sine and cosine of π·k·t for k = 1 … frequencies: t [rows, 1] gives [rows, 2·frequencies], sines first.
 * Half periods, so that t = 0 and t = 1 differ.
 */
export function fourierTimeFeatures(t: Tensor, frequencies: number): Tensor {
  return scope('timeFeatures', () => {
    const rates = Float64Array.from({ length: frequencies }, (_, k) => Math.PI * (k + 1));
    const angles = multiply(t, constant(rates, [1, frequencies], t.dtype));
    return concat([sin(angles), cos(angles)], 1);
  });
}

export interface MlpOptions {
  inputs: number;
  outputs: number;
  /** Width of the hidden layers. */
  hidden: number;
  /** Number of hidden layers. */
  layers: number;
  activation: Activation;
}

/** A multi-layer perceptron: `layers` hidden layers of one width, then a linear output. Applies to [rows, inputs]. */
export function mlp(
  options: MlpOptions,
): Module & { apply(parameters: Tensors, x: Tensor, tap?: Tap): Tensor } {
  const { inputs, outputs, hidden, layers, activation } = options;
  const table: Record<string, Initial> = {};
  for (let layer = 0; layer < layers; layer++)
    Object.assign(table, linearParameters(`layer${layer + 1}`, layer === 0 ? inputs : hidden, hidden));
  Object.assign(table, linearParameters('output', layers === 0 ? inputs : hidden, outputs));
  return {
    ...module(table),
    apply(parameters, x, tap) {
      let state = x;
      for (let layer = 0; layer < layers; layer++) {
        const before = linear(parameters, `layer${layer + 1}`, state);
        state = scope(`layer${layer + 1}`, () => activations[activation](before));
        tap?.('mlp_act', String(layer), state);
      }
      return linear(parameters, 'output', state);
    },
  };
}

export interface VelocityMlpOptions {
  /** Coordinates of a point. */
  dimension: number;
  hidden: number;
  /** Number of hidden layers. */
  layers: number;
  /** Pairs of Fourier time features. */
  frequencies: number;
  activation: Activation;
}

/** A velocity field v(t, x): a perceptron of the point and Fourier features of the time. */
export function velocityMlp(
  options: VelocityMlpOptions,
): Module & { apply(parameters: Tensors, x: Tensor, t: Tensor, tap?: Tap): Tensor } {
  const { dimension, frequencies, ...rest } = options;
  const network = mlp({ ...rest, inputs: dimension + 2 * frequencies, outputs: dimension });
  return {
    parameters: network.parameters,
    initialise: (seed) => network.initialise(seed),
    /** x [rows, dimension] and t [rows, 1] give velocities [rows, dimension]. */
    apply(parameters, x, t, tap) {
      const features = frequencies === 0 ? x : concat([x, fourierTimeFeatures(t, frequencies)], 1);
      return network.apply(parameters, features, tap);
    },
  };
}
