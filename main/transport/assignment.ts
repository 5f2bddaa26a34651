/** @file Exact linear assignment: augmenting row reduction, then shortest augmenting paths (Jonker and Volgenant 1987). */
import { MongeError } from '../../native-models/error';

/** The cost table grows with n² and the time with n³: beyond this a Sinkhorn coupling is the right tool. */
const LARGEST_ASSIGNMENT = 4096;

export interface AssignmentOptions {
  /** Starting dual variables of the columns, for example Sinkhorn potentials; any values are right, good ones are fast. */
  prices?: ArrayLike<number>;
  /** Asked between augmentations; true gives up. */
  shouldStop?: () => boolean;
  /** Rows assigned so far. */
  onProgress?: (assigned: number) => void;
}

/** Throws `assignment-pool-too-large` when `size` points on a side are too many. */
export function checkAssignmentSize(size: number): void {
  if (size <= LARGEST_ASSIGNMENT) return;
  throw new MongeError({
    code: 'assignment-pool-too-large',
    blame: 'input',
    what: 'an exact assignment of this many points would take too long',
    where: { key: 'poolSize' },
    got: String(size),
    expected: `at most ${LARGEST_ASSIGNMENT}`,
    help: `set poolSize=${LARGEST_ASSIGNMENT}, or coupling=sinkhorn, which approaches the assignment as epsilon goes to 0`,
  });
}

export interface Assignment {
  /** [size] the column of each row. */
  columns: Int32Array;
  /**
   * [size] dual variables v of the columns: every row's own column has the least cost_ij − v_j of its row, so that they prove
   * the assignment. They are not unique: `middlePrices` finds some that leave room on all sides.
   */
  prices: Float64Array;
}

/**
 * The permutation of least total cost, as the column of each row of `cost` [size, size], with the columns' dual variables.
 * Null when `shouldStop` said so. Throws `assignment-pool-too-large` and `assignment-cost-not-finite`.
 */
export function solveAssignment(
  cost: Float64Array | Float32Array,
  size: number,
  { prices, shouldStop, onProgress }: AssignmentOptions = {},
): Assignment | null {
  checkAssignmentSize(size);
  checkFinite(cost, size);
  const { problem, free } = begin(cost, size, size, prices);
  for (const [done, row] of free.entries()) {
    if (shouldStop?.()) return null;
    augment(problem, row);
    onProgress?.(size - free.length + done + 1);
  }
  return { columns: problem.columnOf, prices: problem.price };
}

/**
 * All rows but the last assigned once, so that any last row costs one augmentation: the returned function takes the costs
 * [size] of a last row and gives its column in the permutation of least total cost. `cost` is [size, size]; its last
 * row is not read.
 */
export function assignmentWithLastRow(
  cost: Float64Array,
  size: number,
): (lastRow: ArrayLike<number>) => number {
  checkAssignmentSize(size);
  const last = (size - 1) * size;
  const table = Float64Array.from(cost).fill(0, last);
  checkFinite(table, size);
  const { problem: base, free } = begin(table, size, size - 1);
  for (const row of free) augment(base, row);
  return (lastRow) => {
    table.set(lastRow, last);
    const { price, columnOf, rowOf } = base;
    const problem = { ...base, price: price.slice(), columnOf: columnOf.slice(), rowOf: rowOf.slice() };
    augment(problem, size - 1);
    return problem.columnOf[size - 1]!;
  };
}

interface Problem {
  cost: Float64Array | Float32Array;
  size: number;
  /** Dual variable of each column. */
  price: Float64Array;
  columnOf: Int32Array;
  rowOf: Int32Array;
}

/** The first `rows` rows as far as cheap steps take them, and those still free; prices start at the columns' minima. */
function begin(
  cost: Float64Array | Float32Array,
  size: number,
  rows: number,
  prices?: ArrayLike<number>,
): { problem: Problem; free: number[] } {
  const problem: Problem = {
    cost,
    size,
    price: prices ? Float64Array.from(prices) : columnMinima(cost.subarray(0, rows * size), size),
    columnOf: new Int32Array(size).fill(-1),
    rowOf: new Int32Array(size).fill(-1),
  };
  let free = greedyMatches(problem, rows);
  for (let pass = 0; pass < 2; pass++) free = reduceRows(problem, free);
  return { problem, free };
}

