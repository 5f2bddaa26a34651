/** @file Zoo models against PyTorch: reads a fixture made by bench/reference/zoo and holds losses and gradients to it. */
import { readFileSync } from 'node:fs';
import { gradient } from '../autodiff/gradient';
import { evaluate, type HostArray } from '../evaluate/evaluate';
import type { Graph } from '../ir/graph';
import type { DType, TensorType } from '../ir/types';
import type { StoredArray } from '../io/elements';
import { decodeSafetensors } from '../io/safetensors';
import { trace } from '../trace/trace';
import type { ZooCase } from '../zoo/case';
import { expectClose } from './expect-close';

export interface ParityFixture {
  readonly parameters: Record<string, HostArray>;
  /** Gradients of the loss on batch 0 at the start. */
  readonly gradients: Record<string, HostArray>;
  readonly loss: number;
  /** Losses before each step of AdamW with `PARITY_HYPER`. */
  readonly losses: Float64Array;
  /** The batch of a step; a few batches are used in turn. */
  batch(step: number): Record<string, HostArray>;
}

/** The optimiser of the recorded loss curves. */
export const PARITY_HYPER: Readonly<Record<string, number>> = {
  learningRate: 1e-2,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
};

/** Largest relative difference from PyTorch in single and in double precision. */
export const PARITY_TOLERANCE = { float32: 1e-4, float64: 1e-8 } as const;

/** Reads native-models/zoo/fixtures/<name>.safetensors. */
export function loadFixture(name: string): ParityFixture {
  const file = new URL(`../zoo/fixtures/${name}.safetensors`, import.meta.url);
  const { arrays } = decodeSafetensors(readFileSync(file), file.pathname);
  const part = (prefix: string): Record<string, HostArray> =>
    Object.fromEntries(
      Object.entries(arrays).flatMap(([key, array]) =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), fixtureArray(array)]] : [],
      ),
    );
  const batches = part('batch/');
  return {
    parameters: part('parameter/'),
    gradients: part('gradient/'),
    loss: Number(arrays.loss!.data[0]),
    losses: Float64Array.from(fixtureArray(arrays.losses!).data),
    batch: (step) =>
      Object.fromEntries(
        Object.entries(batches).map(([key, { data, shape }]) => {
          const [count, ...rest] = shape as [number, ...number[]];
          const size = data.length / count;
          const start = (step % count) * size;
          const values = Array.from({ length: size }, (_, index) => data[start + index]!);
          return [key, { data: values, shape: rest }];
        }),
      ),
  };
}

/** The same types with another floating-point precision; ids stay what they are. */
export function inPrecision(
  types: Readonly<Record<string, TensorType>>,
  dtype: 'float32' | 'float64',
): Record<string, TensorType> {
  const change = (given: DType): DType => (given === 'float32' || given === 'float64' ? dtype : given);
  return Object.fromEntries(
    Object.entries(types).map(([key, type]) => [key, { dtype: change(type.dtype), shape: type.shape }]),
  );
}

/** A graph with the outputs `loss` and `gradient/<parameter>`; its inputs are the parameters and the batch. */
export function lossAndGradients(zoo: ZooCase, dtype: 'float32' | 'float64'): Graph {
  const types = inPrecision({ ...zoo.module.parameters, ...zoo.stream }, dtype);
  const names = Object.keys(zoo.module.parameters);
  return trace(zoo.name, types, (inputs) => {
    const choose = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, inputs[key]!]));
    const loss = zoo.loss(choose(names), choose(Object.keys(zoo.stream)));
    const slopes = gradient(
      loss,
      names.map((name) => inputs[name]!),
    );
    return {
      loss,
      ...Object.fromEntries(names.map((name, position) => [`gradient/${name}`, slopes[position]!])),
    };
  });
}

/**
 * Holds a loss and all gradients to a fixture. A tensor passes when the norm of its difference is at most the tolerance
 * times its own norm, and every element is within the tolerance of itself or of the tensor's largest element: elements
 * near 0 are differences of large terms, of which only that much is known. Both limits have a floor of a thousandth of
 * the tolerance times the norm of the whole gradient, for tensors whose gradient is 0 but for rounding.
 */
export function expectParity(
  got: { loss: number; gradients: Readonly<Record<string, ArrayLike<number>>> },
  fixture: ParityFixture,
  tolerance: number,
): void {
  expectClose([got.loss], [fixture.loss], { rtol: tolerance });
  const whole = Math.hypot(...Object.values(fixture.gradients).map(({ data }) => norm(data)));
  const floor = 1e-3 * tolerance * whole;
  for (const [name, { data: expected }] of Object.entries(fixture.gradients)) {
    const actual = got.gradients[name] ?? [];
    try {
      const largest = expected.length === 0 ? 0 : Math.max(...Array.from(expected, Math.abs));
      expectClose(actual, expected, { rtol: tolerance, atol: tolerance * largest + floor });
      const difference = norm(Array.from(expected, (value, index) => actual[index]! - value));
      expectClose([difference], [0], { atol: tolerance * norm(expected) + floor });
    } catch (thrown) {
      throw new Error(`gradient of ${name}: ${String(thrown)}`, { cause: thrown });
    }
  }
}

/** Loss and gradients of a case in the double-precision interpreter, to 1e-8 of PyTorch in float64. */
export function expectInterpreterParity(zoo: ZooCase): void {
  const fixture = loadFixture(zoo.name);
  expectSameParameters(zoo, fixture);
  const results = evaluate(lossAndGradients(zoo, 'float64'), { ...fixture.parameters, ...fixture.batch(0) });
  expectParity(splitResults(results), fixture, PARITY_TOLERANCE.float64);
}

/** Names and shapes of the parameters, as one text, so that a difference reads well. */
export function expectSameParameters(zoo: ZooCase, fixture: ParityFixture): void {
  const list = (entries: [string, { shape: readonly (number | string)[] }][]) =>
    entries.map(([name, { shape }]) => `${name} [${shape.join(',')}]`).sort();
  const ours = list(Object.entries(zoo.module.parameters)).join('\n');
  const theirs = list(Object.entries(fixture.parameters)).join('\n');
  if (ours !== theirs)
    throw new Error(`parameters of ${zoo.name} are\n${ours}\nbut the fixture has\n${theirs}`);
}

/** Loss and gradients by parameter, from the outputs of `lossAndGradients`. */
export function splitResults(results: Readonly<Record<string, { data: ArrayLike<number> }>>): {
  loss: number;
  gradients: Record<string, ArrayLike<number>>;
} {
  const prefix = 'gradient/';
  const gradients = Object.entries(results).flatMap(([key, { data }]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), data] as const] : [],
  );
  return { loss: results.loss!.data[0]!, gradients: Object.fromEntries(gradients) };
}

/** An array of a fixture with plain numbers; fixtures hold no 64-bit integers, which would come as bigints. */
export function fixtureArray({ data, shape }: StoredArray): HostArray {
  return { data: Array.from<number | bigint, number>(data, Number), shape };
}

function norm(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}
