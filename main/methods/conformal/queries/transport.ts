/** @file Answers about the map behind OTCP, and full conformal by transport. */
import { MongeError } from '../../../../native-models/error';
import { radiusFor } from '../../../calibration/quantile';
import { mapOf } from '../../../transport/rank/entropic';
import { pulledBack } from '../../../transport/rank/rank';
import { transductiveSet } from '../../../transport/rank/transductive';
import { mapQuestions as questions } from '../questions/sets';
import { residualsOf } from '../predicted';
import { unstandardised } from '../scores/gaussian';
import { hasMap, transportPicture } from '../scores/otcp';
import type { Prediction } from '../types';
import { answers, regression, type Shown, type ShownScore } from './prepared';
import { regionsOf } from './regions';

/** Points of the cloud and of the reference that are shown. */
const MOST_POINTS = 2000;
/** Corners of a contour. */
const CORNERS = 200;

export const maps = answers(questions, {
  async transport(context, { score: id }) {
    const shown = await regression(context);
    const score = await mapped(shown, id);
    const picture = await transportPicture(context.compute, score.arrays, {
      seed: context.seed,
      device: context.config.device,
      radius: score.radius(context.config.alpha),
    });
    const { map } = picture;
    const { d } = map;
    const count = Math.min(MOST_POINTS, picture.ranks.length);
    return {
      cloud: firstTwo(map.cloud, d, count),
      ranks: Float32Array.from(picture.ranks.subarray(0, count)),
      images: firstTwo(picture.images, d, count),
      reference: firstTwo(map.points, d, Math.min(MOST_POINTS, map.points.length / d)),
      leak: picture.leak,
      epsilon: map.epsilon,
      iterations: map.iterations,
      marginalError: map.marginalError,
      saturated: picture.saturated,
    };
  },

  /** Circles of the ball pulled back to residuals and laid around a prediction: previews, not borders of sets. */
  async contours(context, { score: id, alpha, row, pair }) {
    const shown = await regression(context);
    const score = await mapped(shown, id);
    const map = mapOf(score.arrays);
    const { d } = map;
    const levels = [...new Set([0.2, 0.5, 0.8, 1 - alpha])].sort((a, b) => a - b);
    // Checks the row.
    const { prediction } = shown.candidates(row, new Float32Array(d));
    const lines: Float32Array[] = [];
    const drawn: number[] = [];
    for (const level of levels) {
      const radius = Math.min(1, radiusFor(score.calibration, 1 - level));
      const circle = new Float64Array(CORNERS * d);
      for (let k = 0; k < CORNERS; k++) {
        const angle = (2 * Math.PI * k) / (CORNERS - 1);
        circle[k * d + pair[0]] = radius * Math.cos(angle);
        if (pair[1] !== pair[0]) circle[k * d + pair[1]] = radius * Math.sin(angle);
      }
      const residuals = pulledBack(map, circle);
      const points = shown.toData(placed(score, prediction, residuals, d));
      lines.push(
        Float32Array.from({ length: 2 * CORNERS }, (_, at) => points[(at >> 1) * d + pair[at % 2]!]!),
      );
      drawn.push(level);
    }
    return { levels: drawn, lines };
  },

  async transductive(context, { alpha, points }) {
    const shown = await regression(context);
    if (shown.shape.d !== 2)
      throw new MongeError({
        code: 'transductive-targets',
        what: 'the assignment of every candidate is shown for two targets only',
        got: `${shown.shape.d} targets`,
      });
    const { calibration } = shown.predicted;
    const count = Math.min(points, calibration.rows.count);
    const residuals = Float32Array.from(residualsOf(calibration).subarray(0, 2 * count));
    const found = transductiveSet(residuals, { alpha, seed: context.seed })!;
    const outline = context.config.scores.includes('otcp')
      ? await regionsOf(context, {
          scores: ['otcp'],
          alpha,
          row: 0,
          pair: [0, 1],
          through: 'slice',
        })
      : null;
    // Around a prediction of zero, in data units: the residual itself.
    const { targetScale } = shown.encoding;
    const scaled = (values: ArrayLike<number>) =>
      Float32Array.from(values, (value, k) => value * targetScale[k % 2]!);
    const centre = outline?.mean ?? [0, 0];
    const { extent } = found;
    return {
      accepted: found.accepted,
      grid: found.grid,
      extent: [
        extent[0] * targetScale[0]!,
        extent[1] * targetScale[0]!,
        extent[2] * targetScale[1]!,
        extent[3] * targetScale[1]!,
      ],
      points: scaled(residuals),
      radius: found.radius,
      rings: (outline?.regions[0]?.rings ?? []).map((ring) => ring.map((value, k) => value - centre[k % 2]!)),
    };
  },
});

/** Residuals of a score as targets around a prediction. */
function placed(score: ShownScore, prediction: Prediction, residuals: Float64Array, d: number): Float32Array {
  if (score.definition.needs.includes('gaussian')) return unstandardised(residuals, prediction, d);
  const centre = prediction.mean!.data;
  return Float32Array.from(residuals, (value, k) => value + centre[k % d]!);
}

/** A score with an entropic map. Throws `score-without-map`. */
async function mapped(shown: Shown, id: string): Promise<ShownScore> {
  const score = await shown.score(id);
  if (hasMap(score.arrays)) return score;
  throw new MongeError({
    code: 'score-without-map',
    what: 'this score has no transport map to show',
    where: { key: 'score' },
    got: id,
    expected: 'otcp or otcpStandardised',
  });
}

function firstTwo(points: Float32Array, d: number, count: number): Float32Array {
  return Float32Array.from({ length: 2 * count }, (_, at) =>
    at % 2 < d ? points[(at >> 1) * d + (at % 2)]! : 0,
  );
}
