/** @file How the three convolution operations become ONNX nodes: kernels where they are fast, shifts and one product else. */
import { staticSize, type TensorType } from '../ir/types';
import type { ConvAttributes, SizedAttributes } from './convolution';
import type { LowerContext, Lowering } from './define';

export function lowerConv({
  inputs,
  inputTypes,
  attributes: { strides, pads, groups },
  build,
}: LowerContext<ConvAttributes>): string[] {
  const kernel = sizesOf(inputTypes[1]!.shape.slice(2));
  if (fitsBlocks(build, inputTypes[1]!, groups))
    return [blockedConv(build, inputs[0]!, inputs[1]!, false, inputTypes[1]!, { strides, pads })];
  return [build.emit('Conv', inputs, { kernel_shape: kernel, strides, pads, group: groups })];
}

/**
 * For unit strides either ConvTranspose, whose scatter handles kernel × C rows, or Conv with the flipped weight, whose
 * gather handles kernel × O rows: the fewer rows win (measured 10.3 against 6.0 ms for C = 64, O = 32, 28×28, batch 16).
 */
export function lowerConvTranspose({
  inputs: [y, w],
  inputTypes,
  attributes: { strides, pads, groups, sizes },
  build,
}: LowerContext<SizedAttributes>): string[] {
  const [yType, wType] = inputTypes as [TensorType, TensorType];
  const kernel = sizesOf(wType.shape.slice(2));
  const axes = kernel.length;
  const [outputs, channels] = sizesOf(wType.shape.slice(0, 2)) as [number, number];
  const flippedPads = pads.map((pad, position) => kernel[position % axes]! - 1 - pad);
  const unit = strides.every((stride) => stride === 1) && flippedPads.every((pad) => pad >= 0);
  if (unit && fitsBlocks(build, wType, groups))
    return [blockedConv(build, y!, w!, true, wType, { strides, pads: flippedPads })];
  if (unit && groups === 1 && outputs <= channels) {
    const spatial = kernel.map((_, axis) => axis + 2);
    const swapped = build.emit('Transpose', [flip(build, w!, spatial)], { perm: [1, 0, ...spatial] });
    return [
      build.emit('Conv', [y!, swapped], { kernel_shape: kernel, strides, pads: flippedPads, group: 1 }),
    ];
  }
  const given = sizesOf(yType.shape.slice(2));
  const outputPadding = sizes.map(
    (size, axis) =>
      size - ((given[axis]! - 1) * strides[axis]! + kernel[axis]! - pads[axis]! - pads[axis + axes]!),
  );
  return [
    build.emit('ConvTranspose', [y!, w!], {
      kernel_shape: kernel,
      strides,
      pads,
      group: groups,
      output_padding: outputPadding,
    }),
  ];
}

/**
 * The weight's gradient as one long matrix product over all places of all images. The operand's shifted copies are its
 * rows: one per kernel element, or for unit strides only one per kernel column of x and one per kernel row of y, because
 * shifting the two against each other reaches every element. A Conv with exchanged axes takes two to three times as long.
 */
export function lowerConvWeight(context: LowerContext<SizedAttributes>): string[] {
  const { strides, groups, sizes } = context.attributes;
  const separable = groups === 1 && sizes.length === 2 && strides.every((stride) => stride === 1);
  return separable && sizes[0]! > 1 ? separableShifts(context) : allShifts(context);
}