function columnMinima(cost: Float64Array | Float32Array, size: number): Float64Array {
  // Without rows no column is dearer than another.
  const minima = new Float64Array(size).fill(cost.length > 0 ? Infinity : 0);
  for (let at = 0, column = 0; at < cost.length; at++, column = column + 1 === size ? 0 : column + 1)
    if (cost[at]! < minima[column]!) minima[column] = cost[at]!;
  return minima;
}

/** Gives each row its cheapest column at current prices where that is still free; the rest is returned. */
function greedyMatches(problem: Problem, rows: number): number[] {
  const { columnOf, rowOf } = problem;
  const free: number[] = [];
  for (let row = 0; row < rows; row++) {
    const { best } = twoCheapest(problem, row);
    if (rowOf[best] === -1) {
      rowOf[best] = row;
      columnOf[row] = best;
    } else free.push(row);
  }
  return free;
}

/** Each free row takes its cheapest column, at a price at which it would as soon have its second; who is pushed out waits. */
function reduceRows(problem: Problem, free: readonly number[]): number[] {
  const { price, columnOf, rowOf } = problem;
  const next: number[] = [];
  for (const row of free) {
    const { best, gap } = twoCheapest(problem, row);
    price[best]! -= gap;
    const previous = rowOf[best]!;
    rowOf[best] = row;
    columnOf[row] = best;
    if (previous !== -1) {
      columnOf[previous] = -1;
      next.push(previous);
    }
  }
  return next;
}

function twoCheapest({ cost, size, price }: Problem, row: number): { best: number; gap: number } {
  let best = 0;
  let lowest = Infinity;
  let second = Infinity;
  for (let column = 0, at = row * size; column < size; column++, at++) {
    const reduced = cost[at]! - price[column]!;
    if (reduced < lowest) {
      second = lowest;
      lowest = reduced;
      best = column;
    } else if (reduced < second) second = reduced;
  }
  return { best, gap: size > 1 ? second - lowest : 0 };
}

/** Dijkstra's search over reduced costs from a free row to the nearest free column, then the swap along that path. */
function augment({ cost, size, price, columnOf, rowOf }: Problem, start: number): void {
  const distance = new Float64Array(size).fill(Infinity);
  const from = new Int32Array(size).fill(start);
  const waiting = Int32Array.from({ length: size }, (_, column) => column);
  const settled: number[] = [];
  let remaining = size;
  let row = start;
  let reached = 0;
  let end = -1;
  while (end === -1) {
    // The reduced cost of the edge by which `row` was reached is zero at its own column.
    const own = columnOf[row]!;
    const offset = own === -1 ? reached : reached - (cost[row * size + own]! - price[own]!);
    let nearest = -1;
    let lowest = Infinity;
    for (let k = 0; k < remaining; k++) {
      const column = waiting[k]!;
      const through = offset + cost[row * size + column]! - price[column]!;
      if (through < distance[column]!) {
        distance[column] = through;
        from[column] = row;
      }
      const length = distance[column]!;
      // A free column ends the search, so it wins a tie.
      if (length < lowest || (length === lowest && rowOf[column] === -1)) {
        lowest = length;
        nearest = k;
      }
    }
    reached = lowest;
    const column = waiting[nearest]!;
    waiting[nearest] = waiting[--remaining]!;
    if (rowOf[column] === -1) end = column;
    else {
      settled.push(column);
      row = rowOf[column]!;
    }
  }
  for (const column of settled) price[column]! += distance[column]! - reached;
  for (let column = end; ;) {
    const owner = from[column]!;
    rowOf[column] = owner;
    const released = columnOf[owner]!;
    columnOf[owner] = column;
    if (owner === start) return;
    column = released;
  }
}

function checkFinite(cost: Float64Array | Float32Array, size: number): void {
  const at = cost.findIndex((value) => !Number.isFinite(value));
  if (at === -1 && cost.length === size * size) return;
  throw new MongeError({
    code: 'assignment-cost-not-finite',
    what: 'the cost table of an assignment must be square and finite',
    where: at === -1 ? {} : { row: Math.floor(at / size) + 1, column: (at % size) + 1 },
    got: at === -1 ? `${cost.length} entries` : String(cost[at]),
    expected: `${size} × ${size} finite numbers`,
  });
}
