/**
 * @file Sums over all pairs of points in the plane of a kernel of their distance, by a grid: charges go to the 4 × 4 nodes
 * around a point (cubic Lagrange weights), the grid is convolved by Fourier transforms, potentials come back by the same weights
 * (Linderman et al., "Fast interpolation-based t-SNE", Nature Methods 16, 2019, whose nodes are quadratic ones).
 */
import FFT from 'fft.js';

/** The widest spacing of the grid at which the kernels of t-SNE, whose width is 1, are met within about 2 %. */
const SPACING = 0.4;
const SMALLEST_GRID = 64;
const LARGEST_GRID = 512;
/** Spacings are whole powers of this. */
const LADDER = 1.04;
/** Nodes on each side that weights reach beyond the points. */
const MARGIN = 2;
/** Rows transformed together, so that turning the matrix writes whole cache lines. */
const TOGETHER = 8;

/** Charges' and potentials' nodes and weights of points [n, 2]. */
interface Placed {
  size: number;
  spacing: number;
  /** [n] the first of the 4 × 4 nodes. */
  corner: Int32Array;
  /** [n, 8] weights along x, then along y. */
  weights: Float64Array;
}

/** Σ_j of both Student kernels: what t-SNE's repulsion needs. */
export interface StudentSums {
  /** Σ_i Σ_j≠i 1/(1 + d²). */
  total: number;
  /** [n, 2] Σ_j (y_i − y_j)/(1 + d²)². */
  push: Float64Array;
}

/** Up to so many points all pairs cost less than the transforms. */
const ALL_PAIRS = 1500;

/** Keeps the tables of the last grid size. */
export class StudentKernel {
  #grid: Grid | null = null;

  /** For points [n, 2]: of few points over all pairs, else by the grid. */
  sums(points: Float64Array): StudentSums {
    return points.length <= 2 * ALL_PAIRS ? allPairs(points) : this.bySpreading(points);
  }

  /** Work: 16 n and a few transforms of at most 1,024². The push is within about 3 % of its length. */
  bySpreading(points: Float64Array): StudentSums {
    const placed = place(points);
    if (this.#grid?.size !== placed.size) this.#grid = new Grid(placed.size);
    const grid = this.#grid;
    grid.setKernel(placed.spacing);
    const n = points.length / 2;
    const one = grid.convolved(
      spread(placed, n, grid.charges, () => 1, null),
      'both',
    );
    const both = gather(placed, n, one);
    const moments = grid.convolved(
      spread(
        placed,
        n,
        grid.charges,
        (i) => points[2 * i]!,
        (i) => points[2 * i + 1]!,
      ),
      'square',
    );
    const weighted = gather(placed, n, moments);
    let total = -n;
    const push = new Float64Array(points.length);
    for (let i = 0; i < n; i++) {
      total += both[2 * i]!;
      const potential = both[2 * i + 1]!;
      push[2 * i] = points[2 * i]! * potential - weighted[2 * i]!;
      push[2 * i + 1] = points[2 * i + 1]! * potential - weighted[2 * i + 1]!;
    }
    return { total, push };
  }
}

function allPairs(points: Float64Array): StudentSums {
  const push = new Float64Array(points.length);
  let total = 0;
  for (let i = 0; i < points.length; i += 2)
    for (let j = 0; j < i; j += 2) {
      const dx = points[i]! - points[j]!;
      const dy = points[i + 1]! - points[j + 1]!;
      const value = 1 / (1 + dx * dx + dy * dy);
      const square = value * value;
      total += 2 * value;
      push[i]! += square * dx;
      push[i + 1]! += square * dy;
      push[j]! -= square * dx;
      push[j + 1]! -= square * dy;
    }
  return { total, push };
}

function place(points: Float64Array): Placed {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let k = 0; k < points.length; k += 2) {
    const x = points[k]!;
    const y = points[k + 1]!;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < bottom) bottom = y;
    if (y > top) top = y;
  }
  const span = Math.max(right - left, top - bottom, 1e-12);
  let size = SMALLEST_GRID;
  while (size < LARGEST_GRID && span / (size - 2 * MARGIN) > SPACING) size *= 2;
  // From a ladder, so that the kernel's transforms last for many iterations.
  const spacing = LADDER ** Math.ceil(Math.log(span / (size - 2 * MARGIN)) / Math.log(LADDER));
  const n = points.length / 2;
  const corner = new Int32Array(n);
  const weights = new Float64Array(8 * n);
  for (let i = 0; i < n; i++) {
    const x = (points[2 * i]! - left) / spacing + 1;
    const y = (points[2 * i + 1]! - bottom) / spacing + 1;
    const column = Math.floor(x);
    const row = Math.floor(y);
    corner[i] = (row - 1) * size + column - 1;
    lagrange(x - column, weights, 8 * i);
    lagrange(y - row, weights, 8 * i + 4);
  }
  return { size, spacing, corner, weights };
}

/** Weights of the nodes −1, 0, 1, 2 at t in [0, 1). */
function lagrange(t: number, out: Float64Array, at: number): void {
  out[at] = (-t * (t - 1) * (t - 2)) / 6;
  out[at + 1] = ((t + 1) * (t - 1) * (t - 2)) / 2;
  out[at + 2] = (-(t + 1) * t * (t - 2)) / 2;
  out[at + 3] = ((t + 1) * t * (t - 1)) / 6;
}