function allShifts({
  inputs: [x, y],
  inputTypes,
  attributes: { strides, pads, groups, sizes },
  build,
}: LowerContext<SizedAttributes>): string[] {
  const axes = sizes.length;
  const [count, channels] = sizesOf(inputTypes[0]!.shape.slice(0, 2)) as [number, number];
  const outputs = staticSize(inputTypes[1]!.shape[1], 'ConvWeight');
  const places = sizesOf(inputTypes[1]!.shape.slice(2));
  const long = places.reduce((product, size) => product * size, count);
  const spatial = sizes.map((_, axis) => axis + 3);
  const grouped = build.emit('Reshape', [
    channelsFirst(build, x!, axes),
    build.integers([groups, channels / groups, count, ...sizesOf(inputTypes[0]!.shape.slice(2))]),
  ]);
  const padded = padAxes(build, grouped, 3, pads);
  const offsets = sizes.reduce<number[][]>(
    (list, size) => list.flatMap((offset) => Array.from({ length: size }, (_, at) => [...offset, at])),
    [[]],
  );
  const shifted = offsets.map((offset) =>
    build.emit('Slice', [
      padded,
      build.integers(offset),
      build.integers(offset.map((start, axis) => start + (places[axis]! - 1) * strides[axis]! + 1)),
      build.integers(spatial),
      build.integers(strides),
    ]),
  );
  const joined = shifted.length === 1 ? shifted[0]! : build.emit('Concat', shifted, { axis: 1 });
  const rows = (offsets.length * channels) / groups;
  const up = channelsFirst(build, y!, axes);
  let product: string;
  if (groups === 1) {
    const left = build.emit('Reshape', [up, build.integers([outputs, long])]);
    const right = build.emit('Reshape', [joined, build.integers([rows, long])]);
    product = build.emit('Gemm', [left, right], { transB: 1 });
  } else {
    const left = build.emit('Reshape', [up, build.integers([groups, outputs / groups, long])]);
    const right = build.emit('Reshape', [joined, build.integers([groups, rows, long])]);
    product = build.emit('MatMul', [left, build.emit('Transpose', [right], { perm: [0, 2, 1] })]);
  }
  const parts = build.emit('Reshape', [product, build.integers([outputs, ...sizes, channels / groups])]);
  return [build.emit('Transpose', [parts], { perm: [0, axes + 1, ...sizes.map((_, axis) => axis + 1)] })];
}

function separableShifts({
  inputs: [x, y],
  inputTypes,
  attributes: { pads, sizes },
  build,
}: LowerContext<SizedAttributes>): string[] {
  const [count, channels, height, width] = sizesOf(inputTypes[0]!.shape) as [number, number, number, number];
  const outputs = staticSize(inputTypes[1]!.shape[1], 'ConvWeight');
  const [placesHigh, placesWide] = sizesOf(inputTypes[1]!.shape.slice(2)) as [number, number];
  const [kernelHigh, kernelWide] = sizes as [number, number];
  const padded = padAxes(build, channelsFirst(build, x!, 2), 2, pads);
  const rowsHigh = height + pads[0]! + pads[2]!;
  const long = count * rowsHigh * placesWide;
  const whole = width + pads[1]! + pads[3]! === placesWide;
  const columns = whole
    ? [padded]
    : Array.from({ length: kernelWide }, (_, at) =>
        build.emit('Slice', [
          padded,
          build.integers([at]),
          build.integers([at + placesWide]),
          build.integers([3]),
        ]),
      );
  const up = channelsFirst(build, y!, 2);
  const rows = Array.from({ length: kernelHigh }, (_, at) =>
    padAxes(build, up, 2, [at, 0, rowsHigh - placesHigh - at, 0]),
  );
  const join = (parts: string[], size: number) =>
    build.emit('Reshape', [
      parts.length === 1 ? parts[0]! : build.emit('Concat', parts, { axis: 0 }),
      build.integers([size, long]),
    ]);
  const product = build.emit(
    'Gemm',
    [join(rows, kernelHigh * outputs), join(columns, kernelWide * channels)],
    { transB: 1 },
  );
  const parts = reshapeTo(build, product, [kernelHigh, outputs, kernelWide * channels]);
  const byOutput = build.emit('Transpose', [parts], { perm: [1, 0, 2] });
  const elements = reshapeTo(build, byOutput, [outputs, kernelHigh * kernelWide, channels]);
  const last = build.emit('Transpose', [elements], { perm: [0, 2, 1] });
  return [reshapeTo(build, last, [outputs, channels, kernelHigh, kernelWide])];
}

