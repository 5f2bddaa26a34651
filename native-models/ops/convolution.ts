/**
 * @file Convolution of images [N, C, H, W] or sequences [N, C, L], and its two transposes.
 *
 * The sum T(x, w, y) = Σ y·conv(x, w) is linear in each of input x, weight w and output y. Fixing two of them gives the
 * three operations of this file: `Conv` = dT/dy, `ConvTranspose` = dT/dx, `ConvWeight` = dT/dw. The gradient of each is
 * made of the other two, so derivatives of any order stay inside the family.
 */
import { fillArray, sizeOf } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { staticSize, type Shape, type TensorType } from '../ir/types';
import { lowerConv, lowerConvTranspose, lowerConvWeight } from './convolution-lowering';
import { applyOne, defineOp, requireFloating, shapeError, type OpCase } from './define';

export type ConvAttributes = {
  /** Step per spatial axis. */
  readonly strides: readonly number[];
  /** Zeros before and after each spatial axis: all befores, then all afters, as ONNX has it. */
  readonly pads: readonly number[];
  readonly groups: number;
};
/** The spatial sizes of the result, which strides and sizes of the operands leave open. */
export type SizedAttributes = ConvAttributes & { readonly sizes: readonly number[] };

const SINGLE_PRECISION = 'the convolution kernels of ONNX Runtime know single precision only';
const cases2d: { x: number[]; w: number[]; y: number[]; attributes: ConvAttributes }[] = [
  { x: [2, 2, 4, 3], w: [3, 2, 3, 3], y: [2, 3, 4, 3], attributes: convAttributes([1, 1], [1, 1, 1, 1]) },
  { x: [2, 3, 4, 3], w: [2, 3, 3, 3], y: [2, 2, 4, 3], attributes: convAttributes([1, 1], [1, 1, 1, 1]) },
  { x: [1, 2, 5, 6], w: [2, 2, 3, 3], y: [1, 2, 3, 3], attributes: convAttributes([2, 2], [1, 1, 1, 1]) },
  { x: [2, 4, 3, 3], w: [4, 2, 1, 1], y: [2, 4, 3, 3], attributes: convAttributes([1, 1], [0, 0, 0, 0], 2) },
  { x: [2, 4, 5], w: [4, 1, 3], y: [2, 4, 3], attributes: convAttributes([2], [1, 1], 4) },
  { x: [2, 2, 5], w: [2, 2, 3], y: [2, 2, 3], attributes: convAttributes([1], [0, 0]) },
];

const convOp = defineOp<ConvAttributes>({
  name: 'Conv',
  float64: { none: SINGLE_PRECISION },
  infer(types, attributes) {
    const [x, w] = types as [TensorType, TensorType];
    checkOperands('Conv', types, x.shape[1], w, attributes);
    const sizes = x.shape.slice(2).map((dim, axis) => {
      const size =
        staticSize(dim, 'Conv') + attributes.pads[axis]! + attributes.pads[axis + x.shape.length - 2]!;
      const kernel = staticSize(w.shape[axis + 2], 'Conv');
      if (size < kernel)
        throw shapeError('Conv', types, `padded sizes of at least the kernel’s, not ${size} for ${kernel}`);
      return Math.floor((size - kernel) / attributes.strides[axis]!) + 1;
    });
    return [{ dtype: x.dtype, shape: [x.shape[0]!, w.shape[0]!, ...sizes] }];
  },
  gradient: {
    rule: ({ inputs: [x, w], attributes, upstream: [up] }) => [
      convTransposeWith(up!, w!, { ...attributes, sizes: spatial(x!) }),
      convWeight(x!, up!, { ...attributes, sizes: spatial(w!) }),
    ],
  },
  lower: lowerConv,
  reference: ([x, w], attributes, { outputTypes }) => {
    const y = fillArray([x!.shape[0]!, ...(outputTypes[0]!.shape.slice(1) as number[])], () => 0);
    eachProduct(x!.shape, w!.shape, y.shape, attributes, (atX, atW, atY) => {
      y.data[atY]! += x!.data[atX]! * w!.data[atW]!;
    });
    return [y];
  },
  cases: cases2d.map(({ x, w, attributes }) => ({ inputs: [{ shape: x }, { shape: w }], attributes })),
});

