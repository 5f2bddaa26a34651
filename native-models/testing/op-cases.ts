/** @file Turns the sample cases of the declared operations into graphs and values, for the generated tests. */
import type { HostArray } from '../evaluate/evaluate';
import { sizeOf } from '../ir/array';
import type { Graph } from '../ir/graph';
import type { Attributes, Tensor } from '../ir/tensor';
import { isFloating, type DType, type TensorType } from '../ir/types';
import { multiply, add } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { apply, type CaseInput, type OpCase, type OpDefinition } from '../ops/define';
import { reduceSum } from '../ops/reduction';
import { stream } from '../random/stream';
import { trace } from '../trace/trace';

type AnyCase = OpCase<Attributes>;

/** `operand0: type, …` of a case. */
export function caseTypes(sample: AnyCase): Record<string, TensorType> {
  return Object.fromEntries(
    sample.inputs.map((input, position) => [
      `operand${position}`,
      { dtype: input.dtype ?? 'float32', shape: input.shape },
    ]),
  );
}

/** The same case with its floating-point operands (and the types its attributes name) in another element type. */
export function withElementType(sample: AnyCase, dtype: 'float32' | 'float64'): AnyCase {
  const inputs = sample.inputs.map((input) =>
    isFloating(input.dtype ?? 'float32') ? { ...input, dtype } : input,
  );
  const { type, body } = sample.attributes;
  // A loop's body has its own element types.
  if (body !== undefined) return sample;
  const named = typeof type === 'object' && 'dtype' in type && isFloating(type.dtype);
  const attributes = named ? { ...sample.attributes, type: { ...type, dtype } } : sample.attributes;
  return { inputs, attributes };
}

/** Whether a case has something to differentiate: a rule, and floating-point numbers going in and coming out. */
export function hasGradient(op: OpDefinition, sample: AnyCase): boolean {
  const inputs = Object.values(caseTypes(sample));
  const outputs = caseGraph(op, sample).outputs.map((output) => output.tensor.type);
  const floats = [inputs, outputs].every((types) => types.some((type) => isFloating(type.dtype)));
  return 'rule' in op.gradient && floats;
}

/** Whether a case keeps to what programs for WebGPU may use: no double precision, and int32 for ids. */
export function fitsWebGpu(op: OpDefinition, sample: AnyCase): boolean {
  const results = caseGraph(op, sample).outputs.map(({ tensor }) => tensor.dtype);
  return [...Object.values(caseTypes(sample)).map(({ dtype }) => dtype), ...results].every(
    (dtype) => dtype !== 'float64' && dtype !== 'int64',
  );
}

/** The values of a case's operands, drawn from streams named by operation and operand. */
export function caseValues(op: OpDefinition, sample: AnyCase): Record<string, HostArray> {
  return Object.fromEntries(
    sample.inputs.map((input, position) => [
      `operand${position}`,
      { data: drawValues(`${op.name}/${position}`, input), shape: input.shape },
    ]),
  );
}

/** The graph of one application: outputs `result0`, `result1`, … */
export function caseGraph(op: OpDefinition, sample: AnyCase): Graph {
  return trace(op.name, caseTypes(sample), (operands) => {
    const results = apply(op, Object.values(operands), sample.attributes);
    return Object.fromEntries(results.map((tensor, position) => [`result${position}`, tensor]));
  });
}

/** A scalar that every element of every output enters with its own weight, so that no error can cancel. */
export function weightedLoss(op: OpDefinition, sample: AnyCase, operands: readonly Tensor[]): Tensor {
  const results = apply(op, operands, sample.attributes).filter((tensor) => isFloating(tensor.dtype));
  return results
    .map((tensor, position) => weightedSum(tensor, `${op.name}/weights${position}`))
    .reduce((sum, part) => add(sum, part));
}

/** The sum of a tensor's elements with fixed random weights. */
export function weightedSum(tensor: Tensor, label: string): Tensor {
  const shape = tensor.shape as readonly number[];
  const weights = stream(1, label).normal(new Float32Array(sizeOf(shape)));
  return reduceSum(multiply(tensor, constant(weights, shape, tensor.dtype)));
}

/** Central differences of a function of one array, in double precision. */
export function centralDifferences(
  at: ArrayLike<number>,
  value: (data: Float64Array) => number,
  step = 1e-5,
): Float64Array {
  const data = Float64Array.from(at);
  return Float64Array.from(data, (centre, index) => {
    data[index] = centre + step;
    const above = value(data);
    data[index] = centre - step;
    const below = value(data);
    data[index] = centre;
    return (above - below) / (2 * step);
  });
}

function drawValues(label: string, input: CaseInput): Float64Array {
  if (input.values) return Float64Array.from(input.values);
  const dtype: DType = input.dtype ?? 'float32';
  const [low, high] = input.range ?? (dtype === 'bool' ? [0, 1] : [-2, 2]);
  const draws = stream(1, label).uniform(new Float32Array(sizeOf(input.shape)));
  return Float64Array.from(draws, (uniform) =>
    isFloating(dtype)
      ? Math.fround(low + (high - low) * uniform)
      : low + Math.floor((high - low + 1) * uniform),
  );
}
