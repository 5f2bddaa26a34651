/** @file Sorting an axis, and taking and putting entries along it by position: what 1-D transport is made of. */
import { elementAt, fillArray, flatIndex } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { isFloating, sameShape, staticSize, type TensorType } from '../ir/types';
import { apply, applyOne, defineOp, dtypeError, normaliseAxis, requireFloating, shapeError } from './define';

type AxisAttributes = { readonly axis: number };

/** Values in order, the smallest first, and the int32 position that each came from; of equal ones the first comes first. */
const sortOp = defineOp<AxisAttributes>({
  name: 'Sort',
  infer(types, { axis }) {
    requireFloating('Sort', types);
    const { dtype, shape } = types[0]!;
    staticSize(shape[axis], 'Sort');
    return [
      { dtype, shape },
      { dtype: 'int32', shape },
    ];
  },
  webgpu: { none: 'TopK gives int64 positions, which no WebGPU kernel converts' },
  gradient: {
    // Away from ties a small change leaves the order as it is: every gradient goes back to where its value came from.
    rule({ inputs: [x], outputs: [, order], attributes: { axis }, upstream: [up] }) {
      return [up && putAlong(up, order!, axis, staticSize(x!.shape[axis], 'the gradient of Sort'))];
    },
  },
  lower({ inputs, inputTypes, attributes: { axis }, build }) {
    const size = staticSize(inputTypes[0]!.shape[axis], 'Sort');
    const attributes = { axis, largest: 0, sorted: 1 };
    const [values, order] = build.emitMany('TopK', [inputs[0]!, build.integers([size])], 2, attributes);
    return [values!, build.emit('Cast', [order!], { to: 6 })];
  },
  reference: ([x], { axis }) => {
    const order = fillArray(x!.shape, () => 0);
    const size = x!.shape[axis]!;
    fillArray(
      x!.shape.map((dim, position) => (position === axis ? 1 : dim)),
      (index) => {
        const at = (place: number) => [...index.slice(0, axis), place, ...index.slice(axis + 1)];
        const value = (place: number) => elementAt(x!, at(place));
        Array.from({ length: size }, (_, place) => place)
          .sort((a, b) => value(a) - value(b) || a - b)
          .forEach((from, place) => (order.data[flatIndex(order.shape, at(place))] = from));
        return 0;
      },
    );
    return [taken(x!, order, axis), order];
  },
  cases: [
    {
      inputs: [{ shape: [4, 2], values: [0.5, -1, -0.25, 2, 1.5, 0.75, -1.25, 0] }],
      attributes: { axis: 0 },
    },
    {
      inputs: [{ shape: [2, 1, 3], values: [0.5, -1, 0.25, -2, 1.5, 0.75] }],
      attributes: { axis: 2 },
    },
  ],
});

/** Entries of an axis, each by a position of its own: the positions have the shape of what comes out. */
const takeAlongOp = defineOp<AxisAttributes>({
  name: 'TakeAlong',
  infer(types, { axis }) {
    const [data, places] = types as [TensorType, TensorType];
    requirePlaces('TakeAlong', types, axis);
    return [{ dtype: data.dtype, shape: places.shape }];
  },
  gradient: {
    rule({ inputs: [data, places], attributes: { axis }, upstream: [up] }) {
      const size = staticSize(data!.shape[axis], 'the gradient of TakeAlong');
      return [putAlong(up!, places!, axis, size), undefined];
    },
  },
  lower: ({ inputs, attributes: { axis }, build }) => [build.emit('GatherElements', inputs, { axis })],
  reference: ([data, places], { axis }) => [taken(data!, places!, axis)],
  cases: [
    {
      inputs: [{ shape: [3, 2] }, { dtype: 'int32', shape: [4, 2], values: [2, 0, 1, 1, 2, 0, 0, 2] }],
      attributes: { axis: 0 },
    },
    {
      inputs: [{ shape: [2, 3] }, { dtype: 'int32', shape: [2, 2], values: [2, 0, 1, 1] }],
      attributes: { axis: 1 },
    },
  ],
});

