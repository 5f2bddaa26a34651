/** @file For every declared operation: gradient and second derivative against finite differences, and the byte round trip. */
import { describe, expect, it } from 'vitest';
import { add, declaredOps, evaluate, gradient, toOnnx, trace, type Graph, type HostArray } from '..';
import { decodeModel, encodeModel } from '../onnx/codec';
import { isFloating } from '../ir/types';
import {
  caseGraph,
  caseTypes,
  caseValues,
  centralDifferences,
  hasGradient,
  weightedLoss,
  weightedSum,
} from '../testing/op-cases';
import { expectClose } from '../testing/expect-close';

const rows = declaredOps().flatMap((op) =>
  op.cases.map((sample, position) => ({ op, sample, title: `${op.name} case ${position + 1}` })),
);
const differentiable = rows.filter(({ op, sample }) => hasGradient(op, sample));

it('no operation is declared without cases', () => {
  expect(declaredOps().filter((op) => op.cases.length === 0)).toEqual([]);
  expect(declaredOps().length).toBeGreaterThan(40);
});

it('an operation without a gradient says why', () => {
  for (const { gradient: rule } of declaredOps())
    if ('none' in rule) expect(rule.none.split(' ').length).toBeGreaterThan(3);
});

describe.each(differentiable)('$title', ({ op, sample }) => {
  const types = caseTypes(sample);
  const names = Object.keys(types).filter((name) => isFloating(types[name]!.dtype));
  const values = caseValues(op, sample);
  const slopes = trace(`${op.name}.gradient`, types, (operands) => {
    const loss = weightedLoss(op, sample, Object.values(operands));
    const results = gradient(
      loss,
      names.map((name) => operands[name]!),
    );
    return { loss, ...Object.fromEntries(names.map((name, position) => [`d.${name}`, results[position]!])) };
  });

  it('gradient equals central differences', () => {
    const found = evaluate(slopes, values);
    for (const name of names)
      expectClose(found[`d.${name}`]!.data, differences(slopes, values, name, 'loss'), {
        rtol: 1e-5,
        atol: 1e-6,
      });
  });

  it('second derivative equals central differences of the gradient', () => {
    const curvature = trace(`${op.name}.curvature`, types, (operands) => {
      const wrt = names.map((name) => operands[name]!);
      const first = gradient(weightedLoss(op, sample, Object.values(operands)), wrt);
      const mixed = first
        .map((slope, position) => weightedSum(slope, `second${position}`))
        .reduce((sum, part) => add(sum, part));
      const second = gradient(mixed, wrt);
      return {
        mixed,
        ...Object.fromEntries(names.map((name, position) => [`d.${name}`, second[position]!])),
      };
    });
    const found = evaluate(curvature, values);
    for (const name of names)
      expectClose(found[`d.${name}`]!.data, differences(curvature, values, name, 'mixed'), {
        rtol: 1e-4,
        atol: 1e-5,
      });
  });
});

describe.each(rows)('$title', ({ op, sample }) => {
  it('survives the round trip through ONNX bytes', () => {
    const bytes = toOnnx(caseGraph(op, sample));
    const model = decodeModel(bytes);
    expect(model.graph!.node!.length).toBeGreaterThan(0);
    expect(encodeModel(model)).toEqual(bytes);
  });
});

function differences(
  graph: Graph,
  values: Record<string, HostArray>,
  name: string,
  output: string,
): Float64Array {
  return centralDifferences(values[name]!.data, (data) => {
    const moved = { ...values, [name]: { ...values[name]!, data } };
    return evaluate(graph, moved)[output]!.data[0]!;
  });
}
