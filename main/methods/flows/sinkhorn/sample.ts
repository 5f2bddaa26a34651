/**
 * @file One column for every row of a Sinkhorn coupling, by the Gumbel-max trick, and the coupling's entropy from the same pass.
 *
 * Row i takes j = argmax_j s_ij + G_ij with s_ij = x_i·y_j/ε + g_j and G_ij = −log(−log u_ij), where u_ij is
 * cell (i, j) of a keyed random matrix: the draw does not depend on how the table is cut into tiles.
 */
import { fillUniformRow } from '../../../../native-models';

/** One tile of scores: rows `first … first+count−1` against all columns, row-major. */
export interface ScoreTile {
  first: number;
  count: number;
  scores: Float32Array;
}

export interface CoupledClouds {
  /** [n, dimension] and [m, dimension], centred as they were for the scores. */
  x: Float32Array;
  y: Float32Array;
  dimension: number;
  epsilon: number;
  /** [m] dimensionless column potential. */
  g: Float64Array;
}

export interface SampledRows {
  /** [n] the drawn column of each row. */
  columns: Int32Array;
  /** E(P) = mean row entropy / log n: 0 a permutation, 1 independent. */
  sharpness: number;
}

/** u has 32 bits and stays off 0 and 1 by half a step, which bounds the noise from above: −log(−log(1 − 2⁻³³)). */
const LARGEST_GUMBEL = 33 * Math.LN2;
/** Terms this far below a row's largest add less than 2⁻⁵⁰ of it. */
const NEGLIGIBLE = 40;

/**
 * Draws from P with the key (seed, label). Scores come in 32-bit tiles; what could still win within their rounding
 * is scored again in 64 bits in a fixed order, so that the winner is the same for every tiling.
 */
export async function sampleRows(
  clouds: CoupledClouds,
  tiles: AsyncIterable<ScoreTile>,
  seed: number,
  label: string,
  shouldStop?: () => boolean,
): Promise<SampledRows | null> {
  const rows = clouds.x.length / clouds.dimension;
  const width = clouds.g.length;
  const columns = new Int32Array(rows);
  const noise = new RowNoise(seed, label, width);
  let entropy = 0;
  for await (const tile of tiles) {
    if (shouldStop?.()) return null;
    for (let k = 0; k < tile.count; k++) {
      const scores = tile.scores.subarray(k * width, (k + 1) * width);
      const largest = maximum(scores);
      entropy += rowEntropy(scores, largest);
      columns[tile.first + k] = drawColumn(clouds, scores, largest, tile.first + k, noise);
    }
  }
  // One point has nothing to choose: log 1 = 0 leaves the ratio to its limit, a permutation.
  return { columns, sharpness: rows > 1 ? entropy / rows / Math.log(rows) : 0 };
}

/** H = log s − t/s with s = Σ e^{a}, t = Σ a·e^{a}, a measured from the row's largest. */
export function rowEntropy(scores: Float32Array, largest: number): number {
  let sum = 0;
  let weighted = 0;
  for (let j = 0; j < scores.length; j++) {
    const below = scores[j]! - largest;
    if (below > -NEGLIGIBLE) {
      const weight = Math.exp(below);
      sum += weight;
      weighted += weight * below;
    }
  }
  return Math.log(sum) - weighted / sum;
}

function drawColumn(
  clouds: CoupledClouds,
  scores: Float32Array,
  largest: number,
  row: number,
  noise: RowNoise,
): number {
  noise.open(row);
  // Rounding of 32-bit scores: products and potentials may be far larger than their sum.
  const slack = 1e-4 + scoreScale(clouds, row) * 4e-6;
  let best = largest + noise.at(scores.indexOf(largest));
  const close: number[] = [];
  for (let j = 0; j < scores.length; j++) {
    if (scores[j]! + LARGEST_GUMBEL < best - slack) continue;
    const value = scores[j]! + noise.at(j);
    if (value < best - slack) continue;
    close.push(j);
    if (value > best) best = value;
  }
  let chosen = -1;
  let highest = -Infinity;
  for (const j of close) {
    if (scores[j]! + noise.at(j) < best - slack) continue;
    const value = exactScore(clouds, row, j) + noise.at(j);
    if (value > highest) {
      highest = value;
      chosen = j;
    }
  }
  return chosen;
}

/** A bound on the size of the terms that cancel in a score: ‖x_i‖·max‖y_j‖/ε. */
function scoreScale({ x, y, dimension, epsilon }: CoupledClouds, row: number): number {
  return (norm(x, row, dimension) * largestNorm(y, dimension)) / epsilon;
}

const largestNorms = new WeakMap<Float32Array, number>();

function largestNorm(y: Float32Array, dimension: number): number {
  let largest = largestNorms.get(y);
  if (largest === undefined) {
    largest = 0;
    for (let row = 0; row < y.length / dimension; row++) largest = Math.max(largest, norm(y, row, dimension));
    largestNorms.set(y, largest);
  }
  return largest;
}

function norm(points: Float32Array, row: number, dimension: number): number {
  let sum = 0;
  for (let k = row * dimension; k < (row + 1) * dimension; k++) sum += points[k]! ** 2;
  return Math.sqrt(sum);
}

function exactScore({ x, y, dimension, epsilon, g }: CoupledClouds, i: number, j: number): number {
  let dot = 0;
  for (let k = 0; k < dimension; k++) dot += x[i * dimension + k]! * y[j * dimension + k]!;
  return dot / epsilon + g[j]!;
}

function maximum(values: Float32Array): number {
  let largest = -Infinity;
  for (let k = 0; k < values.length; k++) if (values[k]! > largest) largest = values[k]!;
  return largest;
}

/** Gumbel noise of one row at a time, made in aligned blocks on demand: most columns never need theirs. */
class RowNoise {
  static readonly #block = 16;
  readonly #seed: number;
  readonly #label: string;
  readonly #values: Float64Array;
  /** Row for which each block was made. */
  readonly #madeFor: Int32Array;
  readonly #uniform = new Float64Array(RowNoise.#block);
  #row = -1;

  constructor(seed: number, label: string, width: number) {
    const blocks = Math.ceil(width / RowNoise.#block);
    this.#seed = seed;
    this.#label = label;
    this.#values = new Float64Array(blocks * RowNoise.#block);
    this.#madeFor = new Int32Array(blocks).fill(-1);
  }

  open(row: number): void {
    this.#row = row;
  }

  at(column: number): number {
    const block = Math.floor(column / RowNoise.#block);
    if (this.#madeFor[block] !== this.#row) {
      const first = block * RowNoise.#block;
      fillUniformRow(this.#seed, this.#label, this.#row, first, this.#uniform);
      for (let k = 0; k < this.#uniform.length; k++)
        this.#values[first + k] = -Math.log(-Math.log(this.#uniform[k]!));
      this.#madeFor[block] = this.#row;
    }
    return this.#values[column]!;
  }
}
