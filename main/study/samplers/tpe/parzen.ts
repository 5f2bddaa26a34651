/**
 * @file Parzen estimators over a group of axes, as Optuna 5 defines them: one product kernel for every observation, a truncated
 * normal along axes with an order and a smoothed choice along those without, and one wide kernel as prior. All in coordinates
 * from 0 to 1. Kernels are kept up as observations come and go, so that thousands of them cost little.
 */
import { logNormalMass, normalBelow } from '../../../numerics/normal';
import { normalQuantile } from '../../../numerics/sobol';
import type { Axis } from '../../space/axes';
import { grown, RowList } from './members';

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Kernels below e to this of the largest one are left out: ten thousand of them are below rounding. */
const NEGLIGIBLE = -40;
/** The newest observations count fully; before them weights fall evenly to 1/n for the oldest. */
const FULL_WEIGHTS = 25;

export interface ParzenOptions {
  /** Widths of at least a share of the range that falls with the number of kernels, down to a hundredth. */
  magicClip: boolean;
  /** Whether the ends of the range count as neighbours of the outermost observations. */
  endpoints: boolean;
}

/** Observations by row, one column of places per axis; shared by the estimators of good and other points. */
export interface Observations {
  axes: readonly Axis[];
  columns: readonly Float64Array[];
}

interface Kernels {
  axis: Axis;
  /** The column of the observations. */
  column: number;
  /** Rows by place, then number. */
  order: RowList;
  /** By row: 1 over the width, and the logarithm of what makes the kernel a density. */
  inverse: Float64Array;
  norm: Float64Array;
}

export class Parzen {
  readonly #seen: Observations;
  readonly #options: ParzenOptions;
  readonly #members = new RowList();
  /** Axes with an order: first those of a continuum, which rule kernels out fastest. */
  readonly #ordered: Kernels[];
  /** Columns of choices without order, and how many there are. */
  readonly #choices: { column: number; count: number }[];
  /** By row: the sum of all its norms. */
  #norms: Float64Array = new Float64Array(16);
  /** While there are few, one more changes the least width of all. */
  #stale = false;
  #logWeights: Float64Array | null = null;
  #packed = new Float64Array(0);

