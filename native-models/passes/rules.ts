/** @file Local rewrites: each rule sees one node and may name a simpler tensor of the same value and type. */
import type { Node, Tensor } from '../ir/tensor';
import { broadcastShapes, sameShape, sameType } from '../ir/types';
import {
  addOp,
  divideOp,
  maximumOp,
  minimumOp,
  multiply,
  multiplyOp,
  subtractOp,
  whereOp,
} from '../ops/arithmetic';
import { constantOp } from '../ops/constant';
import { apply, type OpDefinition } from '../ops/define';
import { negateOp } from '../ops/functions';
import {
  castOp,
  expandOp,
  reshape,
  reshapeOp,
  sliceOp,
  stopGradientOp,
  transpose,
  transposeOp,
} from '../ops/movement';

type Rule = (node: Node) => Tensor | undefined;

/** Applies rules until none fits. A result with another type than the node's is never used. */
export function rewrite(node: Node): Tensor | undefined {
  let best: Tensor | undefined;
  // Every rule makes the graph smaller or moves towards a fixed order, but a bound costs nothing.
  for (let round = 0; round < 16; round++) {
    const current = best ? best.node : node;
    const next = current?.outputs.length === 1 ? firstMatch(current) : undefined;
    if (!next) break;
    best = next;
  }
  return best;
}

function firstMatch(node: Node): Tensor | undefined {
  for (const rule of RULES) {
    const better = rule(node);
    if (better && sameType(better.type, node.outputs[0]!.type)) return better;
  }
  return undefined;
}

/** In order of increasing complexity. */
const RULES: readonly Rule[] = [
  dropStopGradient,
  dropUnchanged,
  dropNeutral,
  joinTransposes,
  joinReshapes,
  joinFactors,
  dropExpandedOperands,
];

const BROADCASTING = named(addOp, subtractOp, multiplyOp, divideOp, minimumOp, maximumOp, whereOp);

function dropStopGradient(node: Node): Tensor | undefined {
  return is(node, stopGradientOp) ? node.inputs[0] : undefined;
}

/** Reshape, Expand or Cast to what the operand already is, and a Slice of everything. */
function dropUnchanged(node: Node): Tensor | undefined {
  const keeps = [reshapeOp, expandOp, castOp, sliceOp].some((op) => is(node, op));
  return keeps && sameType(node.inputs[0]!.type, node.outputs[0]!.type) ? node.inputs[0] : undefined;
}

/** x·1, x+0, x-0, x/1 and -(-x). */
function dropNeutral(node: Node): Tensor | undefined {
  const [left, right] = node.inputs;
  if (is(node, multiplyOp)) {
    if (isAll(right!, 1)) return left;
    if (isAll(left!, 1)) return right;
  }
  if (is(node, addOp)) {
    if (isAll(right!, 0)) return left;
    if (isAll(left!, 0)) return right;
  }
  if (is(node, subtractOp) && isAll(right!, 0)) return left;
  if (is(node, divideOp) && isAll(right!, 1)) return left;
  if (is(node, negateOp) && left!.node && is(left!.node, negateOp)) return left!.node.inputs[0];
  return undefined;
}

function joinTransposes(node: Node): Tensor | undefined {
  const inner = node.inputs[0]?.node;
  if (!is(node, transposeOp) || !inner || !is(inner, transposeOp)) return undefined;
  const first = inner.attributes.permutation as readonly number[];
  const both = (node.attributes.permutation as readonly number[]).map((axis) => first[axis]!);
  return both.every((axis, position) => axis === position)
    ? inner.inputs[0]
    : transpose(inner.inputs[0]!, both);
}

function joinReshapes(node: Node): Tensor | undefined {
  const inner = node.inputs[0]?.node;
  if (!is(node, reshapeOp) || !inner || !is(inner, reshapeOp)) return undefined;
  const source = inner.inputs[0]!;
  return sameShape(source.shape, node.outputs[0]!.shape) ? source : reshape(source, node.outputs[0]!.shape);
}

/** a·(b·x) with constant scalars becomes (a·b)·x. */
function joinFactors(node: Node): Tensor | undefined {
  if (!is(node, multiplyOp)) return undefined;
  for (const [factor, product] of [node.inputs, [...node.inputs].reverse()] as [Tensor, Tensor][]) {
    const outer = scalarOf(factor);
    if (outer === undefined || !product.node || !is(product.node, multiplyOp)) continue;
    const [left, right] = product.node.inputs as [Tensor, Tensor];
    const leftValue = scalarOf(left);
    const rightValue = scalarOf(right);
    if (rightValue !== undefined) return multiply(left, outer * rightValue);
    if (leftValue !== undefined) return multiply(right, outer * leftValue);
  }
  return undefined;
}

/** Elementwise operations broadcast by themselves, so an expanded operand need not be expanded. */
function dropExpandedOperands(node: Node): Tensor | undefined {
  if (!BROADCASTING.has(node.op.name)) return undefined;
  const wanted = node.outputs[0]!.shape;
  const inputs = [...node.inputs];
  let changed = false;
  for (let position = 0; position < inputs.length; position++) {
    const source = inputs[position]!.node;
    if (!source || !is(source, expandOp)) continue;
    const before = inputs[position]!;
    inputs[position] = source.inputs[0]!;
    const shape = inputs.reduce<readonly (number | string)[] | undefined>(
      (sum, input) => sum && broadcastShapes(sum, input.shape),
      [],
    );
    if (shape && sameShape(shape, wanted)) changed = true;
    else inputs[position] = before;
  }
  return changed ? apply(node.op, inputs, node.attributes)[0] : undefined;
}

function is(node: Node, op: { name: string }): boolean {
  return node.op.name === op.name;
}

function named(...ops: readonly Pick<OpDefinition, 'name'>[]): Set<string> {
  return new Set(ops.map((op) => op.name));
}

function isAll(tensor: Tensor, value: number): boolean {
  if (tensor.node?.op.name !== constantOp.name) return false;
  const data = tensor.node.attributes.data as Float64Array;
  return data.length > 0 && data.length <= 4096 && data.every((entry) => entry === value);
}

function scalarOf(tensor: Tensor): number | undefined {
  if (tensor.node?.op.name !== constantOp.name) return undefined;
  const data = tensor.node.attributes.data as Float64Array;
  return data.length === 1 ? data[0] : undefined;
}