/** Inputs: y [N, O, …] and w [O, C/groups, …]; gives [N, C, …sizes]. */
const convTransposeOp = defineOp<SizedAttributes>({
  name: 'ConvTranspose',
  float64: { none: SINGLE_PRECISION },
  infer(types, attributes) {
    const [y, w] = types as [TensorType, TensorType];
    requireFloating('ConvTranspose', types);
    if (y.shape.length !== w.shape.length || y.shape[1] !== w.shape[0])
      throw shapeError('ConvTranspose', types, 'as many channels as the weight has outputs');
    const channels = staticSize(w.shape[1], 'ConvTranspose') * attributes.groups;
    return [{ dtype: y.dtype, shape: [y.shape[0]!, channels, ...attributes.sizes] }];
  },
  gradient: {
    rule: ({ inputs: [y, w], attributes, upstream: [up] }) => [
      convWith(up!, w!, attributes),
      convWeight(up!, y!, { ...attributes, sizes: spatial(w!) }),
    ],
  },
  lower: lowerConvTranspose,
  reference: ([y, w], attributes, { outputTypes }) => {
    const x = fillArray([y!.shape[0]!, ...(outputTypes[0]!.shape.slice(1) as number[])], () => 0);
    eachProduct(x.shape, w!.shape, y!.shape, attributes, (atX, atW, atY) => {
      x.data[atX]! += y!.data[atY]! * w!.data[atW]!;
    });
    return [x];
  },
  cases: sizedCases(({ x, w, y, attributes }) => ({
    inputs: [{ shape: y }, { shape: w }],
    attributes: { ...attributes, sizes: x.slice(2) },
  })),
});

/** Inputs: x [N, C, …] and y [N, O, …]; gives a weight [O, C/groups, …sizes]. */
const convWeightOp = defineOp<SizedAttributes>({
  name: 'ConvWeight',
  infer(types, { groups, sizes }) {
    requireFloating('ConvWeight', types);
    const [x, y] = types as [TensorType, TensorType];
    const channels = staticSize(x.shape[1], 'ConvWeight') / groups;
    return [{ dtype: x.dtype, shape: [y.shape[1]!, channels, ...sizes] }];
  },
  gradient: {
    rule: ({ inputs: [x, y], attributes, upstream: [up] }) => [
      convTransposeWith(y!, up!, { ...attributes, sizes: spatial(x!) }),
      convWith(x!, up!, attributes),
    ],
  },
  lower: lowerConvWeight,
  reference: ([x, y], attributes, { outputTypes }) => {
    const w = fillArray(outputTypes[0]!.shape as number[], () => 0);
    eachProduct(x!.shape, w.shape, y!.shape, attributes, (atX, atW, atY) => {
      w.data[atW]! += x!.data[atX]! * y!.data[atY]!;
    });
    return [w];
  },
  cases: sizedCases(({ x, w, y, attributes }) => ({
    inputs: [{ shape: x }, { shape: y }],
    attributes: { ...attributes, sizes: w.slice(2) },
  })),
});

export interface ConvOptions {
  /** Step, the same for every spatial axis; default 1. */
  stride?: number;
  /** Zeros on both sides of every spatial axis; default 0. */
  padding?: number;
  /** Channels are split into this many groups that do not see each other; default 1. */
  groups?: number;
}

/**
 * Cross-correlation, which deep learning calls convolution: x [N, C, H, W] with w [O, C/groups, kh, kw] gives
 * [N, O, H', W'], H' = ⌊(H + 2·padding − kh)/stride⌋ + 1; the same with one spatial axis for sequences.
 * Throws `shape-mismatch` where channels, groups or sizes do not fit.
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  return convWith(x, w, attributesFor(x, options));
}

/**
 * The transpose of `conv` with respect to its input: y [N, O, H', W'] with w [O, C/groups, kh, kw] gives [N, C, …sizes].
 * `sizes` are the spatial sizes that `conv` would take to the operand's.
 */