  constructor(seen: Observations, options: ParzenOptions) {
    this.#seen = seen;
    this.#options = options;
    const kinds = seen.axes.map((axis, column) => ({ axis, column }));
    const ordered = kinds.filter(({ axis }) => axis.dimension.type !== 'categorical');
    this.#ordered = [
      ...ordered.filter(({ axis }) => axis.cells === null),
      ...ordered.filter(({ axis }) => axis.cells !== null),
    ].map((one) => ({
      ...one,
      ...{ order: new RowList(), inverse: new Float64Array(16), norm: new Float64Array(16) },
    }));
    this.#choices = kinds
      .filter(({ axis }) => axis.dimension.type === 'categorical')
      .map(({ axis, column }) => ({ column, count: axis.cells! }));
  }

  get size(): number {
    return this.#members.length;
  }

  insert(row: number): void {
    const members = this.#members;
    members.insert(
      members.find((other) => other < row),
      row,
    );
    this.#norms = grown(this.#norms, row + 1);
    for (const kernels of this.#ordered) {
      kernels.inverse = grown(kernels.inverse, row + 1);
      kernels.norm = grown(kernels.norm, row + 1);
      kernels.order.insert(this.#placeOf(kernels, row), row);
    }
    this.#changed();
    if (!this.#stale)
      for (const kernels of this.#ordered) this.#refreshAbout(kernels, this.#placeOf(kernels, row));
  }

  remove(row: number): void {
    const members = this.#members;
    members.remove(members.find((other) => other < row));
    const places = this.#ordered.map((kernels) => {
      const at = this.#placeOf(kernels, row);
      kernels.order.remove(at);
      return at;
    });
    this.#changed();
    if (!this.#stale) this.#ordered.forEach((kernels, k) => this.#refreshAbout(kernels, places[k]!));
  }

  #changed(): void {
    this.#logWeights = null;
    // Below a hundred kernels the least width depends on their number.
    if (this.#options.magicClip && this.size < 100) this.#stale = true;
  }

  /** Where a row stands, or would stand, along an axis. */
  #placeOf({ order, column }: Kernels, row: number): number {
    const values = this.#seen.columns[column]!;
    const value = values[row]!;
    return order.find((other) => values[other]! < value || (values[other] === value && other < row));
  }

  /** Widths of the two outermost and of all within two places, which see a change at that place. */
  #refreshAbout(kernels: Kernels, at: number): void {
    const last = this.size - 1;
    const about = [0, 1, at - 2, at - 1, at, at + 1, at + 2, last - 1, last];
    for (const place of new Set(about)) if (place >= 0 && place <= last) this.#refresh(kernels, place);
  }

  #refreshAll(): void {
    for (const kernels of this.#ordered)
      for (let place = 0; place < this.size; place++) this.#refresh(kernels, place, false);
    for (let k = 0; k < this.size; k++) this.#sumNorms(this.#members.rows[k]!);
    this.#stale = false;
  }

  /** The width of a kernel is the larger distance to its neighbours, within bounds. */
  #refresh(kernels: Kernels, place: number, sum = true): void {
    const { order, column } = kernels;
    const values = this.#seen.columns[column]!;
    const n = this.size;
    const row = order.rows[place]!;
    const value = values[row]!;
    const before = place === 0 ? value : value - values[order.rows[place - 1]!]!;
    const after = place === n - 1 ? 1 - value : values[order.rows[place + 1]!]! - value;
    let width = Math.max(before, after);
    if (!this.#options.endpoints && n >= 2) {
      if (place === 0) width = after;
      else if (place === n - 1) width = before;
    }
    const least = this.#options.magicClip ? 1 / Math.min(100, n + 2) : 1e-12;
    width = Math.min(1, Math.max(least, width));
    kernels.inverse[row] = 1 / width;
    kernels.norm[row] = normOf(kernels.axis, value, width);
    if (sum) this.#sumNorms(row);
  }

  /** Anew, in the order of the axes, so that the bits do not depend on what was changed before. */
  #sumNorms(row: number): void {
    let total = 0;
    for (const { norm } of this.#ordered) total += norm[row]!;
    this.#norms[row] = total;
  }

  /** Brings up what the next questions need. */
  #prepare(): Float64Array {
    if (this.#stale) this.#refreshAll();
    if (this.#logWeights) return this.#logWeights;
    this.#logWeights = weightsOf(this.size).map(Math.log);
    this.#pack(this.#logWeights);
    return this.#logWeights;
  }

  /** Writes down side by side what the density reads of each kernel: its height, then middle and 1 over width per axis. */
  #pack(logWeights: Float64Array): void {
    const stride = 1 + 2 * this.#ordered.length;
    this.#packed = sized(this.#packed, this.size * stride);
    const { rows } = this.#members;
    for (let k = 0; k < this.size; k++) this.#packed[k * stride] = logWeights[k]! + this.#norms[rows[k]!]!;
    this.#ordered.forEach(({ column, inverse }, a) => {
      const values = this.#seen.columns[column]!;
      for (let k = 0; k < this.size; k++) {
        this.#packed[k * stride + 2 * a + 1] = values[rows[k]!]!;
        this.#packed[k * stride + 2 * a + 2] = inverse[rows[k]!]!;
      }
    });
  }

  /** Weight of every kernel, those of the observations by row and the prior's last; they sum to 1. */
  weights(): Float64Array {
    return weightsOf(this.size);
  }

  /** Middle and width of the kernels along an axis that has an order, by row; without the prior, which is ½ and 1. */
  kernels(key: string): { middles: number[]; widths: number[] } {
    this.#prepare();
    const { column, inverse } = this.#ordered.find(({ axis }) => axis.key === key)!;
    const rows = [...this.#members.rows.subarray(0, this.size)];
    return {
      middles: rows.map((row) => this.#seen.columns[column]![row]!),
      widths: rows.map((row) => 1 / inverse[row]!),
    };
  }

  /**
   * Draws a place: of the kernel that `shares[0]` falls on, along every axis by one more share, in the order of the axes. All
   * shares lie in (0, 1). Places of cells are middles or values, never between.
   */
  sample(shares: ArrayLike<number>): Float64Array {
    const weights = this.#prepare();
    let kernel = 0;
    for (let left = shares[0]! - Math.exp(weights[0]!); left > 0 && kernel < this.size;)
      left -= Math.exp(weights[++kernel]!);
    const row = kernel < this.size ? this.#members.rows[kernel]! : -1;
    const places = new Float64Array(this.#seen.axes.length);
    for (const { axis, column, inverse } of this.#ordered) {
      const middle = row < 0 ? 0.5 : this.#seen.columns[column]![row]!;
      const place = truncatedDraw(shares[column + 1]!, middle, row < 0 ? 1 : 1 / inverse[row]!);
      places[column] = axis.cells === null ? place : axis.toUnit(axis.fromUnit(place));
    }
    for (const { column, count } of this.#choices) {
      const own = row < 0 ? -1 : cellOf(this.#seen.columns[column]![row]!, count);
      let cell = 0;
      for (let left = shares[column + 1]!; cell < count - 1; cell++) {
        left -= Math.exp(this.#logChoice(cell === own, own < 0, count));
        if (left <= 0) break;
      }
      places[column] = (cell + 0.5) / count;
    }
    return places;
  }

  /** log density at a place of the group's axes; along cells it is the probability of the cell. */
  logDensity(places: ArrayLike<number>): number {
    const weights = this.#prepare();
    const n = this.size;
    const packed = this.#packed;
    const stride = 1 + 2 * this.#ordered.length;
    const split = this.#ordered.filter(({ axis }) => axis.cells === null).length;
    const asked = Float64Array.from(this.#ordered, ({ column }) => places[column]!);
    const cells = this.#ordered.slice(split).map(({ axis, column }) => axis.cellAt(places[column]!));
    let largest = weights[n]! + this.#logPrior(places);
    const terms = new Float64Array(n + 1);
    terms[0] = largest;
    let kept = 1;
    for (let k = 0; k < n; k++) {
      // A kernel is at most as high as in its middle: what falls below the bound along the first axes stays below.
      const bound = largest + NEGLIGIBLE;
      let at = k * stride;
      let term = packed[at++]!;
      for (let a = 0; a < split && term >= bound; a++, at += 2) {
        const distance = (asked[a]! - packed[at]!) * packed[at + 1]!;
        term -= 0.5 * distance * distance;
      }
      for (let a = split; a < asked.length && term >= bound; a++, at += 2)
        term += logCell(cells[a - split]!, packed[at]!, packed[at + 1]!, bound - term);
      if (term < bound) continue;
      if (this.#choices.length > 0) term += this.#logChoices(this.#members.rows[k]!, places);
      terms[kept++] = term;
      if (term > largest) largest = term;
    }
    let sum = 0;
    for (let k = 0; k < kept; k++) sum += Math.exp(terms[k]! - largest);
    return largest + Math.log(sum);
  }

  #logChoices(row: number, places: ArrayLike<number>): number {
    let log = 0;
    for (const { column, count } of this.#choices) {
      const own = cellOf(this.#seen.columns[column]![row]!, count);
      log += this.#logChoice(own === cellOf(places[column]!, count), false, count);
    }
    return log;
  }

  #logPrior(places: ArrayLike<number>): number {
    let log = 0;
    for (const { axis, column } of this.#ordered) {
      log += normOf(axis, 0.5, 1);
      const place = places[column]!;
      log += axis.cells === null ? -0.5 * (place - 0.5) ** 2 : logCell(axis.cellAt(place), 0.5, 1, -Infinity);
    }
    for (const { count } of this.#choices) log -= Math.log(count);
    return log;
  }

  /** Every choice has the same small share of a kernel, the observed one 1 more before they are made to sum to 1. */
  #logChoice(same: boolean, prior: boolean, count: number): number {
    if (prior) return -Math.log(count);
    const share = 1 / (this.size + 1);
    return Math.log((share + (same ? 1 : 0)) / (1 + count * share));
  }
}

/** An array with room for at least `size`, its content of no matter. */
function sized(array: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  return size <= array.length ? array : new Float64Array(2 * size);
}

/** [n + 1] weights of n observations and of the prior. */
function weightsOf(n: number): Float64Array {
  const weights = new Float64Array(n + 1).fill(1);
  const ramp = n - FULL_WEIGHTS;
  for (let k = 0; k < ramp; k++) weights[k] = ramp === 1 ? 1 / n : 1 / n + (k / (ramp - 1)) * (1 - 1 / n);
  let sum = 0;
  for (const weight of weights) sum += weight;
  return weights.map((weight) => weight / sum);
}

/** The logarithm of what a kernel cut off at 0 and 1 is multiplied with; of cells the probability is cut off alone. */
function normOf(axis: Axis, middle: number, width: number): number {
  const inside = logNormalMass(-middle / width, (1 - middle) / width);
  return axis.cells === null ? -Math.log(width) - HALF_LOG_TWO_PI - inside : -inside;
}

/** log of a kernel's mass in a cell before it is cut off; −∞ where it is surely below the bound. */
function logCell(
  [low, high]: readonly [number, number],
  middle: number,
  inverse: number,
  bound: number,
): number {
  const [a, b] = [(low - middle) * inverse, (high - middle) * inverse];
  const nearest = a > 0 ? a : b < 0 ? b : 0;
  if (nearest !== 0 && -0.5 * nearest * nearest - HALF_LOG_TWO_PI + Math.log(b - a) < bound) return -Infinity;
  return logNormalMass(a, b);
}

/** The quantile of a normal cut off at 0 and 1; its middle lies between them. */
function truncatedDraw(share: number, middle: number, width: number): number {
  const [below, above] = [normalBelow(-middle / width), normalBelow((middle - 1) / width)];
  const p = below + share * (1 - above - below);
  // From the nearer side, where rounding is finer.
  const z = p <= 0.5 ? normalQuantile(p) : -normalQuantile(above + (1 - share) * (1 - above - below));
  return Math.min(1, Math.max(0, middle + width * z));
}

function cellOf(place: number, count: number): number {
  return Math.min(count - 1, Math.floor(place * count));
}
