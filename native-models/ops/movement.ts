/** @file Operations that move values without changing them: reshape, transpose, expand, concat, slice, pad, cast. */
import { MongeError } from '../error';
import { elementAt, fillArray } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import {
  broadcastShapes,
  isFloating,
  isStatic,
  sameShape,
  staticSize,
  type Dim,
  type DType,
  type Shape,
} from '../ir/types';
import { applyOne, defineOp, dtypeError, normaliseAxis, shapeError } from './define';
import type { NoAttributes } from './elementwise';

type ShapeAttributes = { readonly shape: Shape };

export const reshapeOp = defineOp<ShapeAttributes>({
  name: 'Reshape',
  infer(types, { shape }) {
    const source = types[0]!;
    if (!sameProduct(source.shape, shape))
      throw shapeError('Reshape', types, `as many elements as [${shape.join(',')}]`);
    return [{ dtype: source.dtype, shape }];
  },
  gradient: { rule: ({ inputs: [x], upstream: [up] }) => [reshape(up!, x!.shape)] },
  lower({ inputs, attributes: { shape }, build }) {
    const unknown = shape.filter((dim) => typeof dim === 'string').length;
    const operand =
      unknown === 1 && !shape.includes(0)
        ? build.integers(shape.map((dim) => (typeof dim === 'number' ? dim : -1)))
        : build.shape(shape);
    return [build.emit('Reshape', [inputs[0]!, operand])];
  },
  reference: ([x], { shape }, { resolve }) => [{ shape: resolve(shape), data: x!.data }],
  cases: [
    { inputs: [{ shape: [3, 4] }], attributes: { shape: [2, 6] } },
    { inputs: [{ shape: [1] }], attributes: { shape: [] } },
    { inputs: [{ shape: [2, 3] }], attributes: { shape: [3, 1, 2] } },
  ],
});

type TransposeAttributes = { readonly permutation: readonly number[] };

