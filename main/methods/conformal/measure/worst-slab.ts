/** @file Worst-slab coverage on held-out rows, with what chance alone would give on the same rows. */
import { stream } from '../../../../native-models';
import { shareBootstrap, type Interval } from '../../../calibration/band';
import { chanceOf, simulatedHits, type Chance } from './chance';
import { projectRow, slabSearch, type Slab } from './slab-search';

/** Below as many test rows the measure is noise. */
const FEWEST_SLAB_ROWS = 400;
/** Least share of the rows in a slab, δ, and share of the rows that choose it; coverage is counted on the others. */
const MASS = 0.2;
const CHOOSING = 0.25;
/** Steps of the search for all simulations together; above, simulations search fewer directions. */
const MOST_WORK = 5e7;
const FEWEST_DIRECTIONS = 100;

export interface SlabOptions {
  /** Random directions, M. */
  directions?: number;
  /** Simulated sets of independent hits. */
  simulations?: number;
}

export interface WorstSlab extends Slab {
  /** Share of the held-out rows that it holds; `coverage` is the share of hits among those. */
  share: number;
  /** 95 % bootstrap of the coverage, the slab kept. */
  interval: Interval;
}

/**
 * The slab {x : low ≤ v·x ≤ high} with at least a fifth of the rows on which the fewest rows are hits, over random unit
 * directions v, chosen on a quarter of the rows, and its coverage on the rest (Cauchois, Gupta and Duchi 2021; held out
 * as in arXiv 2501.10533). `x` [rows, features] standardised; each of `sets` [rows] 0 or 1, such as the hits of several
 * scores, which share the rows, the directions and the chance. What remains of the search's luck depends on the number of
 * rows: read a coverage beside `chance`, that of independent hits at the rate 1 − α on the same rows; those are so many
 * `simulations`, which search fewer `directions` where there are many rows. Null below 400 rows; a slab is null where it
 * holds no held-out row.
 */
export function worstSlabs(
  x: Float32Array,
  features: number,
  sets: readonly Uint8Array[],
  alpha: number,
  seed: number,
  options: SlabOptions = {},
): { slabs: (WorstSlab | null)[]; chance: Chance; simulations: number; directions: number } | null {
  const { simulations = 50 } = options;
  const rows = x.length / features;
  if (rows < FEWEST_SLAB_ROWS || features === 0) return null;
  // In one dimension all directions are the same up to their sign.
  const directions = features === 1 ? 1 : (options.directions ?? 1000);
  const order = stream(seed, 'conformal.slab.rows').permutation(rows);
  const chosen = order.subarray(0, Math.round(CHOOSING * rows));
  const affordable = Math.floor(MOST_WORK / Math.max(1, simulations * chosen.length));
  const fewer = Math.min(directions, Math.max(FEWEST_DIRECTIONS, affordable));
  const all = [...sets, ...simulatedHits(simulations, rows, alpha, seed)];
  const search = slabSearch(x, features, chosen, Math.ceil(MASS * chosen.length));
  for (const [index, vector] of unitVectors(directions, features, seed).entries())
    search.along(vector, index < fewer ? all : sets);
  const held = order.subarray(chosen.length);
  const slabs = all.map((hits, which) => heldOut(x, features, held, search.found[which], hits));
  const chances = slabs.slice(sets.length).flatMap((slab) => (slab ? [slab.coverage] : []));
  return {
    slabs: slabs.slice(0, sets.length),
    chance: chanceOf(chances),
    ...{ simulations: chances.length, directions: fewer },
  };
}

/** [rows] direction·x, to show where rows lie along a slab's direction. */
export function alongDirection(x: Float32Array, features: number, direction: Float64Array): Float32Array {
  return Float32Array.from({ length: x.length / features }, (_, row) =>
    projectRow(x, features, row, direction),
  );
}

function heldOut(
  x: Float32Array,
  features: number,
  rows: Int32Array,
  slab: Slab | undefined,
  hits: Uint8Array,
): WorstSlab | null {
  if (!slab) return null;
  const inside = rows.filter((row) => {
    const value = projectRow(x, features, row, slab.direction);
    return value >= slab.low && value <= slab.high;
  });
  if (inside.length === 0) return null;
  const hit = inside.reduce((sum, row) => sum + hits[row]!, 0);
  return {
    ...slab,
    share: inside.length / rows.length,
    coverage: hit / inside.length,
    interval: shareBootstrap(hit, inside.length),
  };
}

function unitVectors(count: number, features: number, seed: number): Float64Array[] {
  const normal = stream(seed, 'conformal.slab.directions').normal(new Float32Array(count * features));
  return Array.from({ length: count }, (_, index) => {
    const vector = Float64Array.from(normal.subarray(index * features, (index + 1) * features));
    const norm = Math.hypot(...vector);
    return vector.map((value) => value / norm);
  });
}
