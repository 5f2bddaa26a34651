/** @file The shadow of a set of more than two targets on two of them: what can be reached by moving the others. */
import { stream, type RandomStream } from '../../../../native-models';
import { choleskyFactor, momentsOf, solveFactored } from '../../../numerics/cholesky';
import { NOTHING, type Outline } from './outline';
import { crossingShare, drawnRings, ringsArea, traceRings, type Crossing } from './rings';
import { boundsOf, depthsAt, grown, onAxes, pointsInside, type Box, type ScoredSet, type Units } from './set';

/** Candidates beside the points themselves, and standard deviations of the Gaussians that they come from, in turn. */
const DRAWS = 20_000;
const WIDTHS = [1, 1.6];
/** Beyond the outermost candidate inside, on each side, as a share of the width. */
const MARGIN = 0.3;
const MOST_WIDENINGS = 3;
/** Rounds of growth at most, and without a new cell before it ends. */
const ROUNDS = 60;
const PATIENCE = 4;
/** Cells along each side of the grid. */
const CELLS = 120;
/** Points tried above each cell of the rim in a round. */
const TRIES = 6;
/** Random moves have between a hundredth of and one standard deviation of what the pair leaves open. */
const SMALLEST_MOVE = 0.01;

/**
 * The set of (y_i, y_j) for which some values of the other targets put y inside. Candidates are `points` [n, d] themselves,
 * the prediction plus calibration residuals, and draws of Gaussians with their moments, widened. Those inside mark cells
 * of a 120 × 120 grid, and the marked part then grows: empty cells beside it are tried with the other targets of their
 * neighbours, moved along the regression on the pair and by chance, until nothing is added. Draws alone would leave out
 * the rim, which few points of a set in many dimensions project to. A lower bound of the true shadow, up to half a cell;
 * nothing where no candidate is inside.
 */
export async function projectionOf(
  set: ScoredSet,
  pair: readonly [number, number],
  points: Float32Array,
  units: Units,
  seed: number,
): Promise<Outline> {
  const { d } = set;
  let inside = await pointsInside(set, candidatesAround(points, d, seed));
  if (inside.length === 0) return NOTHING;
  for (let widenings = 0; ; widenings++) {
    const margin = MARGIN * 2 ** widenings;
    const window = grown(onAxes(boundsOf(inside, d), pair), (width) => margin * (width || 1));
    const shadow = new Shadow(set, pair, points, window);
    shadow.mark(inside);
    for (let round = 0, idle = 0; round < ROUNDS && idle < PATIENCE; round++) {
      const random = stream(seed, 'conformal.projection.growth', round + ROUNDS * widenings);
      idle = (await shadow.grow(random)) ? 0 : idle + 1;
    }
    const clipped = shadow.touchesEdge();
    if (clipped && widenings < MOST_WIDENINGS) {
      inside = shadow.representatives();
      continue;
    }
    const rings = shadow.rings(units);
    return { rings, area: ringsArea(rings), clipped };
  }
}

function candidatesAround(points: Float32Array, d: number, seed: number): Float32Array {
  const { mean, factor } = momentsOf(points, d);
  const normal = stream(seed, 'conformal.projection.draws').normal(new Float32Array(DRAWS * d));
  const candidates = new Float32Array(points.length + DRAWS * d);
  candidates.set(points);
  for (let draw = 0; draw < DRAWS; draw++)
    for (let j = 0; j < d; j++) {
      let value = 0;
      for (let k = 0; k <= j; k++) value += factor[j * d + k]! * normal[draw * d + k]!;
      candidates[points.length + draw * d + j] = mean[j]! + WIDTHS[draw % WIDTHS.length]! * value;
    }
  return candidates;
}

/** A grid of cells over two targets, each with the deepest point found above it; the marked part grows at its rim. */
class Shadow {
  /** Of each cell the largest depth found, −Infinity where nothing was tried, and the point that has it. */
  readonly #depths = new Float64Array(CELLS * CELLS).fill(-Infinity);
  readonly #points: Float32Array;
  /** Slopes [d, 2] of each target on the pair, and the standard deviations that remain. */
  readonly #slopes: Float64Array;
  readonly #rests: Float64Array;

  /** `around` [n, d] says how the targets go together; `window` bounds the pair. */
  constructor(
    readonly set: ScoredSet,
    readonly pair: readonly [number, number],
    around: Float32Array,
    readonly window: Box,
  ) {
    const { d } = set;
    this.#points = new Float32Array(CELLS * CELLS * d);
    const { covariance } = momentsOf(around, d);
    const block = Float64Array.from(pair.flatMap((j) => pair.map((k) => covariance[j * d + k]!)));
    const factor = choleskyFactor(block, 2);
    this.#slopes = new Float64Array(d * 2);
    this.#rests = new Float64Array(d);
    for (let k = 0; k < d; k++) {
      const right = pair.map((j) => covariance[k * d + j]!);
      const slope = factor ? solveFactored(factor, 2, Float64Array.from(right)) : new Float64Array(2);
      this.#slopes.set(slope, k * 2);
      const rest = covariance[k * d + k]! - slope[0]! * right[0]! - slope[1]! * right[1]!;
      this.#rests[k] = pair.includes(k) ? 0 : Math.sqrt(Math.max(0, rest));
    }
  }

