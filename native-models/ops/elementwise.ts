/** @file Makers of element-by-element operations: broadcasting shape rule and plain-loop reference, written once. */
import { MongeError } from '../error';
import { elementAt, fillArray } from '../ir/array';
import { Tensor } from '../ir/tensor';
import { broadcastShapes, type DType, type TensorType } from '../ir/types';
import {
  applyOne,
  defineOp,
  dtypeError,
  requireFloating,
  shapeError,
  type CaseInput,
  type GradientContext,
  type OpDefinition,
} from './define';
import { constantLike } from './constant';

export type NoAttributes = Record<string, never>;
/** A tensor, or a number that takes the other operand's element type. */
export type Operand = Tensor | number;

type Rule = (context: GradientContext<NoAttributes>, upstream: Tensor) => readonly (Tensor | undefined)[];

interface UnarySpec {
  name: string;
  onnx: string;
  value: (x: number) => number;
  /** The gradient for the input, from input, output and upstream gradient. */
  gradient: (x: Tensor, y: Tensor, upstream: Tensor) => Tensor;
  /** Range of the test values. */
  range: readonly [number, number];
  float64?: { none: string };
  /** Writes the nodes where one ONNX operator does not serve every element type. */
  lower?: OpDefinition<NoAttributes>['lower'];
}

/** Declares a floating-point function of one operand. */
export function defineUnary(spec: UnarySpec): OpDefinition<NoAttributes> {
  return defineOp<NoAttributes>({
    name: spec.name,
    float64: spec.float64,
    infer(types) {
      requireFloating(spec.name, types);
      return [types[0]!];
    },
    gradient: {
      rule: ({ inputs, outputs, upstream }) => [spec.gradient(inputs[0]!, outputs[0]!, upstream[0]!)],
    },
    lower: spec.lower ?? (({ inputs, build }) => [build.emit(spec.onnx, inputs)]),
    reference: ([x]) => [{ shape: x!.shape, data: x!.data.map(spec.value) }],
    cases: [
      { inputs: [{ shape: [3, 4], range: spec.range }], attributes: {} },
      { inputs: [{ shape: [], range: spec.range }], attributes: {} },
    ],
  });
}

interface BinarySpec {
  name: string;
  onnx: string;
  value: (left: number, right: number) => number;
  gradient: { none: string } | Rule;
  /** Element type of the result; default: that of the operands. */
  result?: DType;
  ranges?: readonly [readonly [number, number], readonly [number, number]];
  operands?: 'number' | 'floating';
}

/** Declares a function of two operands with NumPy broadcasting. */
export function defineBinary(spec: BinarySpec): OpDefinition<NoAttributes> {
  const rule = spec.gradient;
  return defineOp<NoAttributes>({
    name: spec.name,
    infer(types) {
      const [left, right] = types as [TensorType, TensorType];
      if (left.dtype !== right.dtype || left.dtype === 'bool')
        throw dtypeError(spec.name, types, 'two numeric operands of one element type');
      return [{ dtype: spec.result ?? left.dtype, shape: broadcastOrThrow(spec.name, types) }];
    },
    gradient: typeof rule === 'function' ? { rule: (context) => rule(context, context.upstream[0]!) } : rule,
    lower: ({ inputs, build }) => [build.emit(spec.onnx, inputs)],
    reference: ([left, right]) => [
      fillArray(broadcastOf(left!.shape, right!.shape), (index) =>
        spec.value(elementAt(left!, index), elementAt(right!, index)),
      ),
    ],
    cases: binaryCases(spec.ranges),
  });
}

function binaryCases(ranges: BinarySpec['ranges']) {
  const shapes: readonly (readonly [number[], number[]])[] = [
    [
      [3, 4],
      [3, 4],
    ],
    [[3, 4], [4]],
    [
      [3, 1],
      [1, 4],
    ],
    [[2, 3, 2], []],
    [[1], [2, 3]],
  ];
  return shapes.map(([left, right]) => ({
    inputs: [
      { shape: left, range: ranges?.[0] },
      { shape: right, range: ranges?.[1] },
    ] satisfies CaseInput[],
    attributes: {},
  }));
}

/** The broadcast shape of all operands; throws `shape-mismatch`. */
export function broadcastOrThrow(op: string, types: readonly TensorType[]): TensorType['shape'] {
  let shape: TensorType['shape'] = [];
  for (const type of types) {
    const next = broadcastShapes(shape, type.shape);
    if (!next)
      throw shapeError(
        op,
        types,
        'shapes that broadcast: from the last axis backwards, equal sizes or 1',
        'reshape one operand, or insert axes of size 1',
      );
    shape = next;
  }
  return shape;
}

/** `broadcastShapes` for sizes that are known to fit. */
export function broadcastOf(...shapes: readonly (readonly number[])[]): number[] {
  let result: readonly (number | string)[] = [];
  for (const shape of shapes) result = broadcastShapes(result, shape) ?? result;
  return result as number[];
}

/** Makes both operands tensors: a number takes the element type of the other one. */
export function operands(left: Operand, right: Operand, op: string): [Tensor, Tensor] {
  if (left instanceof Tensor) return [left, right instanceof Tensor ? right : constantLike(right, left)];
  if (right instanceof Tensor) return [constantLike(left, right), right];
  throw new MongeError({
    code: 'no-tensor',
    what: 'operation on two plain numbers',
    where: { op },
    got: `${left} and ${right}`,
    expected: 'at least one tensor',
  });
}

/** Applies a two-operand operation to tensors or numbers. */
export function applyBinary(op: OpDefinition<NoAttributes>, left: Operand, right: Operand): Tensor {
  return applyOne(op, operands(left, right, op.name), {});
}
