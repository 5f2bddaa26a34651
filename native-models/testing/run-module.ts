/** @file Runs a function of parameters and inputs in the double-precision interpreter, for tests of layers and models. */
import { evaluate, type HostArray } from '../evaluate/evaluate';
import type { Tensors } from '../ir/tensor';
import type { TensorType } from '../ir/types';
import { stream } from '../random/stream';
import { trace } from '../trace/trace';

type Arrays = Readonly<Record<string, HostArray>>;

/** The outputs of `build` on the given arrays, traced and computed in double precision; arrays are float64 unless named in `ids`. */
export function runDouble(
  arrays: Arrays,
  build: (tensors: Tensors) => Tensors,
  ids: readonly string[] = [],
): Record<string, { data: Float64Array; shape: number[] }> {
  const types = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape }]): [string, TensorType] => [
      name,
      { dtype: ids.includes(name) ? 'int32' : 'float64', shape },
    ]),
  );
  return evaluate(trace('test', types, build), arrays);
}

/** Initial values of a module as arrays with their shapes. */
export function startOf(
  module: { parameters: Record<string, TensorType>; initialise(seed: number): Record<string, Float32Array> },
  seed = 1,
): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(module.initialise(seed)).map(([name, data]) => [
      name,
      { data, shape: module.parameters[name]!.shape as readonly number[] },
    ]),
  );
}

/** Standard normal draws from a stream of that name. */
export function normalArray(label: string, ...shape: number[]): { data: Float64Array; shape: number[] } {
  const count = shape.reduce((product, size) => product * size, 1);
  return { data: Float64Array.from(stream(1, label).normal(new Float32Array(count))), shape };
}
