/** @file The assignment solver against brute force, ties, one dimension, and its refusals. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { assignmentWithLastRow, solveAssignment } from './assignment';
import { assign } from './testing';
import { middlePrices } from './middle-prices';

function total(cost: Float64Array | Float32Array, size: number, columns: ArrayLike<number>): number {
  return Array.from({ length: size }, (_, row) => cost[row * size + columns[row]!]!).reduce(
    (a, b) => a + b,
    0,
  );
}

function bruteForce(cost: Float32Array, size: number): number {
  let best = Infinity;
  const used = new Array<boolean>(size).fill(false);
  const search = (row: number, sum: number) => {
    if (row === size) best = Math.min(best, sum);
    for (let column = 0; column < size; column++)
      if (!used[column]) {
        used[column] = true;
        search(row + 1, sum + cost[row * size + column]!);
        used[column] = false;
      }
  };
  search(0, 0);
  return best;
}

describe('assign', () => {
  it('agrees with trying every permutation, n = 1 … 7', () => {
    for (let size = 1; size <= 7; size++)
      for (let trial = 0; trial < 20; trial++) {
        const cost = stream(trial, 'cost', size).normal(new Float32Array(size * size));
        const columns = assign(cost, size)!;
        expect([...columns].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, k) => k));
        expect(total(cost, size, columns)).toBeCloseTo(bruteForce(cost, size), 5);
      }
  });

  it('copes with ties and with a table of one value', () => {
    for (let trial = 0; trial < 20; trial++) {
      const cost = Float32Array.from(stream(trial, 'ties').integers(new Int32Array(36), 3));
      expect(total(cost, 6, assign(cost, 6)!)).toBe(bruteForce(cost, 6));
    }
    expect([...assign(new Float64Array(16), 4)!].sort()).toEqual([0, 1, 2, 3]);
  });

  it('sorts, when points lie on a line (n = 400)', () => {
    const size = 400;
    const x = stream(1, 'x').normal(new Float32Array(size));
    const y = stream(1, 'y').normal(new Float32Array(size));
    const cost = Float64Array.from(
      { length: size * size },
      (_, k) => -x[Math.floor(k / size)]! * y[k % size]!,
    );
    const columns = assign(cost, size)!;
    const rank = (values: Float32Array) => {
      const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
      return order.reduce((ranks, index, place) => ((ranks[index] = place), ranks), new Int32Array(size));
    };
    const [ranksOfX, ranksOfY] = [rank(x), rank(y)];
    columns.forEach((column, row) => expect(ranksOfY[column]).toBe(ranksOfX[row]));
  });

  it('gives up when asked, and refuses what it cannot solve', () => {
    const cost = stream(2, 'stop').normal(new Float32Array(50 * 50));
    expect(assign(cost, 50, { shouldStop: () => true })).toBeNull();
    expect(() => assign(new Float64Array(0), 8192)).toThrow('assignment-pool-too-large');
    expect(() => assign(new Float64Array([0, NaN, 1, 2]), 2)).toThrow('assignment-cost-not-finite');
  });
});

describe('dual variables', () => {
  function problem(size: number): Float64Array {
    return Float64Array.from(stream(size, 'dual').normal(new Float32Array(size * size)));
  }

  /** The least room of any row: how much dearer its second choice is than its own column. */
  function leastGap(cost: Float64Array, size: number, columns: Int32Array, prices: Float64Array): number {
    let least = Infinity;
    for (let row = 0; row < size; row++) {
      const own = cost[row * size + columns[row]!]! - prices[columns[row]!]!;
      for (let j = 0; j < size; j++)
        if (j !== columns[row]) least = Math.min(least, cost[row * size + j]! - prices[j]! - own);
    }
    return least;
  }

  it.each([2, 5, 40, 150])('prove the assignment, and the middle ones leave room (n = %i)', (size) => {
    const cost = problem(size);
    const { columns, prices } = solveAssignment(cost, size)!;
    expect(columns).toEqual(assign(cost, size));
    expect(leastGap(cost, size, columns, prices)).toBeGreaterThan(-1e-12);
    const middle = middlePrices(cost, size, { columns, prices });
    expect(leastGap(cost, size, columns, middle)).toBeGreaterThan(0);
  });

  it('start the next assignment: a last row after the others is as good as all at once', () => {
    for (const size of [1, 2, 30]) {
      const cost = problem(size);
      const columnOf = assignmentWithLastRow(cost, size);
      for (let trial = 0; trial < 10; trial++) {
        const last = stream(trial, 'last', size).normal(new Float32Array(size));
        const whole = cost.slice();
        whole.set(last, (size - 1) * size);
        expect(columnOf(last)).toBe(assign(whole, size)![size - 1]);
      }
    }
  });
});
