/** @file Makes graphs smaller without changing what they compute: folds constants, shares equal nodes, drops needless ones. */
import { buildBody, buildGraph, type Graph, type GraphOutput } from '../ir/graph';
import { Node, type Tensor } from '../ir/tensor';
import { elementCount, isStatic } from '../ir/types';
import { isGraph } from '../ir/verify';
import { rematerialiseOp } from '../autodiff/rematerialise';
import { evaluateNode } from '../evaluate/evaluate';
import { constant, constantOp } from '../ops/constant';
import { expandOp } from '../ops/movement';
import { withScope } from '../ir/scope';
import { rewrite } from './rules';

/** Larger constants are left to the runtime, so that a model does not grow by folding. */
const FOLD_LIMIT = 4096;

/** An equal graph with fewer nodes. Gradients must be taken before: stopGradient is gone afterwards. */
export function simplify(graph: Graph): Graph {
  const outputs = simplifyInto(graph, new Map(), new Map());
  return buildGraph(graph.name, graph.inputs, outputs);
}

function simplifyInto(graph: Graph, replaced: Map<Tensor, Tensor>, shared: Map<string, Node>): GraphOutput[] {
  const identities = new Map<Tensor | object, number>();
  const identityOf = (value: object) => {
    const known = identities.get(value) ?? identities.size;
    identities.set(value, known);
    return known;
  };
  const current = (tensor: Tensor) => replaced.get(tensor) ?? tensor;

  for (const node of graph.nodes) {
    const inputs = node.inputs.map(current);
    if (node.op.name === rematerialiseOp.name) {
      // The mark has done its work; its last inputs are its outputs.
      const first = inputs.length - node.outputs.length;
      node.outputs.forEach((output, position) => replaced.set(output, inputs[first + position]!));
      continue;
    }
    const candidate = rebuild(node, inputs, replaced);
    if (candidate.outputs.length === 1) {
      const better = withScope(node.scope, () => fold(candidate) ?? rewrite(candidate));
      // A rule may return any tensor, new or old; new ones are shared below like all others.
      if (better) {
        replaced.set(node.outputs[0]!, better.node ? share(better, identityOf, shared) : better);
        continue;
      }
    }
    const kept = shareNode(candidate, identityOf, shared);
    node.outputs.forEach((output, position) => replaced.set(output, kept.outputs[position]!));
  }
  return graph.outputs.map(({ name, tensor }) => ({ name, tensor: current(tensor) }));
}

function share(tensor: Tensor, identityOf: (value: object) => number, shared: Map<string, Node>): Tensor {
  return shareNode(tensor.node!, identityOf, shared).outputs[tensor.index]!;
}

/** Returns an earlier node that computes the same, or remembers this one. */
function shareNode(node: Node, identityOf: (value: object) => number, shared: Map<string, Node>): Node {
  const operands = node.inputs.map((input) => identityOf(input)).join();
  const key = `${node.op.name}(${operands})${attributeKey(node, identityOf)}`;
  const before = shared.get(key);
  if (before) return before;
  shared.set(key, node);
  return node;
}

function attributeKey(node: Node, identityOf: (value: object) => number): string {
  return JSON.stringify(node.attributes, (_key, value: unknown) => {
    if (isGraph(value)) return `graph ${identityOf(value)}`;
    if (ArrayBuffer.isView(value)) {
      const numbers = value as unknown as ArrayLike<number>;
      // -0 and 0 print alike but divide differently.
      return numbers.length <= FOLD_LIMIT
        ? Array.from(numbers, (number) => (Object.is(number, -0) ? '-0' : String(number))).join()
        : `data ${identityOf(value)}`;
    }
    return value;
  });
}

/** The same node on new inputs; a loop's body is simplified too and may read fewer values from outside. */
function rebuild(node: Node, inputs: readonly Tensor[], replaced: Map<Tensor, Tensor>): Node {
  const { body } = node.attributes;
  if (isGraph(body)) {
    const outputs = simplifyInto(body, new Map(replaced), new Map());
    const simpler = buildBody(body.name, body.inputs, outputs);
    const own = inputs.slice(0, inputs.length - body.captures.length);
    return copy(node, [...own, ...simpler.captures], { ...node.attributes, body: simpler });
  }
  return inputs.every((input, position) => input === node.inputs[position])
    ? node
    : copy(node, inputs, node.attributes);
}

function copy(node: Node, inputs: readonly Tensor[], attributes: Node['attributes']): Node {
  const types = node.outputs.map((output) => output.type);
  return new Node(node.op, inputs, attributes, types, node.scope);
}

/** The value of a node whose operands are all constants. */
function fold(node: Node): Tensor | undefined {
  const { shape, dtype } = node.outputs[0]!;
  // An expanded constant is better left small: elementwise operations broadcast it by themselves.
  if (
    node.inputs.length === 0 ||
    node.op.name === expandOp.name ||
    !isStatic(shape) ||
    elementCount(shape) > FOLD_LIMIT
  )
    return undefined;
  const operands: { shape: readonly number[]; data: Float64Array }[] = [];
  for (const { node: source } of node.inputs) {
    if (source?.op.name !== constantOp.name) return undefined;
    operands.push(constantOp.reference([], source.attributes as never, undefined as never)[0]!);
  }
  return constant(evaluateNode(node, operands)[0]!.data, shape, dtype);
}
