/**
 * @file UMAP (McInnes, Healy and Melville, arXiv:1802.03426) on given neighbours: fuzzy union, then stochastic descent with
 * negative samples, from the places of the first principal components (Kobak and Linderman, Nature Biotechnology 39, 2021).
 */
import { stream } from '../../native-models';
import { symmetricGraph, type SymmetricGraph } from './graph';
import type { Neighbours, Step } from './neighbours';

export interface UmapOptions {
  seed: number;
  /** How close neighbours may lie, as a share of the layout's unit. */
  minimumDistance: number;
  /** Passes over the edges; default 500 up to 10,000 rows and 200 above, as in the paper's own implementation. */
  epochs?: number;
}

const NEGATIVES = 5;
const LARGEST_STEP = 4;
/** Half the width of the layout at the start. */
const START_WIDTH = 10;

/**
 * Moves `places` [rows, 2], which hold the start, epoch by epoch: yields after each. Ends early when no more is asked for.
 * Deviation: every edge is visited in order of its rows, the two directions one after the other.
 */
export function* umap(
  neighbours: Neighbours,
  places: Float64Array,
  options: UmapOptions,
): Generator<Step, void> {
  const graph = fuzzyUnion(neighbours);
  const total = options.epochs ?? (graph.vertices <= 10_000 ? 500 : 200);
  spreadOut(places, options.seed);
  const forces = forcesOf(fitCurve(options.minimumDistance));
  const edges = schedule(graph, total);
  for (let epoch = 0; epoch < total; epoch++) {
    pass(graph, edges, places, forces, epoch, 1 - epoch / total, options.seed);
    yield { done: epoch + 1, total };
  }
}

/** Weights exp(−(d − ρ)/σ) joined as a + b − ab; σ so that they sum to log₂ k (section 3.1 of the paper). */
export function fuzzyUnion(neighbours: Neighbours): SymmetricGraph {
  const { count, distances } = neighbours;
  const weights = new Float32Array(distances.length);
  // The paper's k counts the row itself.
  const target = Math.log2(count + 1);
  let sum = 0;
  for (const distance of distances) sum += distance;
  const smallest = 1e-3 * (sum / distances.length);
  for (let start = 0; start < distances.length; start += count) {
    const own = distances.subarray(start, start + count);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const width = Math.max(bandwidth(own, nearest, target), smallest) || 1;
    for (let k = 0; k < count; k++) weights[start + k] = Math.exp(-Math.max(0, own[k]! - nearest) / width);
  }
  return symmetricGraph(neighbours, weights, (a, b) => a + b - a * b);
}

function bandwidth(distances: Float32Array, nearest: number, target: number): number {
  let [low, high, middle] = [0, Infinity, 1];
  for (let turn = 0; turn < 64; turn++) {
    let sum = 0;
    for (const distance of distances) sum += Math.exp(-Math.max(0, distance - nearest) / middle);
    if (Math.abs(sum - target) < 1e-5) break;
    if (sum > target) high = middle;
    else low = middle;
    middle = high === Infinity ? middle * 2 : (low + high) / 2;
  }
  return middle;
}

/** Brings the start to ±10 and parts what lies on one point. */
function spreadOut(places: Float64Array, seed: number): void {
  let largest = 0;
  for (const value of places) largest = Math.max(largest, Math.abs(value));
  const noise = stream(seed, 'projection.umap.start').normal(new Float32Array(places.length));
  const factor = largest > 0 ? START_WIDTH / largest : 0;
  for (let k = 0; k < places.length; k++) places[k] = places[k]! * factor + 1e-4 * noise[k]!;
}

/**
 * a and b of 1/(1 + a·d^2b), closest in the least-squares sense to 1 up to the minimum distance and exp(−(d − minimum)) beyond
 * it, at 300 distances up to 3; by Gauss and Newton with halved steps.
 */
export function fitCurve(minimum: number): { a: number; b: number } {
  const distances = Array.from({ length: 300 }, (_, k) => (3 * k) / 299);
  const wanted = distances.map((d) => (d < minimum ? 1 : Math.exp(-(d - minimum))));
  const errorOf = (a: number, b: number) =>
    distances.reduce((sum, d, k) => sum + (1 / (1 + a * d ** (2 * b)) - wanted[k]!) ** 2, 0);
  let [a, b] = [1, 1];
  for (let turn = 0; turn < 100; turn++) {
    let [aa, ab, bb, ra, rb] = [1e-12, 0, 1e-12, 0, 0];
    distances.forEach((d, k) => {
      if (d === 0) return;
      const power = d ** (2 * b);
      const value = 1 / (1 + a * power);
      const [da, db] = [-value * value * power, -value * value * a * power * 2 * Math.log(d)];
      const left = value - wanted[k]!;
      aa += da * da;
      ab += da * db;
      bb += db * db;
      ra += da * left;
      rb += db * left;
    });
    const determinant = aa * bb - ab * ab;
    const [stepA, stepB] = [(bb * ra - ab * rb) / determinant, (aa * rb - ab * ra) / determinant];
    let size = 1;
    const before = errorOf(a, b);
    while (size > 1e-6 && !(a - size * stepA > 0 && errorOf(a - size * stepA, b - size * stepB) <= before))
      size /= 2;
    a -= size * stepA;
    b -= size * stepB;
    if (Math.abs(size * stepA) + Math.abs(size * stepB) < 1e-10) break;
  }
  return { a, b };
}

