/** @file Matrix products: `Gemm` for matrices, with transposed operands and a bias, and `MatMul` for batches of them. */
import { elementAt, fillArray } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { broadcastShapes, type Shape, type TensorType } from '../ir/types';
import { applyOne, defineOp, requireFloating, shapeError } from './define';
import { broadcastOf, type NoAttributes } from './elementwise';
import { transpose } from './movement';

type GemmAttributes = { readonly transposeLeft: boolean; readonly transposeRight: boolean };

/** left·right + bias for matrices; the flags transpose an operand without moving it. */
const gemmOp = defineOp<GemmAttributes>({
  name: 'Gemm',
  infer(types, { transposeLeft, transposeRight }) {
    requireFloating('Gemm', types);
    const [left, right, bias] = types as [TensorType, TensorType, TensorType | undefined];
    if (left.shape.length !== 2 || right.shape.length !== 2 || left.dtype !== right.dtype)
      throw shapeError('Gemm', types, 'two matrices of one element type');
    const [rows, inner] = transposeLeft ? [left.shape[1]!, left.shape[0]!] : [left.shape[0]!, left.shape[1]!];
    const [other, columns] = transposeRight
      ? [right.shape[1]!, right.shape[0]!]
      : [right.shape[0]!, right.shape[1]!];
    if (inner !== other)
      throw shapeError(
        'Gemm',
        types,
        `equal inner sizes, not ${inner} and ${other}`,
        'transpose one operand, or pass transposeLeft or transposeRight',
      );
    if (bias && !(bias.shape.length === 1 && bias.shape[0] === columns))
      throw shapeError('Gemm', types, `a bias of shape [${columns}]`);
    return [{ dtype: left.dtype, shape: [rows, columns] }];
  },
  gradient: {
    // y = A·B: dA = up·Bᵀ and dB = Aᵀ·up; with a transposed operand, the transpose of that.
    rule({
      inputs: [left, right, bias],
      attributes: { transposeLeft: tl, transposeRight: tr },
      upstream: [up],
    }) {
      const forLeft = tl ? gemm(right!, up!, tr, true) : gemm(up!, right!, false, !tr);
      const forRight = tr ? gemm(up!, left!, true, tl) : gemm(left!, up!, !tl, false);
      return bias ? [forLeft, forRight, up!] : [forLeft, forRight];
    },
  },
  lower: ({ inputs, attributes, build }) => [
    build.emit('Gemm', inputs, {
      transA: Number(attributes.transposeLeft),
      transB: Number(attributes.transposeRight),
    }),
  ],
  reference: ([left, right, bias], { transposeLeft, transposeRight }) => {
    const [rows, inner] = transposeLeft ? [left!.shape[1]!, left!.shape[0]!] : left!.shape;
    const columns = transposeRight ? right!.shape[0]! : right!.shape[1]!;
    return [
      fillArray([rows!, columns], ([row, column]) => {
        let sum = bias ? bias.data[column!]! : 0;
        for (let k = 0; k < inner!; k++)
          sum +=
            elementAt(left!, transposeLeft ? [k, row!] : [row!, k]) *
            elementAt(right!, transposeRight ? [column!, k] : [k, column!]);
        return sum;
      }),
    ];
  },
  cases: [
    {
      inputs: [{ shape: [3, 4] }, { shape: [4, 2] }],
      attributes: { transposeLeft: false, transposeRight: false },
    },
    {
      inputs: [{ shape: [4, 3] }, { shape: [4, 2] }, { shape: [2] }],
      attributes: { transposeLeft: true, transposeRight: false },
    },
    {
      inputs: [{ shape: [3, 4] }, { shape: [2, 4] }, { shape: [2] }],
      attributes: { transposeLeft: false, transposeRight: true },
    },
    {
      inputs: [{ shape: [4, 3] }, { shape: [2, 4] }],
      attributes: { transposeLeft: true, transposeRight: true },
    },
  ],
});

const matmulOp = defineOp<NoAttributes>({
  name: 'MatMul',
  infer(types) {
    requireFloating('MatMul', types);
    const [left, right] = types as [TensorType, TensorType];
    const leading = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
    if (left.shape.length < 2 || right.shape.length < 2 || left.dtype !== right.dtype)
      throw shapeError('MatMul', types, 'two operands of one element type with at least two axes each');
    if (!leading || left.shape.at(-1) !== right.shape.at(-2))
      throw shapeError(
        'MatMul',
        types,
        'leading axes that broadcast, and equal inner sizes',
        'transpose the last two axes of one operand',
      );
    return [{ dtype: left.dtype, shape: [...leading, left.shape.at(-2)!, right.shape.at(-1)!] }];
  },
  gradient: {
    // leftᵀ·up for the right operand, or (upᵀ·left)ᵀ: a product whose large operand is turned takes twice the time.
    rule({ inputs: [left, right], upstream: [up] }) {
      const [inner, columns] = [left!.shape.at(-1)!, up!.shape.at(-1)!];
      const turnUp = typeof inner === 'number' && typeof columns === 'number' && columns < inner;
      return [
        matmul(up!, swapLast(right!)),
        turnUp ? swapLast(matmul(swapLast(up!), left!)) : matmul(swapLast(left!), up!),
      ];
    },
  },
  lower: ({ inputs, build }) => [build.emit('MatMul', inputs)],
  reference: ([left, right]) => {
    const leading = broadcastOf(left!.shape.slice(0, -2), right!.shape.slice(0, -2));
    const inner = left!.shape.at(-1)!;
    return [
      fillArray([...leading, left!.shape.at(-2)!, right!.shape.at(-1)!], (index) => {
        const batch = index.slice(0, -2);
        let sum = 0;
        for (let k = 0; k < inner; k++)
          sum +=
            elementAt(left!, [...batch, index.at(-2)!, k]) * elementAt(right!, [...batch, k, index.at(-1)!]);
        return sum;
      }),
    ];
  },
  cases: [
    { inputs: [{ shape: [2, 3, 4] }, { shape: [2, 4, 2] }], attributes: {} },
    { inputs: [{ shape: [2, 1, 3, 4] }, { shape: [3, 4, 2] }], attributes: {} },
    { inputs: [{ shape: [2, 3, 4] }, { shape: [4, 2] }], attributes: {} },
  ],
});

/**
 * Matrix product. Two matrices become one `Gemm`; with more axes the last two are multiplied and the others broadcast.
 * A vector operand is an error: say whether it is a row or a column with `reshape`.
 */
export function matmul(
  left: Tensor,
  right: Tensor,
  options: { transposeLeft?: boolean; transposeRight?: boolean } = {},
): Tensor {
  const { transposeLeft = false, transposeRight = false } = options;
  if (left.rank === 2 && right.rank === 2) return gemm(left, right, transposeLeft, transposeRight);
  return applyOne(
    matmulOp,
    [transposeLeft ? swapLast(left) : left, transposeRight ? swapLast(right) : right],
    {},
  );
}

/** x·weight + bias as one node: x [rows, inputs], weight [inputs, outputs], bias [outputs]. */
export function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return applyOne(gemmOp, [x, weight, bias], { transposeLeft: false, transposeRight: false });
}

function gemm(left: Tensor, right: Tensor, transposeLeft: boolean, transposeRight: boolean): Tensor {
  return applyOne(gemmOp, [left, right], { transposeLeft, transposeRight });
}

function swapLast(x: Tensor): Tensor {
  if (x.rank < 2) return x;
  const axes: Shape = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2] as number[]);
}
