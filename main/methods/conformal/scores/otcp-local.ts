/** @file OT-CP+: the rank of a residual under the transport map of the residuals of nearby rows (arXiv 2501.18991). */
import type { Compute } from '../../../contract/compute';
import { nearestRows } from '../../../numerics/neighbours';
import {
  LOCAL_EPSILON,
  LOCAL_POINTS,
  localRank,
  localSolver,
  type LocalMap,
} from '../../../transport/rank/local';
import { openLocalProgram } from '../../../transport/rank/local-program';
import { TAIL_WEIGHT } from '../../../transport/rank/rank';
import { ballReference } from '../../../transport/rank/reference';
import type { Arrays } from '../../../contract/define';
import type { Candidates, OpenScore, ScoreDefinition, TableShape } from '../types';
import { scoreWords } from './catalogue';
import { isShared } from './program';
import { residualsOf } from './residuals';

/** Radii of the local reference; the rest are directions. */
const RADII = 8;
/** Maps that are kept, by the features of their row. */
const MOST_KEPT = 4096;
/** From this many candidates at one row on, a program is quicker than loops. */
const MANY = 512;

/**
 * s(x, y) = ‖T_x(y − ŷ(x))‖ with T_x fitted on the residuals of the k fit rows nearest to x. The neighbours come from the fit
 * rows, not from a half of the calibration rows as in the paper: the threshold then uses all calibration rows, as it does
 * for every other score.
 */
export const otcpLocal: ScoreDefinition = {
  ...scoreWords('otcpLocal'),
  source: 'section 1.11; arXiv 2501.18991',
  guarantee: 'exact',
  needs: ['mean'],
  async fit({ fit, settings, seed, shape: { d, features } }) {
    const count = fit.rows.count;
    const neighbours = Math.max(1, Math.min(settings.neighbours, count));
    const sizes = { radii: RADII, directions: LOCAL_POINTS / RADII, originCopies: 0 };
    return {
      arrays: {
        points: { data: ballReference(d, sizes, { seed }).points, shape: [LOCAL_POINTS, d] },
        residuals: { data: residualsOf(fit.rows, fit.prediction), shape: [count, d] },
        x: { data: fit.rows.x, shape: [count, features] },
        neighbours: { data: Int32Array.of(neighbours), shape: [1] },
        tailGuard: { data: Uint8Array.of(Number(settings.tailGuard)), shape: [1] },
      },
      facts: { neighbours, epsilon: LOCAL_EPSILON, points: LOCAL_POINTS },
    };
  },
  async open(compute, shape, arrays) {
    return new OpenLocalScore(compute, shape, arrays);
  },
};

class OpenLocalScore implements OpenScore {
  readonly #compute: Compute;
  readonly #shape: TableShape;
  readonly #arrays: Arrays;
  readonly #solve: ReturnType<typeof localSolver>;
  readonly #rank: ReturnType<typeof localRank>;
  readonly #tailWeight: number;
  readonly #maps = new Map<string, LocalMap>();
  #program: ReturnType<typeof openLocalProgram> | undefined;

  constructor(compute: Compute, shape: TableShape, arrays: Arrays) {
    this.#compute = compute;
    this.#shape = shape;
    this.#arrays = arrays;
    const points = arrays.points!.data as Float32Array;
    this.#solve = localSolver(points, shape.d);
    this.#rank = localRank(points, shape.d);
    this.#tailWeight = arrays.tailGuard!.data[0] === 1 ? TAIL_WEIGHT : 0;
  }

  async evaluate({ count, y, prediction, x }: Candidates): Promise<Float64Array> {
    const { d, features } = this.#shape;
    const centre = prediction.mean!.data;
    const shared = isShared(prediction, count);
    const residuals = Float64Array.from(y, (value, k) => value - centre[shared ? k % d : k]!);
    if (shared && count >= MANY) return this.#many(this.#mapAt(x.subarray(0, features)), residuals);
    const scores = new Float64Array(count);
    for (let row = 0; row < count; row++) {
      const from = x.length === features ? 0 : row * features;
      const map = this.#mapAt(x.subarray(from, from + features));
      scores[row] = this.#rank(map, residuals, row * d, this.#tailWeight);
    }
    return scores;
  }

  async close(): Promise<void> {
    await (await this.#program)?.close();
    this.#program = undefined;
    this.#maps.clear();
  }

  async #many(map: LocalMap, residuals: Float64Array): Promise<Float64Array> {
    this.#program ??= openLocalProgram(
      this.#compute,
      this.#arrays.points!.data as Float32Array,
      this.#shape.d,
    );
    return (await this.#program).ranks(map, residuals, this.#tailWeight);
  }

  /** The map at a row of features, solved once; the one not used for longest goes. */
  #mapAt(x: Float32Array): LocalMap {
    const key = Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString('latin1');
    const kept = this.#maps.get(key);
    if (kept) this.#maps.delete(key);
    const map = kept ?? this.#solveAt(x);
    this.#maps.set(key, map);
    if (this.#maps.size > MOST_KEPT)
      for (const oldest of this.#maps.keys()) return (this.#maps.delete(oldest), map);
    return map;
  }

  #solveAt(x: Float32Array): LocalMap {
    const { d, features } = this.#shape;
    const residuals = this.#arrays.residuals!.data as Float64Array;
    const rows = this.#arrays.x!.data as Float32Array;
    const near = nearestRows(x, rows, features, this.#arrays.neighbours!.data[0]!);
    const points = new Float64Array(near.length * d);
    near.forEach((row, k) => points.set(residuals.subarray(row * d, (row + 1) * d), k * d));
    return this.#solve(points);
  }
}