/** Images whose channels fill whole blocks; the kernels know nothing else. */
function fitsBlocks(build: Lowering, weight: TensorType, groups: number): boolean {
  const block = build.channelBlock;
  if (block === undefined || weight.shape.length !== 4 || weight.dtype !== 'float32' || groups !== 1)
    return false;
  const [outputs, channels] = sizesOf(weight.shape);
  return outputs! % block === 0 && channels! % block === 0;
}

/**
 * The runtime's convolution over channels in blocks, 1.3 to 1.8 times as fast as its plain one even with the reordering
 * (measured for 32 to 128 channels). Its own optimiser uses it for constant weights only, so that training, where they
 * change every step, has to ask for it. Weights are ordered [O/b, C/b, kh, kw, b inputs, b outputs].
 */
function blockedConv(
  build: Lowering,
  x: string,
  weight: string,
  transposed: boolean,
  { shape }: TensorType,
  { strides, pads }: { strides: readonly number[]; pads: readonly number[] },
): string {
  const block = build.channelBlock!;
  const [first, second, high, wide] = sizesOf(shape) as [number, number, number, number];
  const [outputs, channels] = transposed ? [second, first] : [first, second];
  const area = high * wide;
  // In two steps, because the runtime moves one axis, or runs of values, several times as fast as single values.
  const rows = transposed
    ? build.emit('Transpose', [reshapeTo(build, weight, [first, second, area])], { perm: [0, 2, 1] })
    : build.emit('Transpose', [reshapeTo(build, weight, [first, second * area])], { perm: [1, 0] });
  const split = transposed
    ? [first / block, block, area, second / block, block]
    : [second / block, block, area, first / block, block];
  const blocks = build.emit('Transpose', [reshapeTo(build, rows, split)], { perm: [3, 0, 2, 1, 4] });
  const backwards = build.integers(Array.from({ length: area }, (_, at) => area - 1 - at));
  const turned = transposed ? build.emit('Gather', [blocks, backwards], { axis: 2 }) : blocks;
  const ordered = reshapeTo(build, turned, [outputs, channels, high, wide]);
  const y = build.emitBlocked('Conv', [build.emitBlocked('ReorderInput', [x]), ordered], {
    kernel_shape: [high, wide],
    strides,
    pads,
    dilations: [1, 1],
    group: 1,
  });
  return build.emitBlocked('ReorderOutput', [y], { channels: outputs });
}

function reshapeTo(build: Lowering, x: string, shape: readonly number[]): string {
  return build.emit('Reshape', [x, build.integers(shape)]);
}

/** Reverses the given axes. */
function flip(build: Lowering, x: string, axes: readonly number[]): string {
  return build.emit('Slice', [
    x,
    build.integers(axes.map(() => -1)),
    build.integers(axes.map(() => -(2 ** 31))),
    build.integers(axes),
    build.integers(axes.map(() => -1)),
  ]);
}

/** [N, C, …] to [C, N, …]. */
function channelsFirst(build: Lowering, x: string, axes: number): string {
  const spatial = Array.from({ length: axes }, (_, axis) => axis + 2);
  return build.emit('Transpose', [x], { perm: [1, 0, ...spatial] });
}

/** Zeros around the axes from `first` on: all befores, then all afters. */
function padAxes(build: Lowering, x: string, first: number, pads: readonly number[]): string {
  if (pads.every((pad) => pad === 0)) return x;
  const axes = pads.length / 2;
  const leading = new Array<number>(first).fill(0);
  return build.emit('Pad', [
    x,
    build.integers([...leading, ...pads.slice(0, axes), ...leading, ...pads.slice(axes)]),
  ]);
}

function sizesOf(shape: readonly (number | string)[]): number[] {
  return shape.map((dim) => staticSize(dim, 'a convolution'));
}
