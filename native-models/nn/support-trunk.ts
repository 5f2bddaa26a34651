/** @file The trunk of networks of queries: layers of one kind, into which the query can enter again at any depth. */
import type { Tensor, Tensors } from '../ir/tensor';
import { float32 } from '../ir/types';
import { add } from '../ops/arithmetic';
import { affine, matmul } from '../ops/linear-algebra';
import { scope } from '../ir/scope';
import { leaky, rectify, type LeakyActivation, type Rectifier } from './convex';
import { module, parameter, type Initial, type Module } from './module';
import { principledStart } from './principled';

export interface TrunkOptions {
  inputs: number;
  outputs: number;
  /** Widths of the hidden layers, at least one. */
  widths: readonly number[];
  /** Whether hidden layers after the first see the input again: all, none, or every m-th (transition i, from 0, where i+1 is a multiple of m). */
  inject: boolean | number;
  activation: LeakyActivation;
  /** How the weights between layers are kept from being negative; without one they are free and the trunk is not convex. */
  rectifier?: Rectifier;
  /** Default true. */
  bias?: boolean;
  /** `principled` keeps variance 1 through non-negative layers; `uniform` is ±1/√fan-in on the free parameters. */
  initialisation: 'principled' | 'uniform';
  /** Root mean square of an input coordinate, for `principled`; default 1. */
  inputDeviation?: number;
}

/** z₁ = φ(W₀x + b₀), zᵢ₊₁ = φ(Aᵢzᵢ + bᵢ [+ Bᵢx]), output = A zₗ + b. */
export interface Trunk extends Module {
  /** x [rows, inputs] gives [rows, outputs]. */
  apply(parameters: Tensors, x: Tensor): Tensor;
  /** What enters each hidden activation, then the output. */
  preActivations(parameters: Tensors, x: Tensor): Tensor[];
}

/** Builds a trunk with parameters `layer1.weight`, `layer2.weight`, `layer2.input.weight`, …, `output.weight`, and biases. */
export function supportTrunk(options: TrunkOptions): Trunk {
  const { activation, rectifier, bias = true } = options;
  const layers = layersOf(options);
  const between = (weight: Tensor) => (rectifier === undefined ? weight : rectify(rectifier, weight));

  function preActivations(parameters: Tensors, x: Tensor): Tensor[] {
    const layer = (name: string, input: Tensor, first: boolean): Tensor =>
      scope(name, () => {
        const free = parameter(parameters, `${name}.weight`);
        const weight = first ? free : between(free);
        return bias ? affine(input, weight, parameter(parameters, `${name}.bias`)) : matmul(input, weight);
      });
    const sums = [layer('layer1', x, true)];
    for (const { name, injected } of layers.slice(1)) {
      const state = scope(`layer${sums.length}`, () => leaky(activation, sums.at(-1)!));
      const sum = layer(name, state, false);
      sums.push(
        injected
          ? scope(name, () => add(sum, matmul(x, parameter(parameters, `${name}.input.weight`))))
          : sum,
      );
    }
    return sums;
  }
  const plain = module(table(options));
  return {
    parameters: plain.parameters,
    initialise: (seed) =>
      options.initialisation === 'uniform'
        ? plain.initialise(seed)
        : principledStart(
            {
              inputs: options.inputs,
              inputDeviation: options.inputDeviation ?? 1,
              layers,
              activation,
              rectifier: rectifier ?? 'identity',
              bias,
            },
            seed,
          ),
    preActivations,
    apply: (parameters, x) => preActivations(parameters, x).at(-1)!,
  };
}

/** Whether transition `index` (from 0, between hidden layers index+1 and index+2) takes the input again. */
function isInjected(inject: boolean | number, index: number): boolean {
  return typeof inject === 'number' ? (index + 1) % inject === 0 : inject;
}

/**
 * The common width of `layers` hidden layers that brings a trunk closest to a number of parameters, a multiple of 4 and
 * at least 4: the root of (L−1)·w² + (inputs + outputs + L + injected·inputs)·w + outputs = parameters.
 */
export function widthForBudget(options: {
  inputs: number;
  outputs: number;
  layers: number;
  inject: boolean | number;
  parameters: number;
}): number {
  const { inputs, outputs, layers, inject, parameters } = options;
  const injections = Array.from({ length: layers - 1 }, (_, index) => isInjected(inject, index));
  const linear = inputs + outputs + layers + injections.filter(Boolean).length * inputs;
  const constantTerm = outputs - parameters;
  const quadratic = layers - 1;
  const width =
    quadratic === 0
      ? -constantTerm / linear
      : (-linear + Math.sqrt(linear * linear - 4 * quadratic * constantTerm)) / (2 * quadratic);
  return Math.max(4, 4 * Math.round(width / 4));
}

function layersOf(
  options: TrunkOptions,
): { name: string; fanIn: number; fanOut: number; injected: boolean }[] {
  const { inputs, outputs, widths, inject } = options;
  return [...widths, outputs].map((fanOut, index) => ({
    name: index === widths.length ? 'output' : `layer${index + 1}`,
    fanIn: index === 0 ? inputs : widths[index - 1]!,
    fanOut,
    injected: index > 0 && index < widths.length && isInjected(inject, index - 1),
  }));
}

function table(options: TrunkOptions): Record<string, Initial> {
  const { inputs, bias = true } = options;
  const result: Record<string, Initial> = {};
  for (const { name, fanIn, fanOut, injected } of layersOf(options)) {
    const limit = 1 / Math.sqrt(fanIn);
    result[`${name}.weight`] = { type: float32(fanIn, fanOut), limit };
    if (bias) result[`${name}.bias`] = { type: float32(fanOut), limit };
    if (injected)
      result[`${name}.input.weight`] = { type: float32(inputs, fanOut), limit: 1 / Math.sqrt(inputs) };
  }
  return result;
}
