/** @file The pairs in use: row numbers and noise keys of the pools, from which each step draws by its own key. */
import { stream } from '../../../../native-models';
import type { PoolPoints } from '../points/source';
import type { PairBatch, PairedPool, PairSupply, PoolData } from './coupling';

/** Source points kept as numbers, for the quick common case: 64 MiB. All others are made again when they are drawn. */
const LARGEST_CACHE = 2 ** 24;

interface Slot {
  rows: Int32Array;
  indices?: Int32Array;
  source: PoolPoints;
  /** [pairs, dimension] points that are kept as numbers. */
  x0?: Float32Array;
  x1?: Float32Array;
  /** Numbers of `x0` that count towards the cache. */
  cached: number;
}

/**
 * The pools in use, in `capacity` slots: once all are taken, each further pool takes the place of the oldest. A step
 * draws evenly from all pairs that are there. Needs four bytes per pair (eight for a source data set) and the cache.
 */
export class PairBank implements PairSupply {
  readonly #data: PoolData;
  readonly #seed: number;
  readonly #capacity: number;
  readonly #largestCache: number;
  readonly #slots: Slot[] = [];
  /** First pair of each slot, and the number of all pairs; made again after a change. */
  #offsets: Float64Array | null = null;
  #cached = 0;

  constructor(data: PoolData, capacity: number, seed: number, largestCache = LARGEST_CACHE) {
    this.#data = data;
    this.#seed = seed;
    this.#capacity = capacity;
    this.#largestCache = largestCache;
  }

  /** Takes pool number `pool`, which comes right after the one before. `points` stand in for noise or rows. */
  add(
    pool: number,
    { rows, indices, key }: PairedPool,
    points: { x0?: Float32Array; x1?: Float32Array } = {},
  ): void {
    const { source } = this.#data;
    const at = pool % this.#capacity;
    this.#cached -= this.#slots[at]?.cached ?? 0;
    const slot: Slot = {
      rows,
      indices,
      source: source.openPool(key.seed, key.pool, key.size),
      x0: points.x0,
      x1: points.x1,
      cached: 0,
    };
    const numbers = rows.length * source.dimension;
    if (!slot.x0 && this.#cached + numbers <= this.#largestCache) {
      slot.x0 = pointsOf(slot, source.dimension);
      slot.cached = numbers;
      this.#cached += numbers;
    }
    this.#slots[at] = slot;
    this.#offsets = null;
  }

  fill(step: number, { x0, x1, label }: PairBatch): void {
    const { target, labels, source } = this.#data;
    const { dimension } = source;
    const batch = x0.length / dimension;
    const offsets = (this.#offsets ??= offsetsOf(this.#slots));
    const pairs = offsets.at(-1)!;
    const chosen = stream(this.#seed, 'flows.batch.pairs', step).integers(new Int32Array(batch), pairs);
    for (let k = 0; k < batch; k++) {
      const at = slotOf(offsets, chosen[k]!);
      const slot = this.#slots[at]!;
      const pair = chosen[k]! - offsets[at]!;
      const row = slot.rows[pair]!;
      if (slot.x0) copyRow(slot.x0, pair, x0, k, dimension);
      else slot.source(slot.indices?.[pair] ?? pair, x0, k * dimension);
      if (slot.x1) copyRow(slot.x1, pair, x1, k, dimension);
      else copyRow(target, row, x1, k, dimension);
      if (label) label[k] = labels![row]!;
    }
  }
}

/** Copies one row of a row-major matrix to row `at` of another. */
export function copyRow(
  from: Float32Array,
  row: number,
  to: Float32Array,
  at: number,
  dimension: number,
): void {
  for (let k = 0; k < dimension; k++) to[at * dimension + k] = from[row * dimension + k]!;
}

function pointsOf({ rows, indices, source }: Slot, dimension: number): Float32Array {
  const points = new Float32Array(rows.length * dimension);
  for (let pair = 0; pair < rows.length; pair++) source(indices?.[pair] ?? pair, points, pair * dimension);
  return points;
}

function offsetsOf(slots: readonly Slot[]): Float64Array {
  const offsets = new Float64Array(slots.length + 1);
  slots.forEach(({ rows }, at) => (offsets[at + 1] = offsets[at]! + rows.length));
  return offsets;
}

/** The slot that holds pair number `pair`: where all slots are of one size the first guess is right. */
function slotOf(offsets: Float64Array, pair: number): number {
  const slots = offsets.length - 1;
  const guess = Math.min(slots - 1, Math.floor((pair / offsets[slots]!) * slots));
  if (offsets[guess]! <= pair && pair < offsets[guess + 1]!) return guess;
  let [low, high] = [0, slots];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! <= pair) low = middle;
    else high = middle;
  }
  return low;
}