export const transposeOp = defineOp<TransposeAttributes>({
  name: 'Transpose',
  infer(types, { permutation }) {
    const { dtype, shape } = types[0]!;
    if ([...permutation].sort((a, b) => a - b).join() !== shape.map((_, axis) => axis).join())
      throw shapeError('Transpose', types, `a permutation of its axes, not [${permutation.join(',')}]`);
    return [{ dtype, shape: permutation.map((axis) => shape[axis]!) }];
  },
  gradient: {
    rule: ({ attributes: { permutation }, upstream: [up] }) => [
      transpose(
        up!,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ],
  },
  lower: ({ inputs, attributes, build }) => [
    build.emit('Transpose', inputs, { perm: attributes.permutation }),
  ],
  reference: ([x], { permutation }) => [
    fillArray(
      permutation.map((axis) => x!.shape[axis]!),
      (index) => {
        const source = new Array<number>(index.length);
        permutation.forEach((axis, position) => (source[axis] = index[position]!));
        return elementAt(x!, source);
      },
    ),
  ],
  cases: [
    { inputs: [{ shape: [3, 4] }], attributes: { permutation: [1, 0] } },
    { inputs: [{ shape: [2, 3, 4] }], attributes: { permutation: [2, 0, 1] } },
  ],
});

export const expandOp = defineOp<ShapeAttributes>({
  name: 'Expand',
  infer(types, { shape }) {
    const result = broadcastShapes(types[0]!.shape, shape);
    if (!result || !sameShape(result, shape))
      throw shapeError('Expand', types, `a shape that broadcasts to [${shape.join(',')}]`);
    return [{ dtype: types[0]!.dtype, shape }];
  },
  // The reverse walk sums the gradient back to the operand's shape.
  gradient: { rule: ({ upstream: [up] }) => [up] },
  lower: ({ inputs, attributes, build }) => [
    build.emit('Expand', [inputs[0]!, build.shape(attributes.shape)]),
  ],
  reference: ([x], { shape }, { resolve }) => [fillArray(resolve(shape), (index) => elementAt(x!, index))],
  cases: [
    { inputs: [{ shape: [] }], attributes: { shape: [2, 3] } },
    { inputs: [{ shape: [3, 1] }], attributes: { shape: [2, 3, 4] } },
  ],
});

type AxisAttributes = { readonly axis: number };

const concatOp = defineOp<AxisAttributes>({
  name: 'Concat',
  infer(types, { axis }) {
    const first = types[0]!;
    for (const type of types)
      if (
        type.dtype !== first.dtype ||
        type.shape.length !== first.shape.length ||
        type.shape.some((dim, position) => position !== axis && dim !== first.shape[position])
      )
        throw shapeError('Concat', types, `equal sizes on every axis but ${axis}, and one element type`);
    const sizes = types.map((type) => type.shape[axis]!);
    const total: Dim =
      sizes.length === 1
        ? sizes[0]!
        : sizes.reduce<number>((sum, size) => sum + staticSize(size, 'Concat'), 0);
    return [
      { dtype: first.dtype, shape: first.shape.map((dim, position) => (position === axis ? total : dim)) },
    ];
  },
  gradient: {
    rule({ inputs, attributes: { axis }, upstream: [up] }) {
      let start = 0;
      return inputs.map((input) => {
        const end = start + staticSize(input.shape[axis], 'Concat');
        const part = slice(up!, { axis, start, end });
        start = end;
        return part;
      });
    },
  },
  lower: ({ inputs, attributes, build }) => [build.emit('Concat', inputs, { axis: attributes.axis })],
  reference: (inputs, { axis }) => {
    const total = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
    const shape = inputs[0]!.shape.map((size, position) => (position === axis ? total : size));
    return [
      fillArray(shape, (index) => {
        const source = [...index];
        let which = 0;
        while (source[axis]! >= inputs[which]!.shape[axis]!) source[axis]! -= inputs[which++]!.shape[axis]!;
        return elementAt(inputs[which]!, source);
      }),
    ];
  },
  cases: [
    { inputs: [{ shape: [2, 3] }, { shape: [4, 3] }], attributes: { axis: 0 } },
    { inputs: [{ shape: [2, 1] }, { shape: [2, 3] }, { shape: [2, 2] }], attributes: { axis: 1 } },
  ],
});

type SliceAttributes = { readonly axis: number; readonly start: number; readonly end: number };

export const sliceOp = defineOp<SliceAttributes>({
  name: 'Slice',
  infer(types, { axis, start, end }) {
    const { dtype, shape } = types[0]!;
    const size = staticSize(shape[axis], 'Slice');
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > size)
      throw shapeError('Slice', types, `0 ≤ start ≤ end ≤ ${size} on axis ${axis}, not ${start} … ${end}`);
    return [{ dtype, shape: shape.map((dim, position) => (position === axis ? end - start : dim)) }];
  },
  gradient: {
    rule({ inputs: [x], attributes: { axis, start, end }, upstream: [up] }) {
      const size = staticSize(x!.shape[axis], 'Slice');
      return [pad(up!, { axis, before: start, after: size - end })];
    },
  },
  lower: ({ inputs, attributes: { axis, start, end }, build }) => [
    build.emit('Slice', [inputs[0]!, build.integers([start]), build.integers([end]), build.integers([axis])]),
  ],
  reference: ([x], { axis, start, end }) => [
    fillArray(
      x!.shape.map((size, position) => (position === axis ? end - start : size)),
      (index) =>
        elementAt(
          x!,
          index.map((at, position) => (position === axis ? at + start : at)),
        ),
    ),
  ],
  cases: [
    { inputs: [{ shape: [5, 2] }], attributes: { axis: 0, start: 1, end: 4 } },
    { inputs: [{ shape: [2, 5] }], attributes: { axis: 1, start: 0, end: 2 } },
  ],
});

type PadAttributes = { readonly axis: number; readonly before: number; readonly after: number };

const padOp = defineOp<PadAttributes>({
  name: 'Pad',
  infer(types, { axis, before, after }) {
    const { dtype, shape } = types[0]!;
    if (!isFloating(dtype)) throw dtypeError('Pad', types, 'float32 or float64');
    if (![before, after].every((count) => Number.isInteger(count) && count >= 0))
      throw shapeError('Pad', types, `whole numbers of zeros from 0, not ${before} and ${after}`);
    const size = staticSize(shape[axis], 'Pad') + before + after;
    return [{ dtype, shape: shape.map((dim, position) => (position === axis ? size : dim)) }];
  },
  gradient: {
    rule({ inputs: [x], attributes: { axis, before }, upstream: [up] }) {
      return [slice(up!, { axis, start: before, end: before + staticSize(x!.shape[axis], 'Pad') })];
    },
  },
  lower({ inputs, inputTypes, attributes: { axis, before, after }, build }) {
    const rank = inputTypes[0]!.shape.length;
    const pads = new Array<number>(2 * rank).fill(0);
    pads[axis] = before;
    pads[rank + axis] = after;
    return [build.emit('Pad', [inputs[0]!, build.integers(pads)])];
  },
  reference: ([x], { axis, before, after }) => [
    fillArray(
      x!.shape.map((size, position) => (position === axis ? size + before + after : size)),
      (index) => {
        const source = [...index];
        source[axis]! -= before;
        return source[axis]! >= 0 && source[axis]! < x!.shape[axis]! ? elementAt(x!, source) : 0;
      },
    ),
  ],
  cases: [
    { inputs: [{ shape: [3, 2] }], attributes: { axis: 0, before: 1, after: 2 } },
    { inputs: [{ shape: [2, 3] }], attributes: { axis: 1, before: 0, after: 1 } },
  ],
});

