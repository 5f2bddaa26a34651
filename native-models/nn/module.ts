/** @file What a module is: named parameter types, and their initial values from named random streams. */
import { MongeError } from '../error';
import type { Tensor, Tensors } from '../ir/tensor';
import { elementCount, type TensorType } from '../ir/types';
import { stream } from '../random/stream';

/** The parameters of a model. It holds no values: functions take records of tensors by parameter name. */
export interface Module {
  readonly parameters: Record<string, TensorType>;
  /** Initial values; each parameter draws from a stream of its own name, so adding one does not change another. */
  initialise(seed: number): Record<string, Float32Array>;
}

/** How one parameter starts: exactly one of these, or 0 everywhere. */
export interface Initial {
  readonly type: TensorType;
  /** Uniform on (-limit, limit). */
  readonly limit?: number;
  /** Normal with mean 0 and this standard deviation. */
  readonly deviation?: number;
  /** One value everywhere. */
  readonly value?: number;
  /** These values, in row-major order. */
  readonly values?: ArrayLike<number>;
}

/** A module from a table of parameters. */
export function module(table: Record<string, Initial>): Module {
  return {
    parameters: Object.fromEntries(Object.entries(table).map(([name, { type }]) => [name, type])),
    initialise: (seed) =>
      Object.fromEntries(Object.entries(table).map(([name, initial]) => [name, draw(seed, name, initial)])),
  };
}

function draw(seed: number, name: string, initial: Initial): Float32Array {
  const { type, limit, deviation, value, values } = initial;
  const data = new Float32Array(elementCount(type.shape, 'initialise'));
  if (values !== undefined) {
    data.set(values);
    return data;
  }
  // Standard draws scaled: the same name and seed give the same noise at every scale.
  const draws = stream(seed, `initialise/${name}`);
  if (limit !== undefined) return draws.uniform(data).map((uniform) => limit * (2 * uniform - 1));
  if (deviation !== undefined) return draws.normal(data).map((normal) => deviation * normal);
  return data.fill(value ?? 0);
}

/** A parameter by name; throws `missing-parameter`. */
export function parameter(parameters: Tensors, name: string): Tensor {
  const tensor = parameters[name];
  if (tensor) return tensor;
  throw new MongeError({
    code: 'missing-parameter',
    what: 'a layer needs a parameter that was not given',
    where: { tensor: name },
    got: Object.keys(parameters).join(' ') || 'none',
  });
}
