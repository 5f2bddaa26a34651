/** @file Half and double resolution for images [N, C, H, W] and sequences [N, C, L]: mean over blocks, and repetition. */
import { elementAt, fillArray } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { isStatic, staticSize, type Shape, type TensorType } from '../ir/types';
import { multiply } from './arithmetic';
import { applyOne, defineOp, requireFloating, shapeError, type LowerContext, type OpCase } from './define';

type FactorAttributes = { readonly factor: number };

function cases(scale: number): OpCase<FactorAttributes>[] {
  return [
    { inputs: [{ shape: [2, 3, 2 * scale, 3 * scale] }], attributes: { factor: 2 } },
    { inputs: [{ shape: [1, 2, 4 * scale] }], attributes: { factor: 2 } },
  ];
}

function requireSpatial(op: string, types: readonly TensorType[], { factor }: FactorAttributes): void {
  requireFloating(op, types);
  if (types[0]!.shape.length < 3 || !Number.isInteger(factor) || factor < 1)
    throw shapeError(
      op,
      types,
      `[batch, channels, …sizes] and a whole factor from 1, not factor ${factor}`,
      'a batch of images is [N, C, H, W], a batch of sequences [N, C, L]',
    );
}

/** The mean over blocks of `factor` in every spatial axis; the transpose of `UpsampleNearest` up to a factor. */
const averagePoolOp = defineOp<FactorAttributes>({
  name: 'AveragePool',
  infer(types, attributes) {
    requireSpatial('AveragePool', types, attributes);
    const { dtype, shape } = types[0]!;
    const sizes = shape.slice(2).map((dim) => {
      const size = staticSize(dim, 'AveragePool');
      if (size % attributes.factor === 0) return size / attributes.factor;
      throw shapeError(
        'AveragePool',
        types,
        `sizes that ${attributes.factor} divides`,
        'pad the image first',
      );
    });
    return [{ dtype, shape: [...shape.slice(0, 2), ...sizes] }];
  },
  gradient: {
    rule: ({ inputs: [x], attributes: { factor }, upstream: [up] }) => [
      multiply(upsampleNearest(up!, factor), 1 / factor ** (x!.rank - 2)),
    ],
  },
  lower({ inputs, inputTypes, attributes: { factor }, build }) {
    const { dtype, shape } = inputTypes[0]!;
    const block = shape.slice(2).map(() => factor);
    if (dtype === 'float32')
      return [build.emit('AveragePool', inputs, { kernel_shape: block, strides: block })];
    // The pooling kernels know single precision only.
    const split = build.emit('Reshape', [inputs[0]!, build.shape(blockedShape(shape, factor))]);
    const axes = shape.slice(2).map((_, position) => 3 + 2 * position);
    return [build.emit('ReduceMean', [split, build.integers(axes)], { keepdims: 0 })];
  },
  reference: ([x], { factor }) => {
    const shape = x!.shape.map((size, axis) => (axis < 2 ? size : size / factor));
    const count = factor ** (shape.length - 2);
    return [
      fillArray(shape, (index) => {
        let sum = 0;
        for (let part = 0; part < count; part++) {
          let rest = part;
          const source = index.map((at, axis) => {
            if (axis < 2) return at;
            const offset = rest % factor;
            rest = Math.floor(rest / factor);
            return at * factor + offset;
          });
          sum += elementAt(x!, source);
        }
        return sum / count;
      }),
    ];
  },
  cases: cases(2),
});

/** Every value repeated `factor` times in every spatial axis. */
const upsampleNearestOp = defineOp<FactorAttributes>({
  name: 'UpsampleNearest',
  infer(types, attributes) {
    requireSpatial('UpsampleNearest', types, attributes);
    const { dtype, shape } = types[0]!;
    const sizes = shape.slice(2).map((dim) => staticSize(dim, 'UpsampleNearest') * attributes.factor);
    return [{ dtype, shape: [...shape.slice(0, 2), ...sizes] }];
  },
  gradient: {
    rule: ({ inputs: [x], attributes: { factor }, upstream: [up] }) => [
      multiply(averagePool(up!, factor), factor ** (x!.rank - 2)),
    ],
  },
  lower: lowerUpsample,
  reference: ([x], { factor }) => [
    fillArray(
      x!.shape.map((size, axis) => (axis < 2 ? size : size * factor)),
      (index) =>
        elementAt(
          x!,
          index.map((at, axis) => (axis < 2 ? at : Math.floor(at / factor))),
        ),
    ),
  ],
  cases: cases(1),
});

/** The resize kernel; in double precision, which it lacks, [N, C, H, 1, W, 1] expanded to [N, C, H, f, W, f] and joined. */
function lowerUpsample({
  inputs,
  inputTypes,
  outputTypes,
  attributes: { factor },
  build,
}: LowerContext<FactorAttributes>): string[] {
  const { dtype, shape } = inputTypes[0]!;
  if (dtype === 'float32') {
    const scales = shape.map((_, axis) => (axis < 2 ? 1 : factor));
    return [
      build.emit('Resize', [inputs[0]!, '', build.constant(scales, { dtype, shape: [shape.length] })], {
        mode: 'nearest',
        nearest_mode: 'floor',
        coordinate_transformation_mode: 'asymmetric',
      }),
    ];
  }
  const apart: Shape = [...shape.slice(0, 2), ...shape.slice(2).flatMap((dim) => [dim, 1])];
  const repeated: Shape = [...shape.slice(0, 2), ...shape.slice(2).flatMap((dim) => [dim, factor])];
  const split = build.emit('Reshape', [inputs[0]!, build.shape(apart)]);
  const expanded = build.emit('Expand', [split, build.shape(repeated)]);
  return [build.emit('Reshape', [expanded, build.shape(outputTypes[0]!.shape)])];
}

/** Means over non-overlapping blocks: [N, C, H, W] to [N, C, H/factor, W/factor]. Throws where a size does not divide. */
export function averagePool(x: Tensor, factor = 2): Tensor {
  return applyOne(averagePoolOp, [x], { factor });
}

/** Repeats values: [N, C, H, W] to [N, C, H·factor, W·factor]. */
export function upsampleNearest(x: Tensor, factor = 2): Tensor {
  return applyOne(upsampleNearestOp, [x], { factor });
}

function blockedShape(shape: Shape, factor: number): Shape {
  const spatial = shape.slice(2);
  if (!isStatic(spatial)) return shape;
  return [...shape.slice(0, 2), ...spatial.flatMap((size) => [Number(size) / factor, factor])];
}
