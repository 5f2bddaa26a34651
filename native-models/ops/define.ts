/** @file What an operation is: one declaration holds its shape rule, gradient, ONNX form, slow reference and test cases. */
import { MongeError } from '../error';
import type { NdArray } from '../ir/array';
import type { Graph } from '../ir/graph';
import type { Tensor } from '../ir/tensor';
import { Node, type Attributes } from '../ir/tensor';
import { formatType, isFloating, type DType, type Shape, type TensorType } from '../ir/types';
import { currentScope } from '../ir/scope';

/** What a gradient rule sees. Rules are pure maths: broadcasting is undone by the reverse walk, not here. */
export interface GradientContext<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Gradients of the loss with respect to the outputs; undefined where an output does not reach the loss. */
  readonly upstream: readonly (Tensor | undefined)[];
  /** For which inputs the walk can use a gradient; what a rule returns for others is dropped. */
  readonly wanted: readonly boolean[];
  readonly attributes: A;
}

/** What a lowering may ask for while it writes ONNX nodes. */
export interface Lowering {
  /** Adds an ONNX node with one output and returns the output's name. */
  emit(opType: string, inputs: readonly string[], attributes?: OnnxAttributes): string;
  /** Adds an ONNX node with `count` outputs and returns their names. */
  emitMany(opType: string, inputs: readonly string[], count: number, attributes?: OnnxAttributes): string[];
  /** Adds a node of the runtime's own blocked convolution kernels; only where `channelBlock` is set. */
  emitBlocked(opType: string, inputs: readonly string[], attributes?: OnnxAttributes): string;
  /** A one-dimensional int64 constant. */
  integers(values: readonly number[]): string;
  /** A zero-dimensional constant. */
  scalar(value: number, dtype: DType): string;
  /** A constant of any type and shape. */
  constant(data: ArrayLike<number>, type: TensorType): string;
  /** A shape as an int64 operand; symbolic sizes are read from the graph's inputs when the model runs. */
  shape(shape: Shape): string;
  /** Adds a Loop over `length` steps around a body; returns the names of its outputs. */
  loop(request: LoopRequest): string[];
  readonly target: 'cpu' | 'webgpu';
  /** Channels per block of the runtime's blocked convolution kernels; undefined where they must not be used. */
  readonly channelBlock: number | undefined;
}

export interface LoopRequest {
  readonly length: number;
  readonly body: Graph;
  readonly carry: readonly string[];
  readonly over: readonly string[];
  readonly captures: readonly string[];
}

export type OnnxAttributes = Readonly<Record<string, number | string | readonly number[] | FloatAttribute>>;
/** Marks a number as a float attribute even where it is whole. */
export interface FloatAttribute {
  readonly float: number;
}

export interface LowerContext<A> {
  readonly inputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  readonly attributes: A;
  readonly build: Lowering;
}

/** What a slow reference needs besides its operands. */
export interface ReferenceContext {
  /** The node's shapes with symbolic sizes filled in. */
  readonly resolve: (shape: Shape) => number[];
  readonly outputTypes: readonly TensorType[];
  readonly runBody: (body: Graph, inputs: readonly NdArray[], captures: readonly NdArray[]) => NdArray[];
}

/** One operand of a test case: a type, and the range its values are drawn from. */
export interface CaseInput {
  readonly dtype?: DType;
  readonly shape: readonly number[];
  /** Values are drawn evenly from this range; default -2 … 2. Whole numbers for integer types. */
  readonly range?: readonly [number, number];
  /** Exact values, where a range will not do. */
  readonly values?: readonly number[];
}

export interface OpCase<A> {
  readonly inputs: readonly CaseInput[];
  readonly attributes: A;
}

