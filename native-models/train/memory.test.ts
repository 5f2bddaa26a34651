/** @file The memory estimate counts what is alive, on graphs small enough to count by hand. */
import { expect, it } from 'vitest';
import { constant } from '../ops/constant';
import { add, multiply } from '../ops/arithmetic';
import { scan } from '../ops/control';
import { exp, sqrt } from '../ops/functions';
import { matmul } from '../ops/linear-algebra';
import { reshape } from '../ops/movement';
import { reduceSum } from '../ops/reduction';
import { adamw } from '../optim/optimiser';
import { float32, type TensorType } from '../ir/types';
import { toyProgram } from '../testing/toy-program';
import { trace } from '../trace/trace';
import { estimateMemory, peakMemory } from './memory';

const KB = 1024;
/** 1 KB of values. */
const square = float32(16, 16);

it('frees a value after its last use, and works in place where nothing else reads it', () => {
  const chain = trace('chain', { x: square }, ({ x }) => ({ y: exp(sqrt(exp(x!))) }));
  expect(peakMemory(chain).bytes, 'one buffer for all three').toBe(KB);
  const kept = trace('kept', { x: square }, ({ x }) => {
    const first = exp(x!);
    return { y: multiply(sqrt(first), first) };
  });
  expect(peakMemory(kept).bytes).toBe(2 * KB);
  const products = trace('products', { x: square }, ({ x }) => {
    const first = matmul(x!, x!);
    const second = matmul(first, x!);
    return { y: matmul(second, first) };
  });
  expect(peakMemory(products).bytes).toBeGreaterThanOrEqual(2 * KB);
});

it('takes a reshaped value for the same memory, and an output for kept', () => {
  const viewed = trace('viewed', { x: square }, ({ x }) => ({ y: reshape(exp(x!), [256]) }));
  expect(peakMemory(viewed).bytes).toBe(KB);
  const both = trace('both', { x: square }, ({ x }) => {
    const first = exp(x!);
    return { first, second: sqrt(first) };
  });
  expect(peakMemory(both).bytes).toBe(2 * KB);
});

it('counts what a loop carries beside its step, and names the largest values', () => {
  const looped = (length: number) =>
    trace('looped', { x: square }, ({ x }) => {
      const { carry } = scan({
        carry: { state: x! },
        over: {},
        length,
        body: ({ state }) => ({ carry: { state: add(matmul(state!, state!), 1) }, outputs: {} }),
      });
      return { y: carry.state! };
    });
  // The loop's output, what is carried in, and what the step makes of it.
  expect(peakMemory(looped(3)).bytes).toBe(3 * KB + 4);
  expect(peakMemory(looped(1)).bytes, 'one step reads what was fed').toBe(2 * KB + 4);
  const wide = trace('wide', { x: square }, ({ x }) => ({
    y: reduceSum(matmul(x!, constant(new Float32Array(16 * 64), [16, 64]))),
  }));
  expect(peakMemory(wide).largest[0]!.bytes).toBe(4 * KB);
});

it('grows with the batch and the length of the run, and knows the state exactly', () => {
  const program = toyProgram(adamw(), 4);
  const estimate = estimateMemory(program);
  const bytes = (types: Record<string, TensorType>) =>
    Object.values(types).reduce(
      (sum, { shape }) => sum + 4 * shape.reduce<number>((a, b) => a * Number(b), 1),
      0,
    );
  expect(estimate.state).toBe(bytes(program.state));
  expect(estimate.stream).toBe(bytes(program.stream));
  expect(estimateMemory(program, 8).stream).toBe(2 * estimate.stream);
  const fromOneStep = estimateMemory(toyProgram(adamw(), 1), 4);
  expect(Math.abs(fromOneStep.total - estimate.total)).toBeLessThan(estimate.state / 4);
  expect(estimate.total).toBeGreaterThan(estimate.copies + estimate.activations + estimate.stream);
  expect(estimate.activations).toBeGreaterThan(estimate.state);
  expect(estimate.largest).toHaveLength(5);
});
