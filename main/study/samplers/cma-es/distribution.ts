/**
 * @file The normal distribution that CMA-ES moves over the unit cube, by the equations of Hansen's tutorial (2016, numbers in
 * brackets): full covariance, or its diagonal alone where there are many coordinates (Ros and Hansen 2008).
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** A point by its rank; the best first. */
export interface Ranked {
  x: Float64Array;
  /** False for points without a value: they have a rank behind all others, but nothing is drawn towards them. */
  valued: boolean;
}

interface Rates {
  /** Of ranks: positive ones first, summing to 1. */
  weights: Float64Array;
  parents: number;
  sigma: number;
  damping: number;
  path: number;
  rankOne: number;
  rankMu: number;
}

const LEAST_EIGENVALUE = 1e-16;
/** Far outside the cube, where it is begun anew. */
const SIGMA_MOST = 1e5;

export class Distribution {
  readonly size: number;
  readonly population: number;
  readonly separable: boolean;
  readonly mean: Float64Array;
  sigma: number;
  /** Row by row; of a separable one the diagonal alone differs from 0. */
  readonly covariance: Float64Array;
  generation = 0;
  readonly #rates: Rates;
  readonly #sigmaPath: Float64Array;
  readonly #path: Float64Array;
  readonly #firstSigma: number;
  /** Standard deviations along the principal axes, and these axes in columns. */
  #deviations: Float64Array;
  #axes: Float64Array;

  constructor(mean: Float64Array, sigma: number, population: number, separable: boolean) {
    const n = (this.size = mean.length);
    this.population = population;
    this.separable = separable;
    this.mean = mean.slice();
    this.sigma = this.#firstSigma = sigma;
    this.covariance = identity(n);
    this.#axes = identity(n);
    this.#deviations = new Float64Array(n).fill(1);
    this.#sigmaPath = new Float64Array(n);
    this.#path = new Float64Array(n);
    this.#rates = ratesOf(n, population, separable);
  }

  /** The point that standard normal numbers lead to. */
  at(normals: ArrayLike<number>): Float64Array {
    const step = this.#throughAxes((k) => this.#deviations[k]! * normals[k]!);
    return this.mean.map((mean, k) => mean + this.sigma * step[k]!);
  }

  /** Standard deviation of one coordinate. */
  deviation(k: number): number {
    return this.sigma * Math.sqrt(this.covariance[k * this.size + k]!);
  }