  /** Marks the cells below points [n, d] that are inside. Their depth is not known yet and counts as 0. */
  mark(inside: Float32Array): void {
    const { d } = this.set;
    for (let at = 0; at < inside.length; at += d) {
      const [i, j] = this.pair.map((target, side) => this.#cellOf(inside[at + target]!, side));
      const cell = j! * CELLS + i!;
      if (i! < 0 || j! < 0 || i! >= CELLS || j! >= CELLS || this.#depths[cell]! >= 0) continue;
      this.#depths[cell] = 0;
      this.#points.set(inside.subarray(at, at + d), cell * d);
    }
  }

  /**
   * Tries points above the rim: above its marked cells, to find deeper ones, and above the empty cells beside them, with
   * the other targets of a marked neighbour. True where a cell was marked.
   */
  async grow(random: RandomStream): Promise<boolean> {
    const { d } = this.set;
    const rim = this.#rim();
    const trial = new Float32Array(rim.length * TRIES * d);
    const picks = random.integers(new Int32Array(rim.length * TRIES), 2 ** 20);
    const sizes = random.uniform(new Float32Array(rim.length * TRIES));
    const normal = random.normal(new Float32Array(rim.length * TRIES * d));
    for (const [index, { cell, sources }] of rim.entries())
      for (let turn = 0; turn < TRIES; turn++) {
        const row = index * TRIES + turn;
        const source = sources[picks[row]! % sources.length]!;
        // The first try only follows the regression.
        const size = turn === 0 ? 0 : SMALLEST_MOVE ** sizes[row]!;
        this.#place(trial, row * d, cell, source, size, normal);
      }
    const depths = await depthsAt(this.set, trial);
    let marked = false;
    for (const [index, { cell }] of rim.entries())
      for (let row = index * TRIES; row < (index + 1) * TRIES; row++) {
        if (depths[row]! <= this.#depths[cell]!) continue;
        marked ||= this.#depths[cell]! < 0 && depths[row]! >= 0;
        this.#depths[cell] = depths[row]!;
        this.#points.set(trial.subarray(row * d, (row + 1) * d), cell * d);
      }
    return marked;
  }

  touchesEdge(): boolean {
    return this.#depths.some(
      (depth, cell) =>
        depth >= 0 &&
        [0, CELLS - 1].some((edge) => cell % CELLS === edge || Math.floor(cell / CELLS) === edge),
    );
  }

  /** [n, d] one point inside above each marked cell. */
  representatives(): Float32Array {
    const { d } = this.set;
    const cells = Array.from(this.#depths.keys()).filter((cell) => this.#depths[cell]! >= 0);
    const points = new Float32Array(cells.length * d);
    for (const [index, cell] of cells.entries())
      points.set(this.#points.subarray(cell * d, (cell + 1) * d), index * d);
    return points;
  }

  /** Outlines of the marked part in data units; between two cells the border lies where a straight line between their depths is 0. */
  rings(units: Units): Float32Array[] {
    const depths = this.#depths;
    const place = ({ inside, outside }: Crossing, _target: number, side: number) => {
      const start = this.#centre(inside, side);
      if (outside < 0) return start;
      const share = crossingShare(depths[inside]!, depths[outside]!);
      return start + share * (this.#centre(outside, side) - start);
    };
    return drawnRings(traceRings(depths, CELLS, CELLS), this.pair, units, place);
  }

  /** Marked cells with an empty neighbour, and empty ones with a marked neighbour, each with the cells whose points serve as a start. */
  #rim(): { cell: number; sources: number[] }[] {
    const rim: { cell: number; sources: number[] }[] = [];
    for (let cell = 0; cell < CELLS * CELLS; cell++) {
      const [i, j] = [cell % CELLS, Math.floor(cell / CELLS)];
      const sources: number[] = [];
      let empty = 0;
      for (let q = Math.max(0, j - 1); q <= Math.min(CELLS - 1, j + 1); q++)
        for (let p = Math.max(0, i - 1); p <= Math.min(CELLS - 1, i + 1); p++)
          if (this.#depths[q * CELLS + p]! >= 0) sources.push(q * CELLS + p);
          else empty++;
      if (empty === 0 || sources.length === 0) continue;
      // Where something has been tried, that is the best start after the neighbours.
      if (Number.isFinite(this.#depths[cell]!)) sources.push(cell);
      rim.push({ cell, sources });
    }
    return rim;
  }

  /** Writes the point of cell `source`, moved above the centre of `cell`, to `trial` at `offset`. */
  #place(
    trial: Float32Array,
    offset: number,
    cell: number,
    source: number,
    size: number,
    normal: Float32Array,
  ): void {
    const { d } = this.set;
    const from = this.#points.subarray(source * d, (source + 1) * d);
    const [first, second] = this.pair.map((target, side) => this.#centre(cell, side) - from[target]!);
    for (let k = 0; k < d; k++)
      trial[offset + k] =
        from[k]! +
        this.#slopes[k * 2]! * first! +
        this.#slopes[k * 2 + 1]! * second! +
        size * this.#rests[k]! * normal[offset + k]!;
  }

  #cellOf(value: number, side: number): number {
    const [low, high] = [this.window.low[side]!, this.window.high[side]!];
    return Math.floor(((value - low) / (high - low)) * CELLS);
  }

  /** The middle of a cell along one side of the pair. */
  #centre(cell: number, side: number): number {
    const step = side === 0 ? cell % CELLS : Math.floor(cell / CELLS);
    const [low, high] = [this.window.low[side]!, this.window.high[side]!];
    return low + ((step + 0.5) / CELLS) * (high - low);
  }
}
