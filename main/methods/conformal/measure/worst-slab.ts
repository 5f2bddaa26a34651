/** @file Worst-slab coverage on held-out rows, with what chance alone would give on the same rows. */
import { stream } from '../../../../native-models';
import { shareBootstrap, type Interval } from '../../../calibration/band';
import { projectRows, SlabSearch, type Slab } from './slab-search';

/** Below as many test rows the measure is noise. */
const FEWEST_SLAB_ROWS = 400;
/** Steps of the search for all simulations together; above, simulations look at fewer directions. */
const MOST_WORK = 5e7;
const FEWEST_DIRECTIONS = 100;

export interface SlabOptions {
  /** Least share of the rows in a slab, δ. */
  mass?: number;
  /** Random directions, M. */
  directions?: number;
  /** Share of the rows that choose the slab; coverage is counted on the others. */
  choosing?: number;
  /** Simulated sets of independent hits. */
  simulations?: number;
}

export interface WorstSlab {
  /** Unit vector [features]. */
  direction: Float64Array;
  /** The slab holds x with low ≤ direction·x ≤ high. */
  low: number;
  high: number;
  /** Share of the held-out rows that it holds, and share of hits among those. */
  share: number;
  coverage: number;
  /** 95 % bootstrap of the coverage, the slab kept. */
  interval: Interval;
}

/** Worst-slab coverage of independent hits at the rate 1 − α on the same rows: mean and central 95 % of the simulations. */
export interface SlabChance {
  mean: number;
  low: number;
  high: number;
  simulations: number;
  /** How many directions the simulations looked at: fewer than the measure itself where there are many rows. */
  directions: number;
}

/**
 * The slab {x : low ≤ v·x ≤ high} with at least `mass` of the rows on which the fewest rows are hits, over random unit
 * directions v, chosen on a quarter of the rows, and its coverage on the rest (Cauchois, Gupta and Duchi 2021; held out
 * as in arXiv 2501.10533). `x` [rows, features] standardised; each of `sets` [rows] 0 or 1, such as the hits of several
 * scores, which share the rows, the directions and the chance. What remains of the search's luck depends on the number of
 * rows: read a coverage beside `chance`. Null below 400 rows; a slab is null where it holds no held-out row.
 */
export function worstSlabs(
  x: Float32Array,
  features: number,
  sets: readonly Uint8Array[],
  alpha: number,
  seed: number,
  options: SlabOptions = {},
): { slabs: (WorstSlab | null)[]; chance: SlabChance } | null {
  const { mass = 0.2, choosing = 0.25, simulations = 50 } = options;
  const rows = x.length / features;
  if (rows < FEWEST_SLAB_ROWS || features === 0) return null;
  // In one dimension all directions are the same up to their sign.
  const directions = features === 1 ? 1 : (options.directions ?? 1000);
  const order = stream(seed, 'conformal.slab.rows').permutation(rows);
  const chosen = order.subarray(0, Math.round(choosing * rows));
  const held = order.subarray(chosen.length);
  const simulated = Array.from({ length: simulations }, (_, index) =>
    independentHits(rows, alpha, seed, index),
  );
  const affordable = Math.floor(MOST_WORK / Math.max(1, simulations * chosen.length));
  const fewer = Math.min(directions, Math.max(FEWEST_DIRECTIONS, affordable));
  const all = [...sets, ...simulated];
  const vectors = unitVectors(directions, features, seed);
  const search = new SlabSearch(x, features, chosen, Math.ceil(mass * chosen.length));
  for (let index = 0; index < directions; index++)
    search.look(vectors.subarray(index * features, (index + 1) * features), index < fewer ? all : sets);
  const slabs = all.map((hits, which) => heldOut(x, features, held, search.found[which], hits));
  const chances = slabs
    .slice(sets.length)
    .flatMap((slab) => (slab ? [slab.coverage] : []))
    .sort((a, b) => a - b);
  return {
    slabs: slabs.slice(0, sets.length),
    chance: {
      mean: chances.reduce((sum, value) => sum + value, 0) / chances.length,
      low: orderStatistic(chances, 0.025),
      high: orderStatistic(chances, 0.975),
      simulations: chances.length,
      directions: fewer,
    },
  };
}

/** [rows] direction·x, to show where rows lie along a slab's direction. */
export function alongDirection(x: Float32Array, features: number, direction: Float64Array): Float32Array {
  return Float32Array.from({ length: x.length / features }, (_, row) =>
    projectRows(x, features, row, direction),
  );
}

/** Hits [rows] that are independent of everything, each with a chance of 1 − α. */
export function independentHits(rows: number, alpha: number, seed: number, index: number): Uint8Array {
  const draws = stream(seed, 'conformal.independent-hits', index).uniform(new Float32Array(rows));
  return Uint8Array.from(draws, (draw) => (draw < 1 - alpha ? 1 : 0));
}

/** Linear interpolation between ascending values; NaN of nothing. */
export function orderStatistic(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.max(0, Math.floor(position));
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted.length === 0 ? NaN : sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

function heldOut(
  x: Float32Array,
  features: number,
  rows: Int32Array,
  slab: Slab | undefined,
  hits: Uint8Array,
): WorstSlab | null {
  if (!slab) return null;
  let [inside, hit] = [0, 0];
  for (const row of rows) {
    const value = projectRows(x, features, row, slab.direction);
    if (value < slab.low || value > slab.high) continue;
    inside++;
    hit += hits[row]!;
  }
  if (inside === 0) return null;
  const { direction, low, high } = slab;
  const interval = shareBootstrap(hit, inside);
  return { direction, low, high, share: inside / rows.length, coverage: hit / inside, interval };
}

function unitVectors(count: number, features: number, seed: number): Float64Array {
  const vectors = Float64Array.from(
    stream(seed, 'conformal.slab.directions').normal(new Float32Array(count * features)),
  );
  for (let index = 0; index < count; index++) {
    const vector = vectors.subarray(index * features, (index + 1) * features);
    const norm = Math.hypot(...vector);
    for (let k = 0; k < features; k++) vector[k]! /= norm;
  }
  return vectors;
}