type PutAttributes = { readonly axis: number; readonly size: number };

/** The transpose of TakeAlong: zeros to which each value is added at its position. Values at one position add up. */
const putAlongOp = defineOp<PutAttributes>({
  name: 'PutAlong',
  infer(types, { axis, size }) {
    const [values, places] = types as [TensorType, TensorType];
    if (!isFloating(values.dtype)) throw dtypeError('PutAlong', types, 'floating-point values');
    if (!sameShape(values.shape, places.shape))
      throw shapeError('PutAlong', types, 'a position for each value');
    requirePlaces('PutAlong', types, axis);
    return [
      {
        dtype: values.dtype,
        shape: values.shape.map((dim, position) => (position === axis ? size : dim)),
      },
    ];
  },
  gradient: {
    rule: ({ inputs: [, places], attributes: { axis }, upstream: [up] }) => [
      takeAlong(up!, places!, axis),
      undefined,
    ],
  },
  lower({ inputs: [values, places], outputTypes, attributes: { axis }, build }) {
    const out = outputTypes[0]!;
    const zeros = build.emit('Expand', [build.scalar(0, out.dtype), build.shape(out.shape)]);
    return [build.emit('ScatterElements', [zeros, places!, values!], { axis, reduction: 'add' })];
  },
  reference: ([values, places], { axis, size }) => {
    const result = fillArray(
      values!.shape.map((dim, position) => (position === axis ? size : dim)),
      () => 0,
    );
    fillArray(values!.shape, (index) => {
      const place = elementAt(places!, index);
      const target = [...index.slice(0, axis), place, ...index.slice(axis + 1)];
      result.data[flatIndex(result.shape, target)]! += elementAt(values!, index);
      return 0;
    });
    return [result];
  },
  cases: [
    {
      inputs: [{ shape: [4, 2] }, { dtype: 'int32', shape: [4, 2], values: [2, 0, 1, 1, 2, 0, 0, 2] }],
      attributes: { axis: 0, size: 3 },
    },
    {
      inputs: [{ shape: [2, 2] }, { dtype: 'int32', shape: [2, 2], values: [2, 0, 1, 1] }],
      attributes: { axis: 1, size: 3 },
    },
  ],
});

/**
 * One axis in ascending order, and for each value the int32 position that it came from. The gradient is that of the order as
 * it is: where values are equal it is one of several.
 */
export function sort(x: Tensor, axis: number): { values: Tensor; order: Tensor } {
  const [values, order] = apply(sortOp, [x], { axis: normaliseAxis(axis, x.rank, 'Sort') });
  return { values: values!, order: order! };
}

/** Entries along one axis by int32 or int64 positions of the shape of the answer; its other axes are those of the data. */
export function takeAlong(data: Tensor, places: Tensor, axis: number): Tensor {
  return applyOne(takeAlongOp, [data, places], { axis: normaliseAxis(axis, data.rank, 'TakeAlong') });
}

/** Values added to zeros at their positions along an axis of the given size: the transpose of `takeAlong`. */
export function putAlong(values: Tensor, places: Tensor, axis: number, size: number): Tensor {
  return applyOne(putAlongOp, [values, places], { axis: normaliseAxis(axis, values.rank, 'PutAlong'), size });
}

function taken(
  data: Parameters<typeof elementAt>[0],
  places: Parameters<typeof elementAt>[0],
  axis: number,
): ReturnType<typeof fillArray> {
  return fillArray(places.shape, (index) =>
    elementAt(data, [...index.slice(0, axis), elementAt(places, index), ...index.slice(axis + 1)]),
  );
}

function requirePlaces(op: string, types: readonly TensorType[], axis: number): void {
  const [data, places] = types as [TensorType, TensorType];
  if (places.dtype !== 'int32' && places.dtype !== 'int64')
    throw dtypeError(op, types, 'int32 or int64 positions');
  const fits =
    data.shape.length === places.shape.length &&
    data.shape.every((dim, position) => position === axis || dim === places.shape[position]);
  if (!fits) throw shapeError(op, types, `positions with the data’s axes beside axis ${axis}`);
}