/** Both forces over d² of 32 bits: one entry for each of their upper 16, straight lines between them (within 1e-5). */
interface Forces {
  pull: Float64Array;
  push: Float64Array;
}

/** Four powers for every edge of every pass would be most of the time. */
function forcesOf({ a, b }: { a: number; b: number }): Forces {
  const entries = 0x7f81;
  const bits = new Uint32Array(1);
  const square = new Float32Array(bits.buffer);
  const [pull, push] = [new Float64Array(entries), new Float64Array(entries)];
  for (let entry = 1; entry < entries - 1; entry++) {
    bits[0] = entry << 16;
    const value = square[0]!;
    const power = value ** b;
    pull[entry] = (-2 * a * b * power) / value / (1 + a * power);
    push[entry] = (2 * b) / ((0.001 + value) * (1 + a * power));
  }
  // Below the first entry there is but 0, which is asked for by nobody.
  pull[0] = pull[1]!;
  push[0] = push[1]!;
  return { pull, push };
}

interface Schedule {
  /** Epochs between two visits of an edge; edges that would not be visited once have Infinity. */
  every: Float64Array;
  next: Float64Array;
  nextNegative: Float64Array;
}

function schedule({ weights }: SymmetricGraph, epochs: number): Schedule {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, weight);
  const every = Float64Array.from(weights, (weight) =>
    weight < largest / epochs ? Infinity : largest / weight,
  );
  return { every, next: every.slice(), nextNegative: every.map((epoch) => epoch / NEGATIVES) };
}

function pass(
  { vertices, heads, tails }: SymmetricGraph,
  { every, next, nextNegative }: Schedule,
  places: Float64Array,
  forces: Forces,
  epoch: number,
  rate: number,
  seed: number,
): void {
  const draws = stream(seed, 'projection.umap.negatives', epoch);
  const words = new Uint32Array(8192);
  let word = words.length;
  const bits = new Uint32Array(1);
  const asFloat = new Float32Array(bits.buffer);
  const { pull, push } = forces;
  for (let edge = 0; edge < heads.length; edge++) {
    if (next[edge]! > epoch) continue;
    next[edge]! += every[edge]!;
    const negatives = Math.floor((epoch - nextNegative[edge]!) / (every[edge]! / NEGATIVES));
    if (negatives > 0) nextNegative[edge]! += negatives * (every[edge]! / NEGATIVES);
    // Both directions: each end is once the one that is also pushed off.
    for (let side = 0; side < 2; side++) {
      const own = 2 * (side === 0 ? heads : tails)[edge]!;
      const other = 2 * (side === 0 ? tails : heads)[edge]!;
      let x = places[own]!;
      let y = places[own + 1]!;
      let dx = x - places[other]!;
      let dy = y - places[other + 1]!;
      let square = dx * dx + dy * dy;
      if (square > 0) {
        asFloat[0] = square;
        const entry = bits[0]! >>> 16;
        const part = (bits[0]! & 0xffff) / 65536;
        const force = pull[entry]! + part * (pull[entry + 1]! - pull[entry]!);
        const stepX = rate * clip(force * dx);
        const stepY = rate * clip(force * dy);
        x += stepX;
        y += stepY;
        places[other]! -= stepX;
        places[other + 1]! -= stepY;
      }
      for (let k = 0; k < negatives; k++) {
        if (word === words.length) {
          draws.uint32(words);
          word = 0;
        }
        const far = 2 * Math.floor((words[word++]! / 2 ** 32) * vertices);
        if (far === own) continue;
        dx = x - places[far]!;
        dy = y - places[far + 1]!;
        square = dx * dx + dy * dy;
        if (square > 0) {
          asFloat[0] = square;
          const entry = bits[0]! >>> 16;
          const part = (bits[0]! & 0xffff) / 65536;
          const force = push[entry]! + part * (push[entry + 1]! - push[entry]!);
          x += rate * clip(force * dx);
          y += rate * clip(force * dy);
        } else {
          x += rate * LARGEST_STEP;
          y += rate * LARGEST_STEP;
        }
      }
      places[own] = x;
      places[own + 1] = y;
    }
  }
}

const clip = (value: number): number => Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, value));