export function convTranspose(
  y: Tensor,
  w: Tensor,
  options: ConvOptions & { sizes: readonly number[] },
): Tensor {
  return convTransposeWith(y, w, { ...attributesFor(y, options), sizes: options.sizes });
}

function convWith(x: Tensor, w: Tensor, { strides, pads, groups }: ConvAttributes): Tensor {
  return applyOne(convOp, [x, w], { strides, pads, groups });
}

function convTransposeWith(y: Tensor, w: Tensor, attributes: SizedAttributes): Tensor {
  return applyOne(convTransposeOp, [y, w], attributes);
}

function convWeight(x: Tensor, y: Tensor, attributes: SizedAttributes): Tensor {
  return applyOne(convWeightOp, [x, y], attributes);
}

function attributesFor(x: Tensor, { stride = 1, padding = 0, groups = 1 }: ConvOptions): ConvAttributes {
  const axes = Math.max(0, x.rank - 2);
  return {
    strides: new Array<number>(axes).fill(stride),
    pads: new Array<number>(2 * axes).fill(padding),
    groups,
  };
}

function convAttributes(strides: number[], pads: number[], groups = 1): ConvAttributes {
  return { strides, pads, groups };
}

function sizedCases(make: (sample: (typeof cases2d)[number]) => OpCase<SizedAttributes>) {
  return cases2d.map(make);
}

function spatial(x: Tensor): number[] {
  return x.shape.slice(2).map((dim) => staticSize(dim, 'the gradient of a convolution'));
}

function checkOperands(
  op: string,
  types: readonly TensorType[],
  channels: Shape[number] | undefined,
  w: TensorType,
  { groups, strides, pads }: ConvAttributes,
): void {
  requireFloating(op, types);
  const rank = w.shape.length;
  const inputs = staticSize(channels, op);
  const outputs = staticSize(w.shape[0], op);
  if (types.some((type) => type.dtype !== w.dtype || type.shape.length !== rank) || rank < 3)
    throw shapeError(
      op,
      types,
      '[N, C, …] and [O, C/groups, …] of one element type with 1 or more spatial axes',
    );
  if (inputs % groups !== 0 || outputs % groups !== 0 || inputs / groups !== w.shape[1])
    throw shapeError(op, types, `channels in ${groups} groups: a weight of [O, ${inputs / groups}, …]`);
  const whole = (values: readonly number[], low: number) =>
    values.every((value) => Number.isInteger(value) && value >= low);
  if (!whole(strides, 1) || !whole(pads, 0))
    throw shapeError(
      op,
      types,
      `whole strides from 1 and paddings from 0, not ${strides.join()} and ${pads.join()}`,
    );
}

/** Visits every product x·w that contributes to an element of y, with flat positions. */
function eachProduct(
  x: readonly number[],
  w: readonly number[],
  y: readonly number[],
  { strides, pads, groups }: ConvAttributes,
  visit: (atX: number, atW: number, atY: number) => void,
): void {
  const outputs = w[0]! / groups;
  const inputs = w[1]!;
  const flat = (shape: readonly number[], index: readonly number[]) =>
    index.reduce((sum, at, axis) => sum * shape[axis]! + at, 0);
  const positions = (shape: readonly number[]) =>
    Array.from({ length: sizeOf(shape) }, (_, at) => indexAt(shape, at));
  for (const place of positions(y.slice(2)))
    for (const offset of positions(w.slice(2))) {
      const source = place.map((at, axis) => at * strides[axis]! + offset[axis]! - pads[axis]!);
      if (source.some((at, axis) => at < 0 || at >= x[axis + 2]!)) continue;
      for (let row = 0; row < y[0]!; row++)
        for (let output = 0; output < w[0]!; output++)
          for (let input = 0; input < inputs; input++) {
            const channel = Math.floor(output / outputs) * inputs + input;
            visit(
              flat(x, [row, channel, ...source]),
              flat(w, [output, input, ...offset]),
              flat(y, [row, output, ...place]),
            );
          }
    }
}

function indexAt(shape: readonly number[], position: number): number[] {
  const index = new Array<number>(shape.length).fill(0);
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}