type CastAttributes = { readonly to: DType };
const ONNX_DTYPE: Record<DType, number> = { float32: 1, float64: 11, int32: 6, int64: 7, bool: 9 };

export const castOp = defineOp<CastAttributes>({
  name: 'Cast',
  infer: (types, { to }) => [{ dtype: to, shape: types[0]!.shape }],
  gradient: {
    rule: ({ inputs: [x], upstream: [up] }) => [isFloating(x!.dtype) ? cast(up!, x!.dtype) : undefined],
  },
  lower: ({ inputs, attributes, build }) => [build.emit('Cast', inputs, { to: ONNX_DTYPE[attributes.to] })],
  reference: ([x], { to }) => [{ shape: x!.shape, data: x!.data.map((value) => convert(value, to)) }],
  cases: [
    { inputs: [{ shape: [3, 4] }], attributes: { to: 'float64' } },
    { inputs: [{ shape: [3, 4] }], attributes: { to: 'int32' } },
    { inputs: [{ dtype: 'int32', shape: [3], range: [-5, 5] }], attributes: { to: 'float32' } },
    { inputs: [{ dtype: 'bool', shape: [5] }], attributes: { to: 'float32' } },
  ],
});

export const stopGradientOp = defineOp<NoAttributes>({
  name: 'StopGradient',
  infer: (types) => [types[0]!],
  gradient: { none: 'stopGradient cuts the gradient on purpose' },
  lower: ({ inputs, build }) => [build.emit('Identity', inputs)],
  reference: ([x]) => [x!],
  cases: [{ inputs: [{ shape: [3, 4] }], attributes: {} }],
});

/** The same values in another shape with as many elements. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return applyOne(reshapeOp, [x], { shape: [...shape] });
}

/** Permutes the axes; without a permutation, reverses them. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const axes = permutation ?? x.shape.map((_, axis) => x.rank - 1 - axis);
  return applyOne(transposeOp, [x], { permutation: axes.map((axis) => (axis < 0 ? axis + x.rank : axis)) });
}

/** Repeats axes of size 1 (or missing leading ones) up to the given shape. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return applyOne(expandOp, [x], { shape: [...shape] });
}

/** Joins tensors along one axis. */
export function concat(list: readonly Tensor[], axis: number): Tensor {
  if (list.length === 0)
    throw new MongeError({ code: 'no-tensor', what: 'nothing to join', where: { op: 'Concat' } });
  return applyOne(concatOp, list, { axis: normaliseAxis(axis, list[0]!.rank, 'Concat') });
}

/** The part from `start` up to, not including, `end` of one axis; negative positions count from the end. */
export function slice(x: Tensor, options: { axis: number; start?: number; end?: number }): Tensor {
  const axis = normaliseAxis(options.axis, x.rank, 'Slice');
  const size = staticSize(x.shape[axis], 'Slice');
  const position = (value: number) => (value < 0 ? value + size : value);
  return applyOne(sliceOp, [x], {
    axis,
    start: position(options.start ?? 0),
    end: position(options.end ?? size),
  });
}

/** Adds zeros before and after one axis. */
export function pad(x: Tensor, options: { axis: number; before: number; after: number }): Tensor {
  const axis = normaliseAxis(options.axis, x.rank, 'Pad');
  return applyOne(padOp, [x], { axis, before: options.before, after: options.after });
}

/** Converts the element type; towards integers the fraction is cut off. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : applyOne(castOp, [x], { to: dtype });
}

/** The same values, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return applyOne(stopGradientOp, [x], {});
}

function convert(value: number, to: DType): number {
  if (to === 'bool') return Number(value !== 0);
  return isFloating(to) ? value : Math.trunc(value);
}

/** Whether two shapes have the same number of elements: equal numbers, and the same symbolic sizes. */
function sameProduct(left: Shape, right: Shape): boolean {
  const known = (shape: Shape) =>
    shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const named = (shape: Shape) =>
    shape
      .filter((dim) => typeof dim === 'string')
      .sort()
      .join();
  if (isStatic(left) && isStatic(right)) return known(left) === known(right);
  return known(left) === known(right) && named(left) === named(right);
}
