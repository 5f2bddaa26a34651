/**
 * @file t-SNE (van der Maaten and Hinton, JMLR 9, 2008) on given neighbours, all pairs repelling by the grid of
 * `convolution.ts`; start, rates and phases as Belkina et al. (Nature Communications 10, 2019) and Kobak and Berens (ibid.) advise.
 */
import { StudentKernel } from './convolution';
import { symmetricGraph, type SymmetricGraph } from './graph';
import type { Neighbours, Step } from './neighbours';

export interface TsneOptions {
  perplexity: number;
  /** Iterations under exaggeration, and after it. */
  early?: number;
  late?: number;
}

const EXAGGERATION = 12;
/** Standard deviation of the start. */
const START = 1e-4;
const SMALLEST_RATE = 200;
const SMALLEST_GAIN = 0.01;
/** A point never moves further in one iteration: what keeps near-duplicates from being thrown out of the picture. */
const LONGEST_MOVE = 5;

/** Neighbours that hold nearly all of the affinity at this perplexity. */
export const neighboursFor = (perplexity: number): number => Math.ceil(3 * perplexity);

/** Moves `places` [rows, 2], which hold the start, iteration by iteration: yields after each. Ends early when no more is asked for. */
export function* tsne(
  neighbours: Neighbours,
  places: Float64Array,
  options: TsneOptions,
): Generator<Step, void> {
  const graph = affinities(neighbours, options.perplexity);
  const { early = 250, late = 500 } = options;
  const kernel = new StudentKernel();
  scaleStart(places);
  const motion = new Float64Array(places.length);
  const gains = new Float64Array(places.length).fill(1);
  const gradient = new Float64Array(places.length);
  for (let turn = 0; turn < early + late; turn++) {
    const exaggeration = turn < early ? EXAGGERATION : 1;
    if (turn === early) motion.fill(0);
    const rate = Math.max(SMALLEST_RATE, graph.vertices / EXAGGERATION);
    gradientOf(graph, kernel, places, exaggeration, gradient);
    move(places, gradient, motion, gains, rate, turn < early ? 0.5 : 0.8);
    yield { done: turn + 1, total: early + late };
  }
}

/** Σ = 1 over both directions: p_ij of the paper, equations 1 and 2, each edge once with p_ij + p_ji. */
export function affinities(neighbours: Neighbours, perplexity: number): SymmetricGraph {
  const { count, distances } = neighbours;
  const rows = distances.length / count;
  const weights = new Float32Array(distances.length);
  // Fewer neighbours than the perplexity asks for would all weigh the same.
  const target = Math.log(Math.min(perplexity, count / 1.5));
  const own = new Float64Array(count);
  for (let row = 0; row < rows; row++) {
    const start = row * count;
    const nearest = distances[start]! ** 2;
    let [low, high, beta] = [0, Infinity, 1 / (distances[start + count - 1]! ** 2 - nearest || 1)];
    let sum = 1;
    for (let turn = 0; turn < 100; turn++) {
      let moment = 0;
      sum = 0;
      for (let k = 0; k < count; k++) {
        const square = distances[start + k]! ** 2 - nearest;
        own[k] = Math.exp(-beta * square);
        sum += own[k]!;
        moment += own[k]! * square;
      }
      const entropy = Math.log(sum) + (beta * moment) / sum;
      if (Math.abs(entropy - target) < 1e-5 || moment === 0) break;
      if (entropy > target) low = beta;
      else high = beta;
      beta = high === Infinity ? 2 * beta : (low + high) / 2;
    }
    for (let k = 0; k < count; k++) weights[start + k] = own[k]! / sum;
  }
  return symmetricGraph(neighbours, weights, (there, back) => (there + back) / rows);
}

function scaleStart(places: Float64Array): void {
  let square = 0;
  for (let k = 0; k < places.length; k += 2) square += places[k]! ** 2;
  const deviation = Math.sqrt(square / (places.length / 2));
  if (deviation > 0) for (let k = 0; k < places.length; k++) places[k]! *= START / deviation;
}

/** ¼ of the gradient of KL(P‖Q) (equation 5), the attraction exaggerated; each edge of the graph holds 2·p_ij. */
function gradientOf(
  { heads, tails, weights }: SymmetricGraph,
  kernel: StudentKernel,
  places: Float64Array,
  exaggeration: number,
  out: Float64Array,
): void {
  const { total, push } = kernel.sums(places);
  for (let k = 0; k < out.length; k++) out[k] = -push[k]! / total;
  const half = exaggeration / 2;
  for (let edge = 0; edge < heads.length; edge++) {
    const i = 2 * heads[edge]!;
    const j = 2 * tails[edge]!;
    const dx = places[i]! - places[j]!;
    const dy = places[i + 1]! - places[j + 1]!;
    const pull = (half * weights[edge]!) / (1 + dx * dx + dy * dy);
    out[i]! += pull * dx;
    out[i + 1]! += pull * dy;
    out[j]! -= pull * dx;
    out[j + 1]! -= pull * dy;
  }
}

/** Momentum with a gain per coordinate (Jacobs 1988, as in the paper's own implementation); the mean stays at 0. */
function move(
  places: Float64Array,
  gradient: Float64Array,
  motion: Float64Array,
  gains: Float64Array,
  rate: number,
  momentum: number,
): void {
  let [x, y] = [0, 0];
  for (let k = 0; k < places.length; k++) {
    const along = gradient[k]! > 0 === motion[k]! > 0;
    gains[k] = Math.max(SMALLEST_GAIN, along ? gains[k]! * 0.8 : gains[k]! + 0.2);
    const step = momentum * motion[k]! - rate * gains[k]! * gradient[k]!;
    motion[k] = Math.max(-LONGEST_MOVE, Math.min(LONGEST_MOVE, step));
    places[k]! += motion[k]!;
    if (k % 2 === 0) x += places[k]!;
    else y += places[k]!;
  }
  const rows = places.length / 2;
  for (let k = 0; k < places.length; k += 2) {
    places[k]! -= x / rows;
    places[k + 1]! -= y / rows;
  }
}