  /** Moves to a generation of as many points as the population has, of which at least one has a value. */
  update(points: readonly Ranked[]): void {
    const n = this.size;
    const { weights, sigma, damping, path, rankOne, rankMu } = this.#rates;
    this.generation++;
    const steps = points.map(({ x }) => x.map((value, k) => (value - this.mean[k]!) / this.sigma));
    // Positive weights go to points with a value alone; where these are few, the paths are told so.
    const drawn = this.#drawn(points);
    const effective = 1 / drawn.reduce((sum, weight) => sum + weight * weight, 0);
    const mean = new Float64Array(n);
    drawn.forEach((weight, i) => steps[i]!.forEach((step, k) => (mean[k]! += weight * step)));
    mean.forEach((step, k) => (this.mean[k]! += this.sigma * step)); // (42)

    const white = this.#whitened(mean);
    const sigmaGain = Math.sqrt(sigma * (2 - sigma) * effective);
    white.forEach((value, k) => (this.#sigmaPath[k] = (1 - sigma) * this.#sigmaPath[k]! + sigmaGain * value)); // (43)
    const length = Math.hypot(...this.#sigmaPath);
    const expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
    this.sigma = Math.min(SIGMA_MOST, this.sigma * Math.exp((sigma / damping) * (length / expected - 1))); // (44)

    const unbiased = length / Math.sqrt(1 - (1 - sigma) ** (2 * (this.generation + 1)));
    const keeps = unbiased < (1.4 + 2 / (n + 1)) * expected;
    const gain = keeps ? Math.sqrt(path * (2 - path) * effective) : 0;
    mean.forEach((step, k) => (this.#path[k] = (1 - path) * this.#path[k]! + gain * step)); // (45)

    // (46), (47): points of bad rank count by their direction alone.
    const shares = weights.map((weight, i) => {
      if (weight >= 0) return drawn[i]!;
      const white = this.#whitened(steps[i]!);
      return (weight * n) / (white.reduce((sum, value) => sum + value * value, 0) + 1e-8);
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const lost = keeps ? 0 : rankOne * path * (2 - path);
    const kept = 1 + lost - rankOne - rankMu * total;
    for (let row = 0; row < n; row++)
      for (let column = 0; column <= row; column++) {
        if (this.separable && column !== row) continue;
        let value =
          kept * this.covariance[row * n + column]! + rankOne * this.#path[row]! * this.#path[column]!;
        for (let i = 0; i < steps.length; i++)
          value += rankMu * shares[i]! * steps[i]![row]! * steps[i]![column]!;
        this.covariance[row * n + column] = this.covariance[column * n + row] = value;
      }
    this.#decompose();
  }

  /** Why it goes no further; null where it does. */
  stopped(): 'narrow' | 'wide' | 'flat' | 'ill-conditioned' | null {
    const n = this.size;
    const diagonal = Array.from({ length: n }, (_, k) => this.covariance[k * n + k]!);
    const least = 1e-12 * this.#firstSigma;
    if (diagonal.every((value, k) => this.sigma * value < least && this.sigma * this.#path[k]! < least))
      return 'narrow';
    const largest = Math.max(...this.#deviations);
    if (!(this.sigma * largest <= 1e4)) return 'wide';
    if (this.mean.some((mean, k) => mean === mean + 0.2 * this.deviation(k))) return 'flat';
    const axis = this.generation % n;
    const along = 0.1 * this.sigma * this.#deviations[axis]!;
    if (this.mean.every((mean, k) => mean === mean + along * this.#axes[k * n + axis]!)) return 'flat';
    return largest / Math.min(...this.#deviations) > 1e14 ? 'ill-conditioned' : null;
  }

  /** The weights that the mean moves by: those of the points with a value, made to sum to 1. */
  #drawn(points: readonly Ranked[]): Float64Array {
    const drawn = this.#rates.weights.slice(0, points.length);
    let sum = 0;
    drawn.forEach((weight, i) => {
      drawn[i] = points[i]!.valued && i < this.#rates.parents ? weight : 0;
      sum += drawn[i];
    });
    return drawn.map((weight) => weight / sum);
  }

  /** C^(-1/2) · step */
  #whitened(step: Float64Array): Float64Array {
    const n = this.size;
    return this.#throughAxes((column) => {
      let along = 0;
      for (let row = 0; row < n; row++) along += this.#axes[row * n + column]! * step[row]!;
      return along / this.#deviations[column]!;
    });
  }

  /** Σ over principal axes of `along` times the axis. */
  #throughAxes(along: (axis: number) => number): Float64Array {
    const n = this.size;
    const out = new Float64Array(n);
    for (let column = 0; column < n; column++) {
      const share = along(column);
      for (let row = 0; row < n; row++) out[row]! += this.#axes[row * n + column]! * share;
    }
    return out;
  }

  #decompose(): void {
    const n = this.size;
    if (this.separable) {
      this.#deviations = this.#deviations.map((_, k) =>
        Math.sqrt(Math.max(LEAST_EIGENVALUE, this.covariance[k * n + k]!)),
      );
      return;
    }
    const found = new EigenvalueDecomposition(Matrix.from1DArray(n, n, this.covariance), {
      assumeSymmetric: true,
    });
    this.#deviations = Float64Array.from(found.realEigenvalues, (value) =>
      Math.sqrt(Math.max(LEAST_EIGENVALUE, value)),
    );
    this.#axes = Float64Array.from(found.eigenvectorMatrix.to1DArray());
  }
}

/** Points of a generation by Hansen's rule. */
export function populationOf(size: number): number {
  return 4 + Math.floor(3 * Math.log(size));
}

/** Learning rates, (48) to (56). */
function ratesOf(n: number, population: number, separable: boolean): Rates {
  const parents = Math.floor(population / 2);
  const raw = Float64Array.from(
    { length: population },
    (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1),
  );
  const effectiveOf = (values: Float64Array) => {
    const sum = values.reduce((a, b) => a + b, 0);
    return (sum * sum) / values.reduce((a, b) => a + b * b, 0);
  };
  const effective = effectiveOf(raw.subarray(0, parents));
  const rankOne = 2 / ((n + 1.3) ** 2 + effective);
  const full = Math.min(
    1 - rankOne - 1e-8,
    (2 * (effective - 2 + 1 / effective)) / ((n + 2) ** 2 + effective),
  );
  const rankMu = separable ? Math.min(1 - rankOne - 1e-8, (full * (n + 2)) / 3) : full;
  const least = Math.min(
    1 + rankOne / rankMu,
    1 + (2 * effectiveOf(raw.subarray(parents))) / (effective + 2),
    (1 - rankOne - rankMu) / (n * rankMu),
  );
  const positive = raw.reduce((sum, value) => sum + Math.max(0, value), 0);
  const negative = raw.reduce((sum, value) => sum - Math.min(0, value), 0);
  const sigma = (effective + 2) / (n + effective + 5);
  return {
    weights: raw.map((value) => (value >= 0 ? value / positive : (least * value) / negative)),
    ...{ parents, sigma, rankOne, rankMu },
    damping: 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + sigma,
    path: (4 + effective / n) / (n + 4 + (2 * effective) / n),
  };
}

function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let k = 0; k < n; k++) matrix[k * n + k] = 1;
  return matrix;
}
