/** @file Reverse-mode differentiation, graph to graph: walks back from outputs and applies each operation's rule. */
import { step } from '../debug';
import { MongeError } from '../error';
import { ancestors } from '../ir/graph';
import type { Node, Tensor } from '../ir/tensor';
import { elementCount, formatType, isFloating, isStatic, sameShape, sameType, type Shape } from '../ir/types';
import { add } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { expand, reshape } from '../ops/movement';
import { reduceSum } from '../ops/reduction';
import { withScope } from '../ir/scope';

/**
 * Gradients of a scalar loss with respect to the given tensors, in their order and shapes. The results are ordinary
 * tensors, so a gradient can be differentiated again. What the loss does not depend on gets zeros.
 * Throws `loss-not-scalar`, and `no-gradient` where an operation on the way has none.
 */
export function gradient(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (!isStatic(loss.shape) || elementCount(loss.shape) !== 1 || !isFloating(loss.dtype))
    throw new MongeError({
      code: 'loss-not-scalar',
      what: 'only a single floating-point number can be differentiated',
      got: formatType(loss.type),
      expected: 'one element',
      help: 'reduce the loss with reduceMean or reduceSum',
    });
  return vjp([loss], wrt, [constant(1, loss.shape, loss.dtype)]);
}

/**
 * Vector–Jacobian products: Σ over the outputs of cotangentᵀ · ∂output/∂input, for each input, in its shape. Cotangents
 * have the types of the outputs. Throws `cotangent-type`, and `no-gradient` where an operation on the way has none.
 */
export function vjp(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  cotangents: readonly Tensor[],
): Tensor[] {
  requireTypes('cotangent-type', 'a cotangent has another type than its output', outputs, cotangents);
  const order = ancestors(outputs);
  const gradients = step(
    'gradient',
    'walk back',
    () => walkBack(order, outputs, cotangents, inputs),
    () => `over ${order.length} nodes to ${inputs.length} tensors`,
  );
  return inputs.map((tensor) => gradients.get(tensor) ?? zerosLike(tensor));
}

/**
 * The reverse walk over the given nodes only, which are in an order that can be executed: from cotangents (undefined
 * where there is none) to the gradients of whatever they reach on the way to the inputs.
 */
export function walkBack(
  order: readonly Node[],
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  inputs: readonly Tensor[],
): ReadonlyMap<Tensor, Tensor> {
  const relevant = reachableFrom(inputs, order);
  const gradients = new Map<Tensor, Tensor>();
  outputs.forEach((output, position) => {
    const cotangent = cotangents[position];
    if (cotangent) accumulate(gradients, output, cotangent);
  });
  for (let position = order.length - 1; position >= 0; position--) {
    const node = order[position]!;
    const upstream = node.outputs.map((output) => gradients.get(output));
    if (upstream.every((value) => value === undefined) || !node.inputs.some((input) => relevant.has(input)))
      continue;
    const scopePath = node.scope.endsWith('gradient') ? node.scope : join(node.scope, 'gradient');
    withScope(scopePath, () => passBack(node, upstream, relevant, gradients));
  }
  return gradients;
}

/** Throws where two lists of tensors do not agree in length and types. */
export function requireTypes(
  code: string,
  what: string,
  wanted: readonly Tensor[],
  given: readonly Tensor[],
): void {
  const position = wanted.findIndex((tensor, index) => {
    const other = given[index];
    return !other || !sameType(tensor.type, other.type);
  });
  if (position === -1 && given.length === wanted.length) return;
  const at = position === -1 ? wanted.length : position;
  throw new MongeError({
    code,
    what,
    where: { tensor: `number ${at + 1}` },
    got: given[at] ? formatType(given[at].type) : 'none',
    expected: wanted[at] ? formatType(wanted[at].type) : `${wanted.length} tensors`,
  });
}

function accumulate(gradients: Map<Tensor, Tensor>, tensor: Tensor, contribution: Tensor): void {
  const before = gradients.get(tensor);
  gradients.set(tensor, before ? add(before, contribution) : contribution);
}

/** Adds one node's contributions to the gradients of its inputs. */
function passBack(
  node: Node,
  upstream: readonly (Tensor | undefined)[],
  relevant: ReadonlySet<Tensor>,
  gradients: Map<Tensor, Tensor>,
): void {
  const { op } = node;
  if ('none' in op.gradient) {
    if (op.name === 'StopGradient') return;
    throw new MongeError({
      code: 'no-gradient',
      what: op.gradient.none,
      where: { op: op.name },
      help: 'take the gradient with respect to something else, or wrap this part in stopGradient',
    });
  }
  const contributions = op.gradient.rule({
    inputs: node.inputs,
    outputs: node.outputs,
    upstream,
    wanted: node.inputs.map((input) => relevant.has(input)),
    attributes: node.attributes,
  });
  node.inputs.forEach((input, position) => {
    const contribution = contributions[position];
    if (contribution === undefined || !relevant.has(input)) return;
    const fitted = sumToShape(contribution, input.shape);
    if (!sameType(fitted.type, input.type))
      throw new MongeError({
        code: 'gradient-type',
        what: 'a gradient rule returned the wrong type',
        where: { op: op.name },
        got: formatType(fitted.type),
        expected: formatType(input.type),
      });
    accumulate(gradients, input, fitted);
  });
}

/** Undoes broadcasting: sums over the axes along which an operand was repeated. The only place that does so. */
function sumToShape(value: Tensor, shape: Shape): Tensor {
  if (sameShape(value.shape, shape)) return value;
  const missing = value.rank - shape.length;
  const repeated = value.shape.flatMap((dim, axis) => {
    const wanted = axis < missing ? 1 : shape[axis - missing];
    return axis < missing || (wanted === 1 && dim !== 1) ? [axis] : [];
  });
  const summed = reduceSum(value, repeated);
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}

/** All tensors that depend on one of the sources, and the sources. */
function reachableFrom(sources: readonly Tensor[], order: readonly Node[]): Set<Tensor> {
  const reached = new Set(sources);
  for (const node of order)
    if (node.inputs.some((input) => reached.has(input)))
      for (const output of node.outputs) reached.add(output);
  return reached;
}

/** Zeros of a tensor's type; sizes may be symbolic. */
export function zerosLike(tensor: Tensor): Tensor {
  return expand(constant(0, [], tensor.dtype), tensor.shape);
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}/${name}`;
}
