/** @file Picking by index, adding back to where it came from, and reversing an axis. */
import { elementAt, fillArray, flatIndex } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { isFloating, sameShape, staticSize, type DType, type TensorType } from '../ir/types';
import { equal, multiply } from './arithmetic';
import { iota } from './constant';
import { applyOne, defineOp, dtypeError, normaliseAxis, shapeError } from './define';
import type { NoAttributes } from './elementwise';
import { cast, reshape } from './movement';

type GatherAttributes = { readonly axis: number };

const gatherOp = defineOp<GatherAttributes>({
  name: 'Gather',
  infer(types, { axis }) {
    const [data, indices] = types as [TensorType, TensorType];
    requireIndices('Gather', types, indices);
    return [
      {
        dtype: data.dtype,
        shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)],
      },
    ];
  },
  gradient: {
    rule({ inputs: [data, indices], attributes: { axis }, upstream: [up] }) {
      return [
        scatterAdd(up!, indices!, axis, staticSize(data!.shape[axis], 'the gradient of Gather')),
        undefined,
      ];
    },
  },
  lower: ({ inputs, attributes, build }) => [build.emit('Gather', inputs, { axis: attributes.axis })],
  reference: ([data, indices], { axis }) => {
    const depth = indices!.shape.length;
    const shape = [...data!.shape.slice(0, axis), ...indices!.shape, ...data!.shape.slice(axis + 1)];
    return [
      fillArray(shape, (index) => {
        const chosen = elementAt(indices!, index.slice(axis, axis + depth));
        const row = chosen < 0 ? chosen + data!.shape[axis]! : chosen;
        return elementAt(data!, [...index.slice(0, axis), row, ...index.slice(axis + depth)]);
      }),
    ];
  },
  cases: [
    {
      inputs: [{ shape: [5, 2] }, { dtype: 'int32', shape: [4], values: [3, 0, 3, 1] }],
      attributes: { axis: 0 },
    },
    {
      inputs: [{ shape: [2, 3] }, { dtype: 'int32', shape: [2, 2], values: [2, 0, 0, 2] }],
      attributes: { axis: 1 },
    },
    { inputs: [{ shape: [4, 3] }, { dtype: 'int64', shape: [], values: [2] }], attributes: { axis: 0 } },
  ],
});

type ScatterAttributes = { readonly axis: number; readonly size: number };

/** The transpose of Gather: a tensor of zeros to which each update is added at its index. Repeated indices add up. */
const scatterAddOp = defineOp<ScatterAttributes>({
  name: 'ScatterAdd',
  infer(types, { axis, size }) {
    const [updates, indices] = types as [TensorType, TensorType];
    requireIndices('ScatterAdd', types, indices);
    const depth = indices.shape.length;
    if (!isFloating(updates.dtype)) throw dtypeError('ScatterAdd', types, 'floating-point updates');
    if (!sameShape(updates.shape.slice(axis, axis + depth), indices.shape))
      throw shapeError('ScatterAdd', types, `updates whose axes from ${axis} on are those of the indices`);
    return [
      {
        dtype: updates.dtype,
        shape: [...updates.shape.slice(0, axis), size, ...updates.shape.slice(axis + depth)],
      },
    ];
  },
  gradient: {
    rule: ({ inputs: [, indices], attributes: { axis }, upstream: [up] }) => [
      gather(up!, indices!, axis),
      undefined,
    ],
  },
  // ScatterElements, never ScatterND: the latter races on repeated rows with more than one thread.
  lower({ inputs: [updates, indices], inputTypes, outputTypes, attributes: { axis }, build }) {
    const [updateType, indexType] = inputTypes as [TensorType, TensorType];
    const out = outputTypes[0]!;
    const depth = indexType.shape.length;
    const count = indexType.shape.reduce<number>(
      (product, dim) => product * staticSize(dim, 'ScatterAdd'),
      1,
    );
    // WebGPU scatters with atomic additions in any order; a product with ones gives the same bits every time.
    if (build.target === 'webgpu' && axis === 0 && indexType.dtype === 'int32') {
      const size = staticSize(out.shape[0], 'ScatterAdd');
      const column = build.emit('Reshape', [indices!, build.integers([count, 1])]);
      const places = build.constant(
        Int32Array.from({ length: size }, (_, at) => at),
        { dtype: 'int32', shape: [1, size] },
      );
      const chosen = build.emit('Cast', [build.emit('Equal', [column, places])], { to: 1 });
      const flat = build.emit('Reshape', [updates!, build.integers([count, -1])]);
      const sums = build.emit('Gemm', [chosen, flat], { transA: 1 });
      return [build.emit('Reshape', [sums, build.shape(out.shape)])];
    }
    const rows = [...updateType.shape.slice(0, axis), count, ...updateType.shape.slice(axis + depth)];
    const column = rows.map((_, position) => (position === axis ? count : 1));
    const flatUpdates = build.emit('Reshape', [updates!, build.shape(rows)]);
    const column1 = build.emit('Reshape', [indices!, build.integers(column)]);
    // Expand has no int64 kernel on WebGPU; indices are int32 in graphs for it.
    const flatIndices = build.emit('Expand', [column1, build.shape(rows)]);
    const zeros = build.emit('Expand', [build.scalar(0, out.dtype), build.shape(out.shape)]);
    return [build.emit('ScatterElements', [zeros, flatIndices, flatUpdates], { axis, reduction: 'add' })];
  },
  reference: ([updates, indices], { axis, size }) => {
    const depth = indices!.shape.length;
    const shape = [...updates!.shape.slice(0, axis), size, ...updates!.shape.slice(axis + depth)];
    const result = fillArray(shape, () => 0);
    fillArray(updates!.shape, (index) => {
      const chosen = elementAt(indices!, index.slice(axis, axis + depth));
      const target = [
        ...index.slice(0, axis),
        chosen < 0 ? chosen + size : chosen,
        ...index.slice(axis + depth),
      ];
      result.data[flatIndex(shape, target)]! += elementAt(updates!, index);
      return 0;
    });
    return [result];
  },
  cases: [
    {
      inputs: [{ shape: [4, 2] }, { dtype: 'int32', shape: [4], values: [3, 0, 3, 1] }],
      attributes: { axis: 0, size: 5 },
    },
    {
      inputs: [{ shape: [2, 2, 2] }, { dtype: 'int32', shape: [2, 2], values: [2, 0, 0, 2] }],
      attributes: { axis: 1, size: 3 },
    },
    {
      inputs: [{ shape: [3] }, { dtype: 'int64', shape: [], values: [2] }],
      attributes: { axis: 0, size: 4 },
    },
  ],
});

