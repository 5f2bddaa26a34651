/** @file Answers about the map behind OTCP, and full conformal by transport. */
import { MongeError } from '../../../../native-models/error';
import { radiusFor } from '../../../calibration/quantile';
import { mapOf } from '../../../transport/rank/entropic';
import { pulledBack } from '../../../transport/rank/rank';
import { transductiveSet } from '../../../transport/rank/transductive';
import { residualsOf } from '../predicted';
import { questions } from '../questions';
import { unstandardised } from '../scores/norms';
import { hasMap, transportPicture } from '../scores/otcp';
import type { Prediction } from '../types';
import { answers, regression, type Shown, type ShownScore } from './prepared';
import { regionsOf } from './regions';

/** Points of the cloud and of the reference that are shown. */
const MOST_POINTS = 2000;
/** Corners of a contour. */
const CORNERS = 200;
/** Coverage that contours stand for, beside that of the sets. */
const LEVELS = [0.2, 0.5, 0.8];

export const maps = answers(questions, {
  async transport(context, { score: id }) {
    const { config, compute, seed } = context;
    const { arrays, radius } = await mapped(await regression(context), id);
    const asked = { seed, device: config.device, radius: radius(config.alpha) };
    const { map, ranks, images, leak, saturated } = await transportPicture(compute, arrays, asked);
    const { d, cloud, points, epsilon, iterations, marginalError } = map;
    return {
      cloud: firstTwo(cloud, d),
      ranks: Float32Array.from(ranks.subarray(0, MOST_POINTS)),
      images: firstTwo(images, d),
      reference: firstTwo(points, d),
      ...{ leak, epsilon, iterations, marginalError, saturated },
    };
  },

  /** Circles of the ball pulled back to residuals and laid around a prediction: previews, not borders of sets. */
  async contours(context, { score: id, alpha, row, pair }) {
    const shown = await regression(context);
    const score = await mapped(shown, id);
    const map = mapOf(score.arrays);
    const { d } = map;
    const levels = [...new Set([...LEVELS, 1 - alpha])].sort((a, b) => a - b);
    const { prediction } = shown.at(row);
    const lines = levels.map((level) => {
      const radius = Math.min(1, radiusFor(score.calibration, 1 - level));
      const circle = new Float64Array(CORNERS * d);
      for (let k = 0; k < CORNERS; k++) {
        const angle = (2 * Math.PI * k) / (CORNERS - 1);
        circle[k * d + pair[0]] = radius * Math.cos(angle);
        if (pair[1] !== pair[0]) circle[k * d + pair[1]] = radius * Math.sin(angle);
      }
      const points = shown.toData(placed(score, prediction, pulledBack(map, circle), d));
      return Float32Array.from({ length: 2 * CORNERS }, (_, at) => points[(at >> 1) * d + pair[at % 2]!]!);
    });
    return { levels, lines };
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
    const { accepted, grid, extent, radius } = transductiveSet(residuals, { alpha, seed: context.seed });
    const split = context.config.scores.includes('otcp')
      ? await regionsOf(context, { scores: ['otcp'], alpha, row: 0, pair: [0, 1], through: 'slice' })
      : { mean: [0, 0], regions: [] };
    // Around a prediction of zero, in data units: the residual itself.
    const [first, second] = shown.encoding.targetScale as unknown as [number, number];
    const around = (ring: Float32Array) => ring.map((value, k) => value - split.mean[k % 2]!);
    return {
      ...{ accepted, grid, radius },
      extent: [extent[0] * first, extent[1] * first, extent[2] * second, extent[3] * second],
      points: residuals.map((value, k) => value * (k % 2 === 0 ? first : second)),
      rings: (split.regions[0]?.rings ?? []).map(around),
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

/** [n, 2] the first two coordinates of the first points [·, d]. */
function firstTwo(points: Float32Array, d: number): Float32Array {
  const count = Math.min(MOST_POINTS, points.length / d);
  return Float32Array.from({ length: 2 * count }, (_, at) =>
    at % 2 < d ? points[(at >> 1) * d + (at % 2)]! : 0,
  );
}