export interface OpDefinition<A extends Attributes = Attributes> {
  readonly name: string;
  /** The types of the outputs; throws a coded error where the operands do not fit. */
  infer(types: readonly TensorType[], attributes: A): readonly TensorType[];
  /** Gradients for the inputs (undefined: none), or the reason why there is none. */
  readonly gradient:
    { none: string } | { rule(context: GradientContext<A>): readonly (Tensor | undefined)[] };
  /** Present where there is no double-precision form on the CPU: the reason. */
  readonly float64?: { none: string };
  /** Present where there is no WebGPU form: the reason. */
  readonly webgpu?: { none: string };
  /** Writes the ONNX nodes and returns the output names. */
  lower(context: LowerContext<A>): readonly string[];
  /** The operation in plain loops and double precision. */
  reference(inputs: readonly NdArray[], attributes: A, context: ReferenceContext): readonly NdArray[];
  readonly cases: readonly OpCase<A>[];
}

const declared: OpDefinition[] = [];

/** Declares an operation; its name must be new. */
export function defineOp<A extends Attributes>(definition: OpDefinition<A>): OpDefinition<A> {
  if (declared.some((other) => other.name === definition.name))
    throw new MongeError({
      code: 'duplicate-op',
      what: 'operation declared twice',
      where: { op: definition.name },
    });
  declared.push(definition);
  return definition;
}

/** All operations declared so far, in order of declaration. */
export function declaredOps(): readonly OpDefinition[] {
  return declared;
}

/** Applies an operation: infers the output types and adds a node. */
export function apply<A extends Attributes>(
  op: OpDefinition<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  let types: readonly TensorType[];
  try {
    types = op.infer(
      inputs.map((input) => input.type),
      attributes,
    );
  } catch (thrown) {
    throw thrown instanceof MongeError ? locate(thrown, op.name) : thrown;
  }
  return new Node(op, inputs, attributes, types, currentScope()).outputs;
}

/** `apply` for the usual operation with one output. */
export function applyOne<A extends Attributes>(
  op: OpDefinition<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  return apply(op, inputs, attributes)[0]!;
}

/** The error of a shape rule: names the operation and every operand's type. */
export function shapeError(
  op: string,
  types: readonly TensorType[],
  expected: string,
  help?: string,
): MongeError {
  return new MongeError({
    code: 'shape-mismatch',
    what: 'operands do not fit',
    where: { op },
    got: types.map(formatType).join(' and '),
    expected,
    help,
  });
}

export function dtypeError(op: string, types: readonly TensorType[], expected: string): MongeError {
  return new MongeError({
    code: 'dtype-mismatch',
    what: 'element types do not fit',
    where: { op },
    got: types.map(formatType).join(' and '),
    expected,
    help: 'convert with cast(tensor, dtype)',
  });
}

export function requireFloating(op: string, types: readonly TensorType[]): void {
  if (!types.every((type) => isFloating(type.dtype))) throw dtypeError(op, types, 'float32 or float64');
}

/** Turns a possibly negative axis into one from 0 to rank-1; throws `invalid-axis`. */
export function normaliseAxis(axis: number, rank: number, op: string): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && normal >= 0 && normal < rank) return normal;
  throw new MongeError({
    code: 'invalid-axis',
    what: 'axis does not exist',
    where: { op },
    got: `axis ${axis} of ${rank} axes`,
    expected: rank === 0 ? 'no axis, for a scalar' : `a whole number from ${-rank} to ${rank - 1}`,
  });
}

/** Adds the caller's own source line, which only errors pay for. */
function locate(error: MongeError, op: string): MongeError {
  const line = (error.stack ?? '')
    .split('\n')
    .slice(1)
    .find(
      (frame) =>
        /^\s*at /.test(frame) && !/native-models[\\/](ops|trace|ir|autodiff)[\\/](?!.*\.test\.)/.test(frame),
    );
  const match = line?.match(/([^\\/()\s]+):(\d+):\d+\)?$/);
  const where = { ...error.detail.where, op: error.detail.where?.op ?? op };
  if (!match) return new MongeError({ ...error.detail, where });
  const detail = { ...error.detail, where: { file: match[1], line: Number(match[2]), ...where } };
  return new MongeError(detail, { cause: error });
}
