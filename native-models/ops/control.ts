/** @file Loops: a body applied step after step, carrying values along and collecting others. */
import { MongeError } from '../error';
import { sizeOf, type NdArray } from '../ir/array';
import { buildBody, type Graph } from '../ir/graph';
import { Tensor, type Tensors } from '../ir/tensor';
import { formatType, sameType } from '../ir/types';
import { add, multiply } from './arithmetic';
import { apply, defineOp, type OpDefinition } from './define';

type LoopAttributes = {
  readonly length: number;
  readonly carried: number;
  readonly sliced: number;
  readonly body: Graph;
};

/** Inputs: initial carries, then tensors cut along their leading axis, then values read from outside. */
const loopOp: OpDefinition<LoopAttributes> = defineOp<LoopAttributes>({
  name: 'Loop',
  webgpu: { none: 'the Loop node itself always runs on the CPU; programs for WebGPU are straight lines' },
  infer: (_types, { body, length, carried }) =>
    body.outputs.map(({ tensor }, position) =>
      position < carried ? tensor.type : { dtype: tensor.dtype, shape: [length, ...tensor.shape] },
    ),
  gradient: {
    none: 'differentiating across a loop would keep every step in memory; take the gradient inside its body',
  },
  lower({ inputs, attributes: { length, carried, sliced, body }, build }) {
    return build.loop({
      length,
      body,
      carry: inputs.slice(0, carried),
      over: inputs.slice(carried, carried + sliced),
      captures: inputs.slice(carried + sliced),
    });
  },
  reference(inputs, { length, carried, sliced, body }, { runBody }) {
    let carry = inputs.slice(0, carried);
    const over = inputs.slice(carried, carried + sliced);
    const captures = inputs.slice(carried + sliced);
    const collected: NdArray[][] = [];
    for (let step = 0; step < length; step++) {
      const results = runBody(body, [...carry, ...over.map((tensor) => leading(tensor, step))], captures);
      carry = results.slice(0, carried);
      collected.push(results.slice(carried));
    }
    const stacked = (collected[0] ?? []).map((first, position) =>
      stack(
        first.shape,
        collected.map((results) => results[position]!.data),
      ),
    );
    return [...carry, ...stacked];
  },
  cases: [
    {
      inputs: [{ shape: [2] }, { shape: [3, 2] }],
      attributes: { length: 3, carried: 1, sliced: 1, body: sampleBody() },
    },
  ],
});

export interface ScanOptions {
  /** Initial values of what is carried from step to step; keep name and type. */
  carry: Tensors;
  /** Cut along the leading axis: step k sees entry k. */
  over: Tensors;
  /** One step. May read any tensor from outside; what does not depend on the step is computed once. */
  body: (carry: Tensors, slices: Tensors) => { carry: Tensors; outputs: Tensors };
  /** Number of steps, at least 1. */
  length: number;
}

/**
 * Runs a body `length` times as one ONNX Loop. Returns the last carry, and the outputs of all steps stacked on a new
 * leading axis. Gradients cannot be taken across it, only inside the body.
 */
export function scan(options: ScanOptions): {
  carry: Tensors;
  outputs: Tensors;
} {
  const { carry, over, length } = options;
  if (!Number.isSafeInteger(length) || length < 1)
    throw new MongeError({
      code: 'loop-length',
      what: 'number of steps',
      where: { op: 'Loop' },
      got: String(length),
      expected: 'a whole number from 1',
    });
  for (const [name, tensor] of Object.entries(over))
    if (tensor.shape[0] !== length)
      throw new MongeError({
        code: 'shape-mismatch',
        what: 'tensor to be cut into steps',
        where: { op: 'Loop', tensor: name },
        got: formatType(tensor.type),
        expected: `a leading axis of ${length}`,
      });
  const carryInputs = mapRecord(carry, (tensor, name) => new Tensor(tensor.type, null, 0, name));
  const sliceInputs = mapRecord(
    over,
    (tensor, name) => new Tensor({ dtype: tensor.dtype, shape: tensor.shape.slice(1) }, null, 0, name),
  );
  const result = options.body(carryInputs, sliceInputs);
  const carryNames = Object.keys(carry);
  for (const name of new Set([...carryNames, ...Object.keys(result.carry)])) {
    const before = carry[name];
    const after = result.carry[name];
    if (before && after && sameType(before.type, after.type)) continue;
    throw new MongeError({
      code: 'loop-carry',
      what: 'a carried value must keep its name and type',
      where: { op: 'Loop', tensor: name },
      got: after ? formatType(after.type) : 'nothing after the step',
      expected: before ? formatType(before.type) : 'no such carry',
    });
  }
  const outputNames = Object.keys(result.outputs);
  const body = buildBody(
    'body',
    [...Object.values(carryInputs), ...Object.values(sliceInputs)],
    [
      ...carryNames.map((name) => ({ name, tensor: result.carry[name]! })),
      ...outputNames.map((name) => ({ name, tensor: result.outputs[name]! })),
    ],
  );
  const values = apply(loopOp, [...Object.values(carry), ...Object.values(over), ...body.captures], {
    length,
    carried: carryNames.length,
    sliced: Object.keys(over).length,
    body,
  });
  return {
    carry: Object.fromEntries(carryNames.map((name, position) => [name, values[position]!])),
    outputs: Object.fromEntries(
      outputNames.map((name, position) => [name, values[carryNames.length + position]!]),
    ),
  };
}

/** A running sum that also gives the product with each entry. */
function sampleBody(): Graph {
  const sum = new Tensor({ dtype: 'float32', shape: [2] }, null, 0, 'sum');
  const entry = new Tensor({ dtype: 'float32', shape: [2] }, null, 0, 'entry');
  return buildBody(
    'body',
    [sum, entry],
    [
      { name: 'sum', tensor: add(sum, entry) },
      { name: 'product', tensor: multiply(sum, entry) },
    ],
  );
}

function mapRecord<T, U>(record: Record<string, T>, map: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}

function leading(tensor: NdArray, step: number): NdArray {
  const shape = tensor.shape.slice(1);
  const size = sizeOf(shape);
  return { shape, data: tensor.data.subarray(step * size, (step + 1) * size) };
}

function stack(shape: readonly number[], parts: readonly Float64Array[]): NdArray {
  const size = sizeOf(shape);
  const data = new Float64Array(size * parts.length);
  parts.forEach((part, step) => data.set(part, step * size));
  return { shape: [parts.length, ...shape], data };
}
