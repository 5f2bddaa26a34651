/** @file DiT: velocity 0 at the start, conditions that act, and an unconditional form. */
import { describe, expect, it } from 'vitest';
import { evaluate, type HostArray } from '../evaluate/evaluate';
import { float32, int32 } from '../ir/types';
import { stream } from '../random/stream';
import { codeOf } from '../testing/code-of';
import { trace } from '../trace/trace';
import { dit, type DitOptions } from './dit';

const OPTIONS: DitOptions = {
  channels: 1,
  height: 4,
  columns: 4,
  patch: 2,
  width: 8,
  layers: 2,
  heads: 2,
  timeFeatures: 8,
};

function velocity(
  options: DitOptions,
  change: (name: string, values: Float32Array) => Float32Array,
  time: number,
  label: number,
): Float64Array {
  const model = dit(options);
  const conditional = options.classes !== undefined;
  const types = { ...model.parameters, x: float32(1, 1, 4, 4), t: float32(1), labels: int32(1) };
  const graph = trace('dit', types, ({ x, t, labels, ...parameters }) => ({
    v: model.apply(parameters, x!, t!, conditional ? labels : undefined),
  }));
  const parameters = Object.fromEntries(
    Object.entries(model.initialise(1)).map(([name, data]): [string, HostArray] => [
      name,
      { data: change(name, data), shape: model.parameters[name]!.shape as number[] },
    ]),
  );
  const x = { data: stream(1, 'x').normal(new Float32Array(16)), shape: [1, 1, 4, 4] };
  const given = { x, t: { data: [time], shape: [1] }, labels: { data: [label], shape: [1] } };
  return evaluate(graph, { ...parameters, ...given }).v!.data;
}

/** Values away from the zeros that the training starts with. */
function stirred(name: string, values: Float32Array): Float32Array {
  return stream(3, name)
    .normal(new Float32Array(values.length))
    .map((value) => 0.5 * value);
}

describe('DiT', () => {
  it('starts with velocity 0', () => {
    const start = velocity({ ...OPTIONS, classes: 2 }, (_name, values) => values, 0.3, 1);
    expect(Array.from(start, Math.abs)).toEqual(new Array(16).fill(0));
  });

  it('heeds time and class, and takes a label for no class', () => {
    const options = { ...OPTIONS, classes: 2 };
    const run = (time: number, label: number) => Array.from(velocity(options, stirred, time, label));
    expect(run(0.3, 0)).toEqual(run(0.3, 0));
    expect(run(0.3, 0)).not.toEqual(run(0.4, 0));
    expect(run(0.3, 0)).not.toEqual(run(0.3, 1));
    expect(run(0.3, 1)).not.toEqual(run(0.3, 2));
  });

  it('with classes refuses to go without labels', () => {
    const model = dit({ ...OPTIONS, classes: 2 });
    const types = { ...model.parameters, x: float32(1, 1, 4, 4), t: float32(1) };
    expect(
      codeOf(() => trace('dit', types, (given) => ({ v: model.apply(given, given.x!, given.t!) }))),
    ).toBe('missing-labels');
  });

  it('without classes has no class embedding and heeds time alone', () => {
    expect(Object.keys(dit(OPTIONS).parameters)).not.toContain('y_embedder.weight');
    const run = (time: number) => Array.from(velocity(OPTIONS, stirred, time, 0));
    expect(run(0.3)).not.toEqual(run(0.4));
  });
});