/** [size, size] complex: the charges of all points on the nodes. */
function spread(
  { size, corner, weights }: Placed,
  n: number,
  charges: Float64Array,
  real: (i: number) => number,
  imaginary: ((i: number) => number) | null,
): Float64Array {
  charges.fill(0);
  for (let i = 0; i < n; i++) {
    const [a, b] = [real(i), imaginary ? imaginary(i) : 0];
    for (let row = 0; row < 4; row++) {
      const share = weights[8 * i + 4 + row]!;
      let at = 2 * (corner[i]! + row * size);
      for (let column = 0; column < 4; column++, at += 2) {
        const weight = share * weights[8 * i + column]!;
        charges[at]! += weight * a;
        charges[at + 1]! += weight * b;
      }
    }
  }
  return charges;
}

/** [n, 2] real and imaginary part of the potential at each point. */
function gather({ size, corner, weights }: Placed, n: number, potential: Float64Array): Float64Array {
  const out = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    let [a, b] = [0, 0];
    for (let row = 0; row < 4; row++) {
      const share = weights[8 * i + 4 + row]!;
      let at = 2 * (corner[i]! + row * size);
      for (let column = 0; column < 4; column++, at += 2) {
        const weight = share * weights[8 * i + column]!;
        a += weight * potential[at]!;
        b += weight * potential[at + 1]!;
      }
    }
    out[2 * i] = a;
    out[2 * i + 1] = b;
  }
  return out;
}

/** Convolution on size × size nodes, filled up with zeros to twice that. Spectra lie turned: column by column. */
class Grid {
  readonly charges: Float64Array;
  readonly #double: number;
  readonly #fft: FFT;
  readonly #spectrum: Float64Array;
  readonly #kernel: Float64Array;
  readonly #turned: Float64Array;
  readonly #potential: Float64Array;
  #spacing = 0;

  constructor(readonly size: number) {
    const double = 2 * size;
    this.#double = double;
    this.#fft = new FFT(double);
    this.charges = new Float64Array(2 * size * size);
    this.#potential = new Float64Array(2 * size * size);
    this.#spectrum = new Float64Array(2 * double * double);
    this.#kernel = new Float64Array(2 * double * double);
    this.#turned = new Float64Array(2 * double * double);
  }

  /** Spectra of 1/(1 + d²) and its square at this spacing: both kernels are even, so theirs are real, and one transform has both. */
  setKernel(spacing: number): void {
    if (spacing === this.#spacing) return;
    this.#spacing = spacing;
    const double = this.#double;
    const kernel = this.#spectrum;
    for (let row = 0; row < double; row++) {
      const dy = Math.min(row, double - row) * spacing;
      for (let column = 0; column < double; column++) {
        const dx = Math.min(column, double - column) * spacing;
        const value = 1 / (1 + dx * dx + dy * dy);
        const at = 2 * (row * double + column);
        kernel[at] = value;
        kernel[at + 1] = value * value;
      }
    }
    this.#rows(kernel, double, double, this.#turned, double, 'transform');
    this.#rows(this.#turned, double, double, this.#kernel, double, 'transform');
    // Turned twice it lies row by row; the kernel is symmetric in x and y, so that is the same.
  }

  /**
   * [size, size] complex. 'both': real charges, with 1/(1 + d²) in the real and its square in the imaginary part;
   * 'square': real and imaginary charges, each with the square.
   */
  convolved(charges: Float64Array, kernel: 'both' | 'square'): Float64Array {
    const [size, double] = [this.size, this.#double];
    const [spectrum, table] = [this.#spectrum, this.#kernel];
    this.#rows(charges, size, size, this.#turned, double, 'transform');
    this.#rows(this.#turned, double, size, spectrum, double, 'transform');
    for (let at = 0; at < spectrum.length; at += 2) {
      const a = spectrum[at]!;
      const b = spectrum[at + 1]!;
      const square = table[at + 1]!;
      const first = kernel === 'both' ? table[at]! : square;
      const second = kernel === 'both' ? square : 0;
      spectrum[at] = a * first - b * second;
      spectrum[at + 1] = b * first + a * second;
    }
    this.#rows(spectrum, double, double, this.#turned, size, 'inverseTransform');
    this.#rows(this.#turned, size, double, this.#potential, size, 'inverseTransform');
    return this.#potential;
  }

  /**
   * Transforms `count` rows of `width` complex numbers (filled up with zeros) and writes the first `kept` of each turned:
   * entry k of row r to out[k, r]; rows of `out` are `count` wide.
   */
  #rows(
    from: Float64Array,
    count: number,
    width: number,
    out: Float64Array,
    kept: number,
    how: 'transform' | 'inverseTransform',
  ): void {
    const double = this.#double;
    const padded = new Float64Array(2 * double);
    const done = Array.from({ length: TOGETHER }, () => new Float64Array(2 * double));
    for (let first = 0; first < count; first += TOGETHER) {
      for (let k = 0; k < TOGETHER; k++) {
        const start = 2 * (first + k) * width;
        if (width < double) {
          padded.set(from.subarray(start, start + 2 * width));
          this.#fft[how](done[k]!, padded);
        } else this.#fft[how](done[k]!, from.subarray(start, start + 2 * width));
      }
      for (let entry = 0; entry < kept; entry++) {
        let at = 2 * (entry * count + first);
        for (let k = 0; k < TOGETHER; k++) {
          out[at++] = done[k]![2 * entry]!;
          out[at++] = done[k]![2 * entry + 1]!;
        }
      }
    }
  }
}
