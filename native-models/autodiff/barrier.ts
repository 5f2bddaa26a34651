/** @file Barriers: a value that may not be computed before others are there. They order a graph, which has no order. */
import type { Tensor } from '../ir/tensor';
import { elementCount, isFloating, isStatic } from '../ir/types';
import { applyOne, defineOp, dtypeError, requireFloating } from '../ops/define';
import type { NoAttributes } from '../ops/elementwise';
import { cast } from '../ops/movement';

/** The first operand, bit for bit; the others must be computed before. */
const barrierOp = defineOp<NoAttributes>({
  name: 'Barrier',
  infer(types) {
    requireFloating('Barrier', types);
    if (types.some(({ dtype }) => dtype !== types[0]!.dtype))
      throw dtypeError('Barrier', types, 'operands of one element type');
    return [types[0]!];
  },
  gradient: {
    rule: ({ inputs, upstream }) => inputs.map((_, index) => (index === 0 ? upstream[0] : undefined)),
  },
  /**
   * Where(s < s, x, x) with s the sum of one entry of every operand waited for: x whatever s is, NaN too, and yet no
   * optimiser of the runtime sees through it.
   */
  lower({ inputs: [x, ...awaited], build, outputTypes }) {
    const flat = build.integers([-1]);
    const first = build.scalar(0, 'int32');
    const entries = awaited.map((name) =>
      build.emit('Gather', [build.emit('Reshape', [name, flat]), first], { axis: 0 }),
    );
    const sum = entries.reduce(
      (before, entry) => build.emit('Add', [before, entry]),
      build.scalar(0, outputTypes[0]!.dtype),
    );
    return [build.emit('Where', [build.emit('Less', [sum, sum]), x!, x!])];
  },
  reference: ([x]) => [x!],
  cases: [
    { inputs: [{ shape: [3, 4] }, { shape: [2] }], attributes: {} },
    { inputs: [{ shape: [2] }, { shape: [] }, { shape: [2, 3] }], attributes: {} },
  ],
});

/** `x`, computed after everything in `after`. Integers and empty tensors are not waited for. */
export function barrier(x: Tensor, after: readonly Tensor[]): Tensor {
  const awaited = after
    .filter(({ dtype, shape }) => isFloating(dtype) && !(isStatic(shape) && elementCount(shape) === 0))
    .map((tensor) => cast(tensor, x.dtype));
  return awaited.length === 0 ? x : applyOne(barrierOp, [x, ...awaited], {});
}
