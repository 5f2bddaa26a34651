/** @file What native-models emits, run on ONNX Runtime: every operation against its reference, and whole training programs. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  declaredOps,
  evaluate,
  toOnnx,
  type DType,
  type HostArray,
  type TensorType,
} from '../../native-models';
import { caseGraph, caseTypes, caseValues } from '../../native-models/testing/op-cases';
import { expectClose } from '../../native-models/testing/expect-close';

const rows = declaredOps().flatMap((op) =>
  op.cases.map((sample, position) => ({ op, sample, title: `${op.name} case ${position + 1}` })),
);

describe.each(rows)('$title on ONNX Runtime', ({ op, sample }) => {
  it('gives the values of the plain-loop reference, with the inferred shapes and element types', async () => {
    const graph = caseGraph(op, sample);
    const values = caseValues(op, sample);
    const session = await ort.InferenceSession.create(toOnnx(graph), { intraOpNumThreads: 1 });
    const results = await session.run(feeds(values, caseTypes(sample)));
    const expected = evaluate(graph, values);
    for (const { name, tensor } of graph.outputs) {
      const result = results[name]!;
      expect(result.dims).toEqual(tensor.shape);
      expect(result.type).toBe(tensor.dtype);
      expectClose(numbers(result), expected[name]!.data, { rtol: 1e-5, atol: 1e-6 });
    }
    await session.release();
  });
});

function feeds(
  values: Record<string, HostArray>,
  types: Record<string, TensorType>,
): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]) => [
      name,
      new ort.Tensor(types[name]!.dtype, typed(types[name]!.dtype, data), shape),
    ]),
  );
}

function typed(dtype: DType, data: ArrayLike<number>) {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(data);
    case 'float64':
      return Float64Array.from(data);
    case 'int32':
      return Int32Array.from(data);
    case 'int64':
      return BigInt64Array.from(Array.from(data, BigInt));
    case 'bool':
      return Uint8Array.from(data);
  }
}

function numbers(tensor: ort.Tensor): Float64Array {
  return Float64Array.from(Array.from(tensor.data as ArrayLike<number | bigint>, Number));
}
