/**
 * @file One column for every row of a Sinkhorn coupling, by the Gumbel-max trick, and the coupling's entropy from the same pass.
 *
 * Row i takes j = argmax_j s_ij + G_ij with s_ij = x_i·y_j/ε + g_j and G_ij = −log(−log u_ij), where u_ij is
 * cell (i, j) of a keyed random matrix: the draw does not depend on how the table is cut into tiles. Written as an
 * exponential race it is j = argmin_j −log(u_ij)/e^{s_ij}, which shares its exponentials with the entropy.
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
  /** [n] entropy of each row's distribution over columns, in nats. */
  rowEntropy: Float64Array;
}

/** u has 32 bits and stays off 0 and 1 by half a step: no exponential variable is smaller than −log(1 − 2⁻³³). */
const SMALLEST_EXPONENTIAL = -Math.log1p(-(2 ** -33));
/** Terms this far below a row's largest add less than 2⁻⁵⁰ of it, and cannot win: the race spans 26 at most. */
const NEGLIGIBLE = 40;
/** Columns whose noise is made at once; whole blocks that cannot win never get theirs. */
const BLOCK = 64;

/**
 * Draws from P with the key (seed, label). Scores come in 32-bit tiles; what could still win within their rounding
 * is scored again in 64 bits in a fixed order, so that the winner is the same for every tiling. Null when stopped.
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
  const race = new Race(clouds, seed, label);
  const rowEntropy = new Float64Array(rows);
  for await (const tile of tiles) {
    if (shouldStop?.()) return null;
    for (let k = 0; k < tile.count; k++) {
      const scores = tile.scores.subarray(k * width, (k + 1) * width);
      rowEntropy[tile.first + k] = race.weigh(scores);
      columns[tile.first + k] = race.draw(tile.first + k);
    }
  }
  const entropy = rowEntropy.reduce((sum, value) => sum + value, 0);
  // One point has nothing to choose: log 1 = 0 leaves the ratio to its limit, a permutation.
  return { columns, sharpness: rows > 1 ? entropy / rows / Math.log(rows) : 0, rowEntropy };
}

/** Weights, entropy and draw of one row after the other, in buffers that are made once. */
export class Race {
  readonly #clouds: CoupledClouds;
  readonly #seed: number;
  readonly #label: string;
  /** e^{score − largest} of the row in hand. */
  readonly #weights: Float64Array;
  /** The largest weight of each block of columns. */
  readonly #blockWeights: Float64Array;
  readonly #uniform = new Float64Array(BLOCK);
  readonly #largestNorm: number;
  #heaviest = 0;

  constructor(clouds: CoupledClouds, seed: number, label: string) {
    const width = clouds.g.length;
    this.#clouds = clouds;
    this.#seed = seed;
    this.#label = label;
    this.#weights = new Float64Array(width);
    this.#blockWeights = new Float64Array(Math.ceil(width / BLOCK));
    let largest = 0;
    for (let j = 0; j < width; j++) largest = Math.max(largest, norm(clouds.y, j, clouds.dimension));
    this.#largestNorm = largest;
  }

  /** Takes a row's scores and returns its entropy H = log s − t/s, with s = Σ e^{a}, t = Σ a·e^{a}, a from the row's largest. */
  weigh(scores: Float32Array): number {
    this.#heaviest = indexOfMaximum(scores);
    const largest = scores[this.#heaviest]!;
    this.#blockWeights.fill(0);
    let sum = 0;
    let weighted = 0;
    for (let j = 0; j < scores.length; j++) {
      const below = scores[j]! - largest;
      const weight = below > -NEGLIGIBLE ? Math.exp(below) : 0;
      this.#weights[j] = weight;
      sum += weight;
      weighted += weight * below;
      const block = Math.floor(j / BLOCK);
      if (weight > this.#blockWeights[block]!) this.#blockWeights[block] = weight;
    }
    return Math.log(sum) - weighted / sum;
  }

  /** The winning column of the row weighed last, which is row `row` of the clouds. */
  draw(row: number): number {
    // Rounding of 32-bit scores: products and potentials may be far larger than their sum.
    const slack = Math.exp(2e-4 + this.#scoreScale(row) * 8e-6);
    const favourite = Math.floor(this.#heaviest / BLOCK);
    const candidates: { column: number; exponential: number; ratio: number }[] = [];
    let best = Infinity;
    const enter = (block: number) => {
      const first = block * BLOCK;
      const count = Math.min(BLOCK, this.#weights.length - first);
      fillUniformRow(this.#seed, this.#label, row, first, this.#uniform);
      for (let k = 0; k < count; k++) {
        const weight = this.#weights[first + k]!;
        const uniform = this.#uniform[k]!;
        // −log u ≥ 1 − u spares most logarithms.
        if (1 - uniform >= weight * best * slack) continue;
        const exponential = -Math.log(uniform);
        const ratio = exponential / weight;
        if (ratio >= best * slack) continue;
        candidates.push({ column: first + k, exponential, ratio });
        if (ratio < best) best = ratio;
      }
    };
    // The likeliest block first: its best sets the bar for the others.
    enter(favourite);
    for (let block = 0; block < this.#blockWeights.length; block++)
      if (block !== favourite && this.#blockWeights[block]! * best * slack > SMALLEST_EXPONENTIAL)
        enter(block);
    let chosen = -1;
    let highest = -Infinity;
    for (const { column, exponential, ratio } of candidates.sort((a, b) => a.column - b.column)) {
      if (ratio >= best * slack) continue;
      const value = exactScore(this.#clouds, row, column) - Math.log(exponential);
      if (value > highest) {
        highest = value;
        chosen = column;
      }
    }
    return chosen;
  }

  /** A bound on the size of the terms that cancel in a score: ‖x_i‖·max‖y_j‖/ε. */
  #scoreScale(row: number): number {
    const { x, dimension, epsilon } = this.#clouds;
    return (norm(x, row, dimension) * this.#largestNorm) / epsilon;
  }
}

function exactScore({ x, y, dimension, epsilon, g }: CoupledClouds, i: number, j: number): number {
  let dot = 0;
  for (let k = 0; k < dimension; k++) dot += x[i * dimension + k]! * y[j * dimension + k]!;
  return dot / epsilon + g[j]!;
}

function norm(points: Float32Array, row: number, dimension: number): number {
  let sum = 0;
  for (let k = row * dimension; k < (row + 1) * dimension; k++) sum += points[k]! ** 2;
  return Math.sqrt(sum);
}

function indexOfMaximum(values: Float32Array): number {
  let at = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[at]!) at = k;
  return at;
}
