/** @file The shadow of a set of more than two targets on two of them: what can be reached by moving the others. */
import { stream } from '../../../../native-models';
import { momentsOf } from '../../../numerics/cholesky';
import type { Outline } from './outline';
import { ringsArea } from './rings';
import { boundsOf, grown, onAxes, pointsInside, type ScoredSet, type Units } from './set';
import { Shadow } from './shadow';

/** Standard deviations of the Gaussians that candidates come from, in turn. */
const WIDTHS = [1, 1.6];
/** Beyond the outermost candidate inside, on each side, as a share of the width. */
const MARGIN = 0.3;
const MOST_WIDENINGS = 3;
/** Rounds of growth at most, and without a new cell before it ends. */
const ROUNDS = 60;
const PATIENCE = 4;

/** With the number of candidates drawn around the data that were inside. None: nothing is drawn. */
export type RegionProjection = Outline & { accepted: number };

/**
 * The set of (y_i, y_j) for which some values of the other targets put y inside. Candidates are `points` [n, d] themselves,
 * the prediction plus calibration residuals, and draws of Gaussians with their moments, widened. Those inside mark cells
 * of a 120 × 120 grid, and the marked part then grows: empty cells beside it are tried with the other targets of their
 * neighbours, moved along the regression on the pair and by chance, until nothing is added. Draws alone would leave out
 * the rim, which few points of a set in many dimensions project to. A lower bound of the true shadow, up to half a cell.
 */
export async function projectionOf(
  set: ScoredSet,
  pair: readonly [number, number],
  points: Float32Array,
  units: Units,
  seed: number,
  draws = 20_000,
): Promise<RegionProjection> {
  const { d } = set;
  let inside = await pointsInside(set, candidatesAround(points, d, seed, draws));
  const accepted = inside.length / d;
  if (accepted === 0) return { rings: [], area: 0, clipped: false, accepted };
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
    return { rings, area: ringsArea(rings), clipped, accepted };
  }
}

function candidatesAround(points: Float32Array, d: number, seed: number, draws: number): Float32Array {
  const { mean, factor } = momentsOf(points, d);
  const normal = stream(seed, 'conformal.projection.draws').normal(new Float32Array(draws * d));
  const candidates = new Float32Array(points.length + draws * d);
  candidates.set(points);
  for (let draw = 0; draw < draws; draw++)
    for (let j = 0; j < d; j++) {
      let value = 0;
      for (let k = 0; k <= j; k++) value += factor[j * d + k]! * normal[draw * d + k]!;
      candidates[points.length + draw * d + j] = mean[j]! + WIDTHS[draw % WIDTHS.length]! * value;
    }
  return candidates;
}
