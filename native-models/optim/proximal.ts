/** @file A proximal step behind an optimiser: sparse group lasso (Simon et al. 2013), which switches whole columns and whole parameters off. */
import type { Tensor } from '../ir/tensor';
import { staticSize } from '../ir/types';
import { scope } from '../ir/scope';
import { divide, greater, maximum, multiply, subtract, where } from '../ops/arithmetic';
import { sqrt, square } from '../ops/functions';
import { reduceSum } from '../ops/reduction';
import type { Optimiser, UpdateRule } from './optimiser';

/**
 * Any optimiser, after whose step every parameter [rows, columns] is shrunk: each column by rate · `lassoColumns` in its
 * norm, then the whole by rate · `lassoGroup` · √columns in its norm. What is shorter than that becomes 0 and stays
 * 0 until its gradient is longer. The rate is the step's learning rate; with both at 0 it is the optimiser alone, to the bit.
 */
export function sparseGroupLasso(inner: Optimiser): Optimiser {
  const rules = new Map<UpdateRule, UpdateRule>();
  return {
    name: `${inner.name}Proximal`,
    hyper: [...inner.hyper, 'lassoColumns', 'lassoGroup'],
    scalars: inner.scalars,
    prepare({ learningRate, hyper, scalars }) {
      const prepared = inner.prepare({ learningRate, hyper, scalars });
      return {
        scalars: prepared.scalars,
        rates: {
          ...prepared.rates,
          shrinkColumns: multiply(learningRate, hyper.lassoColumns!),
          shrinkGroup: multiply(learningRate, hyper.lassoGroup!),
        },
      };
    },
    ruleFor(name, type) {
      const rule = inner.ruleFor(name, type);
      const known = rules.get(rule);
      if (known) return known;
      const made: UpdateRule = {
        slots: rule.slots,
        whole: true,
        update(context) {
          const { parameter, slots } = rule.update(context);
          const { shrinkColumns, shrinkGroup } = context.rates;
          return { parameter: shrunk(parameter, shrinkColumns!, shrinkGroup!), slots };
        },
      };
      rules.set(rule, made);
      return made;
    },
  };
}

/** x · max(0, 1 − by/‖x‖), by columns and then as a whole. */
function shrunk(x: Tensor, columns: Tensor, group: Tensor): Tensor {
  return scope('proximal', () => {
    const size = Math.sqrt(staticSize(x.shape[1], 'sparse group lasso'));
    const sparse = multiply(x, factor(reduceSum(square(x), 0, true), columns));
    return multiply(sparse, factor(reduceSum(square(sparse)), multiply(group, size)));
  });
}

/** max(0, 1 − by/√squares), 1 where nothing is taken off, though the norm be 0. */
function factor(squares: Tensor, by: Tensor): Tensor {
  const norm = sqrt(squares);
  const kept = maximum(subtract(1, divide(by, where(greater(norm, 0), norm, 1))), 0);
  return where(greater(by, 0), kept, 1);
}