/** One entry of the last axis per row: the index has the shape of the data without that axis. */
const pickOp = defineOp<NoAttributes>({
  name: 'Pick',
  infer(types) {
    const [data, indices] = types as [TensorType, TensorType];
    requireIndices('Pick', types, indices);
    if (data.shape.length === 0 || !sameShape(data.shape.slice(0, -1), indices.shape))
      throw shapeError('Pick', types, 'indices of the shape of the data without its last axis');
    return [{ dtype: data.dtype, shape: indices.shape }];
  },
  gradient: {
    // A comparison instead of a scatter: the same bits for any number of threads, and a kernel on every device.
    rule({ inputs: [data, indices], upstream: [up] }) {
      const size = staticSize(data!.shape.at(-1), 'the gradient of Pick');
      const chosen = oneHot(indices!, size, data!.dtype);
      return [multiply(chosen, reshape(up!, [...up!.shape, 1])), undefined];
    },
  },
  lower({ inputs: [data, indices], inputTypes, outputTypes, build }) {
    const column = build.emit('Reshape', [indices!, build.shape([...inputTypes[1]!.shape, 1])]);
    const picked = build.emit('GatherElements', [data!, column], { axis: -1 });
    return [build.emit('Reshape', [picked, build.shape(outputTypes[0]!.shape)])];
  },
  reference: ([data, indices]) => [
    fillArray(indices!.shape, (index) => {
      const at = elementAt(indices!, index);
      return elementAt(data!, [...index, at < 0 ? at + data!.shape.at(-1)! : at]);
    }),
  ],
  cases: [
    { inputs: [{ shape: [3, 4] }, { dtype: 'int32', shape: [3], values: [3, 0, 2] }], attributes: {} },
    {
      inputs: [{ shape: [2, 2, 3] }, { dtype: 'int32', shape: [2, 2], values: [1, 1, 0, 2] }],
      attributes: {},
    },
  ],
});

type ReverseAttributes = { readonly axis: number };

const reverseOp = defineOp<ReverseAttributes>({
  name: 'Reverse',
  infer: (types) => [types[0]!],
  gradient: { rule: ({ attributes: { axis }, upstream: [up] }) => [reverse(up!, axis)] },
  lower: ({ inputs, attributes: { axis }, build }) => [
    build.emit('Slice', [
      inputs[0]!,
      build.integers([-1]),
      build.integers([-(2 ** 31)]),
      build.integers([axis]),
      build.integers([-1]),
    ]),
  ],
  reference: ([x], { axis }) => [
    fillArray(x!.shape, (index) =>
      elementAt(
        x!,
        index.map((at, position) => (position === axis ? x!.shape[axis]! - 1 - at : at)),
      ),
    ),
  ],
  cases: [
    { inputs: [{ shape: [3, 4] }], attributes: { axis: 0 } },
    { inputs: [{ shape: [2, 3, 2] }], attributes: { axis: 1 } },
  ],
});

/** Picks entries along an axis by int32 or int64 indices; the index axes replace it. Indices out of range are an error at run time. */
export function gather(data: Tensor, indices: Tensor, axis: number): Tensor {
  return applyOne(gatherOp, [data, indices], { axis: normaliseAxis(axis, data.rank, 'Gather') });
}

/** Adds updates to zeros at the indices along an axis of the given size: the transpose of `gather`. */
export function scatterAdd(updates: Tensor, indices: Tensor, axis: number, size: number): Tensor {
  return applyOne(scatterAddOp, [updates, indices], { axis, size });
}

/** One entry of the last axis per row: data [..., size] and int32 indices [...] give [...]. */
export function pick(data: Tensor, indices: Tensor): Tensor {
  return applyOne(pickOp, [data, indices], {});
}

/** The entries of one axis in reverse order. */
export function reverse(x: Tensor, axis: number): Tensor {
  return applyOne(reverseOp, [x], { axis: normaliseAxis(axis, x.rank, 'Reverse') });
}

/** 1 at the index and 0 elsewhere on a new last axis of the given size; negative indices give zeros. */
export function oneHot(indices: Tensor, size: number, dtype: DType = 'float32'): Tensor {
  return cast(equal(reshape(indices, [...indices.shape, 1]), iota(size, indices.dtype)), dtype);
}

function requireIndices(op: string, types: readonly TensorType[], indices: TensorType): void {
  if (indices.dtype !== 'int32' && indices.dtype !== 'int64')
    throw dtypeError(op, types, 'int32 or int64 indices');
}
