/** @file Linear maps of the last axis: one matrix product whatever the number of leading axes. */
import type { Tensor, Tensors } from '../ir/tensor';
import { elementCount, float32, isStatic } from '../ir/types';
import { add, multiply } from '../ops/arithmetic';
import { constant } from '../ops/constant';
import { affine, matmul } from '../ops/linear-algebra';
import { reshape } from '../ops/movement';
import { scope } from '../ir/scope';
import { parameter, type Initial } from './module';

export interface LinearParametersOptions {
  /** Default true. */
  bias?: boolean;
  /** How the weight starts; the bias then starts at 0. Default: both uniform on ±1/√inputs. */
  initial?: Omit<Initial, 'type'>;
}

/**
 * The parameters `name.weight` [inputs, outputs] and `name.bias` [outputs] of a linear layer, uniform on ±1/√inputs
 * (the usual default; LeCun et al. 1998 for the scaling) unless told otherwise.
 */
export function linearParameters(
  name: string,
  inputs: number,
  outputs: number,
  options: LinearParametersOptions = {},
): Record<string, Initial> {
  const { bias = true, initial } = options;
  const limit = 1 / Math.sqrt(inputs);
  const table: Record<string, Initial> = {
    [`${name}.weight`]: { type: float32(inputs, outputs), ...(initial ?? { limit }) },
  };
  if (bias) table[`${name}.bias`] = { type: float32(outputs), ...(initial ? { value: 0 } : { limit }) };
  return table;
}

/** Uniform on ±√(6/(inputs+outputs)) (Glorot and Bengio 2010, formula 16). */
export function xavierUniform(inputs: number, outputs: number): { limit: number } {
  return { limit: Math.sqrt(6 / (inputs + outputs)) };
}

export interface LinearOptions {
  /** Whether the layer has a bias, as in `linearParameters`; default true. */
  bias?: boolean;
  /**
   * A number or scalar that the result is multiplied by. It goes into weight and bias, which hold far fewer values than
   * the result.
   */
  scale?: number | Tensor;
}

/**
 * x·weight + bias over the last axis of x [..., inputs], giving [..., outputs]. Leading axes are joined, so that forward
 * and backward are single products of matrices: the weight gradient of a product that broadcasts would be a batch of
 * products and a sum. Only where a leading size is symbolic, as in exported models, the axes stay apart.
 */
export function linear(parameters: Tensors, name: string, x: Tensor, options: LinearOptions = {}): Tensor {
  return scope(lastPart(name), () => {
    const weight = scaled(parameter(parameters, `${name}.weight`), options.scale);
    const bias =
      options.bias === false ? undefined : scaled(parameter(parameters, `${name}.bias`), options.scale);
    return linearMap(x, weight, bias);
  });
}

/** x·weight + bias for tensors at hand: x [..., inputs], weight [inputs, outputs], bias [outputs]. */
export function linearMap(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  if (x.rank === 2) return bias ? affine(x, weight, bias) : matmul(x, weight);
  const leading = x.shape.slice(0, -1);
  if (!isStatic(leading)) {
    const product = matmul(x, weight);
    return bias ? add(product, bias) : product;
  }
  const rows = reshape(x, [elementCount(leading), x.shape.at(-1)!]);
  return reshape(linearMap(rows, weight, bias), [...leading, weight.shape[1]!]);
}

/** The last part of a dotted parameter name: the scopes around it already tell the rest. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function scaled(tensor: Tensor, scale: number | Tensor | undefined): Tensor {
  if (scale === undefined || scale === 1) return tensor;
  return multiply(tensor, typeof scale === 'number' ? constant(scale, [], tensor.dtype) : scale);
}
