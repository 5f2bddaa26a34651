/** @file Normalisation over the last axis: LayerNorm (Ba et al. 2016) and RMSNorm (Zhang and Sennrich 2019). */
import { elementAt, fillArray, type NdArray } from '../ir/array';
import type { Tensor } from '../ir/tensor';
import { staticSize, type Shape, type TensorType } from '../ir/types';
import { add, multiply, subtract } from './arithmetic';
import { apply, defineOp, requireFloating, shapeError, type Lowering, type OpCase } from './define';
import { square } from './functions';
import { reduceMean, reduceSum } from './reduction';

type EpsilonAttributes = { readonly epsilon: number };

function casesWith(optional: number): OpCase<EpsilonAttributes>[] {
  const attributes = { epsilon: 1e-5 };
  const gain = { shape: [5], range: [0.5, 1.5] as const };
  const vectors = [gain, { shape: [5] }].slice(0, optional);
  return [
    { inputs: [{ shape: [3, 5] }], attributes },
    { inputs: [{ shape: [2, 2, 5] }, ...vectors], attributes },
    { inputs: [{ shape: [2, 5] }, gain], attributes },
  ];
}

/** x, and optionally a gain and a bias of the last axis' size. */
function inferNormalised(op: string, types: readonly TensorType[]): TensorType {
  requireFloating(op, types);
  const x = types[0]!;
  const size = x.shape.at(-1);
  if (
    size === undefined ||
    types.some((type) => type.dtype !== x.dtype) ||
    types.slice(1).some(({ shape }) => shape.length !== 1 || shape[0] !== size)
  )
    throw shapeError(op, types, 'an operand of at least one axis, and vectors of the last axis’ size');
  return x;
}

/** The type of the statistics: the last axis kept as size 1. */
function statisticType({ dtype, shape }: TensorType): TensorType {
  return { dtype, shape: [...shape.slice(0, -1), 1] };
}

/**
 * Inputs x, gain?, bias?; outputs y = (x−mean)·inverse·gain + bias, the mean, and the inverse deviation
 * 1/√(variance+ε), both kept for the backward pass.
 */
const layerNormOp = defineOp<EpsilonAttributes>({
  name: 'LayerNorm',
  infer(types) {
    const x = inferNormalised('LayerNorm', types);
    return [x, statisticType(x), statisticType(x)];
  },
  gradient: {
    rule({ inputs: [x, gain, bias], outputs: [, mean, inverse], upstream: [up, upMean, upInverse] }) {
      const centred = multiply(subtract(x!, mean!), inverse!);
      const parts: Tensor[] = [];
      if (up) {
        const slope = gain ? multiply(up, gain) : up;
        const along = reduceMean(multiply(slope, centred), -1, true);
        parts.push(
          multiply(
            inverse!,
            subtract(subtract(slope, reduceMean(slope, -1, true)), multiply(centred, along)),
          ),
        );
      }
      const count = staticSize(x!.shape.at(-1), 'the gradient of LayerNorm');
      if (upMean) parts.push(multiply(upMean, 1 / count));
      // d inverse / dx = −inverse²·centred/n
      if (upInverse)
        parts.push(multiply(multiply(multiply(upInverse, square(inverse!)), centred), -1 / count));
      const toX = parts.length === 0 ? undefined : parts.reduce((sum, part) => add(sum, part));
      return [toX, gain && up && overRows(multiply(up, centred)), bias && up && overRows(up)];
    },
  },
  lower({ inputs, inputTypes, attributes: { epsilon }, build }) {
    const { dtype, shape } = inputTypes[0]!;
    if (dtype === 'float64') return lowerDoubleLayerNorm(inputs, epsilon, build);
    const size = staticSize(shape.at(-1), 'LayerNorm');
    const gain = inputs[1] ?? build.constant(new Float64Array(size).fill(1), { dtype, shape: [size] });
    const given = inputs[2] === undefined ? [inputs[0]!, gain] : [inputs[0]!, gain, inputs[2]];
    return build.emitMany('LayerNormalization', given, 3, { axis: -1, epsilon: { float: epsilon } });
  },
  reference: ([x, gain, bias], { epsilon }) => {
    const [mean, inverse] = statistics(x!, epsilon, true);
    const y = fillArray(x!.shape, (index) => {
      const row = [...index.slice(0, -1), 0];
      const at = [index.at(-1)!];
      const centred = (elementAt(x!, index) - elementAt(mean, row)) * elementAt(inverse, row);
      return centred * (gain ? elementAt(gain, at) : 1) + (bias ? elementAt(bias, at) : 0);
    });
    return [y, mean, inverse];
  },
  cases: casesWith(2),
});

