/** @file Derivatives built from the reverse walk: Jacobian–vector and Hessian–vector products, and divergences. */
import type { Tensor } from '../ir/tensor';
import { staticSize } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { shapeError } from '../ops/define';
import { concat, expand, reshape, slice } from '../ops/movement';
import { reduceSum } from '../ops/reduction';
import { scope } from '../ir/scope';
import { gradient, requireTypes, vjp, zerosLike } from './gradient';

/**
 * Jacobian–vector products: for each output Σ over the inputs of ∂output/∂input · tangent, in the output's shape. Found
 * by walking back twice: vᵀJ is linear in v, so that its own transposed Jacobian, applied to the tangents, is J·tangent.
 * Works wherever gradients of gradients do. Tangents have the types of the inputs; throws `tangent-type`.
 */
export function jvp(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  tangents: readonly Tensor[],
): Tensor[] {
  requireTypes('tangent-type', 'a tangent has another type than its input', inputs, tangents);
  return scope('jvp', () => {
    // Their values do not matter, only what depends on them.
    const seeds = outputs.map(zerosLike);
    return vjp(vjp(outputs, inputs, seeds), seeds, tangents);
  });
}

/** The products of a scalar loss's Hessian with vectors of the inputs' types, one for each input. */
export function hessianVectorProduct(
  loss: Tensor,
  inputs: readonly Tensor[],
  vectors: readonly Tensor[],
): Tensor[] {
  return scope('hessian', () => vjp(gradient(loss, inputs), inputs, vectors));
}

/**
 * The divergence Σ ∂vᵢ/∂xᵢ of a vector field at every row: field [rows, d] as computed from x [rows, d], every row from
 * its own row of x only, gives [rows]. Exact, by d walks back that share one forward pass; rows may be symbolic.
 */
export function divergence(field: Tensor, x: Tensor): Tensor {
  requireField(field, x);
  return scope('divergence', () => {
    const size = staticSize(x.shape[1], 'divergence');
    const parts = Array.from({ length: size }, (_, axis) => {
      const [slope] = vjp([field], [x], [expand(oneHot(axis, size, x), field.shape)]);
      return slice(slope!, { axis: 1, start: axis, end: axis + 1 });
    });
    return reshape(
      parts.reduce((sum, part) => add(sum, part)),
      x.shape.slice(0, 1),
    );
  });
}

/**
 * `divergence` in one walk back over d stacked copies of the rows: fewer and larger operations, but also d times the
 * forward pass. `field` is called on x and context with d times as many rows, which must be a known number.
 */
export function stackedDivergence(
  field: (x: Tensor, ...context: Tensor[]) => Tensor,
  x: Tensor,
  ...context: Tensor[]
): Tensor {
  return scope('divergence', () => {
    const rows = staticSize(x.shape[0], 'stackedDivergence');
    const size = staticSize(x.shape[1], 'stackedDivergence');
    const stacked = (tensor: Tensor) => concat(new Array<Tensor>(size).fill(tensor), 0);
    const copies = stacked(x);
    const values = field(copies, ...context.map(stacked));
    requireField(values, copies);
    const units = concat(
      Array.from({ length: size }, (_, axis) => expand(oneHot(axis, size, x), [rows, size])),
      0,
    );
    const [slope] = vjp([values], [copies], [units]);
    return reduceSum(reshape(reduceSum(multiply(slope!, units), 1), [size, rows]), 0);
  });
}

/**
 * Hutchinson's estimate εᵀ(∂v/∂x)ε of the divergence at every row (Hutchinson 1990), from one walk back. It is unbiased
 * for probes [rows, d] whose entries are independent with mean 0 and variance 1; signs have the least variance.
 */
export function hutchinsonDivergence(field: Tensor, x: Tensor, probes: Tensor): Tensor {
  requireField(field, x);
  return scope('divergence', () => {
    const [slope] = vjp([field], [x], [probes]);
    return reduceSum(multiply(slope!, probes), 1);
  });
}

function requireField(field: Tensor, x: Tensor): void {
  requireTypes('field-type', 'a vector field has another type than its points', [x], [field]);
  if (x.rank !== 2)
    throw shapeError('divergence', [field.type, x.type], 'points and vectors of shape [rows, d]');
}

function oneHot(axis: number, size: number, like: Tensor): Tensor {
  const data = Float32Array.from({ length: size }, (_, position) => Number(position === axis));
  return constant(data, [1, size], like.dtype);
}