/** The kernel keeps its statistics in single precision, so in double precision the formula is written out. */
function lowerDoubleLayerNorm(inputs: readonly string[], epsilon: number, build: Lowering): string[] {
  const [x, gain, bias] = inputs;
  const axes = build.integers([-1]);
  const mean = build.emit('ReduceMean', [x!, axes], { keepdims: 1 });
  const centred = build.emit('Sub', [x!, mean]);
  const variance = build.emit('ReduceMean', [build.emit('Mul', [centred, centred]), axes], { keepdims: 1 });
  const root = build.emit('Sqrt', [build.emit('Add', [variance, build.scalar(epsilon, 'float64')])]);
  const inverse = build.emit('Reciprocal', [root]);
  let y = build.emit('Mul', [centred, inverse]);
  if (gain !== undefined) y = build.emit('Mul', [y, gain]);
  if (bias !== undefined) y = build.emit('Add', [y, bias]);
  return [y, mean, inverse];
}

/** Inputs x, gain?; outputs y = x·inverse·gain, and the inverse root mean square 1/√(mean(x²)+ε) for the backward pass. */
const rmsNormOp = defineOp<EpsilonAttributes>({
  name: 'RmsNorm',
  infer(types) {
    const x = inferNormalised('RmsNorm', types);
    return [x, statisticType(x)];
  },
  gradient: {
    rule({ inputs: [x, gain], outputs: [, inverse], upstream: [up, upInverse] }) {
      const scaled = multiply(x!, inverse!);
      const parts: Tensor[] = [];
      if (up) {
        const slope = gain ? multiply(up, gain) : up;
        const along = reduceMean(multiply(slope, scaled), -1, true);
        parts.push(multiply(inverse!, subtract(slope, multiply(scaled, along))));
      }
      const count = staticSize(x!.shape.at(-1), 'the gradient of RmsNorm');
      // d inverse / dx = −inverse²·scaled/n
      if (upInverse)
        parts.push(multiply(multiply(multiply(upInverse, square(inverse!)), scaled), -1 / count));
      const toX = parts.length === 0 ? undefined : parts.reduce((sum, part) => add(sum, part));
      return [toX, gain && up && overRows(multiply(up, scaled))];
    },
  },
  // Decomposed: RMSNormalization gives no inverse, and SimplifiedLayerNormalization gives a wrong one on WebGPU.
  lower({ inputs: [x, gain], inputTypes, attributes: { epsilon }, build }) {
    const { dtype } = inputTypes[0]!;
    const squares = build.emit('Mul', [x!, x!]);
    const mean = build.emit('ReduceMean', [squares, build.integers([-1])], { keepdims: 1 });
    const root = build.emit('Sqrt', [build.emit('Add', [mean, build.scalar(epsilon, dtype)])]);
    const inverse = build.emit('Reciprocal', [root]);
    const scaled = build.emit('Mul', [x!, inverse]);
    return [gain === undefined ? scaled : build.emit('Mul', [scaled, gain]), inverse];
  },
  reference: ([x, gain], { epsilon }) => {
    const [, inverse] = statistics(x!, epsilon, false);
    const y = fillArray(x!.shape, (index) => {
      const scaled = elementAt(x!, index) * elementAt(inverse, [...index.slice(0, -1), 0]);
      return scaled * (gain ? elementAt(gain, [index.at(-1)!]) : 1);
    });
    return [y, inverse];
  },
  cases: casesWith(1),
});

/** (x−mean)/√(variance+ε)·gain + bias over the last axis; gain and bias [size] are optional. */
export function layerNormalise(
  x: Tensor,
  options: { gain?: Tensor; bias?: Tensor; epsilon?: number } = {},
): Tensor {
  const { gain, bias, epsilon = 1e-5 } = options;
  if (bias && !gain) return add(layerNormalise(x, { epsilon }), bias);
  const given = [x, gain, bias].filter((tensor) => tensor !== undefined);
  return apply(layerNormOp, given, { epsilon })[0]!;
}

/** x/√(mean(x²)+ε)·gain over the last axis; the gain [size] is optional. */
export function rmsNormalise(x: Tensor, options: { gain?: Tensor; epsilon?: number } = {}): Tensor {
  const { gain, epsilon = 1e-5 } = options;
  return apply(rmsNormOp, gain ? [x, gain] : [x], { epsilon })[0]!;
}

/** The sum over all axes but the last. */
function overRows(x: Tensor): Tensor {
  return reduceSum(
    x,
    x.shape.slice(0, -1).map((_, axis) => axis),
  );
}

/** Mean (0 where not centred) and inverse root of the mean square deviation of every row. */
function statistics(x: NdArray, epsilon: number, centred: boolean): [NdArray, NdArray] {
  const size = x.shape.at(-1)!;
  const kept: Shape & readonly number[] = [...x.shape.slice(0, -1), 1];
  const row = (index: readonly number[], value: (entry: number) => number) => {
    let sum = 0;
    for (let at = 0; at < size; at++) sum += value(elementAt(x, [...index.slice(0, -1), at]));
    return sum / size;
  };
  const mean = fillArray(kept, (index) => (centred ? row(index, (entry) => entry) : 0));
  const inverse = fillArray(kept, (index) => {
    const centre = elementAt(mean, index);
    return 1 / Math.sqrt(row(index, (entry) => (entry - centre) ** 2) + epsilon);
  });
  return [mean, inverse];
}
