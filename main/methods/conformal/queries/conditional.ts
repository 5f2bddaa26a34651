/** @file The answer to where sets cover less often than they do on average. */
import { float32, toOnnx, trace } from '../../../../native-models';
import { runRows } from '../../../compute/run-rows';
import { momentsOf } from '../../../numerics/cholesky';
import { columnOf } from '../../../numerics/gather';
import { tellingBins, type FeatureBins } from '../measure/bins';
import type { Chance } from '../measure/chance';
import { clusterCentres, clusterCoverage, nearestCentres } from '../measure/clusters';
import { excessRisks } from '../measure/ert';
import { alongDirection, worstSlabs, type WorstSlab } from '../measure/worst-slab';
import { residualsOf, type Predicted } from '../predicted';
import { questions, type ConditionalCoverage } from '../questions';
import { shareOf } from '../run/measures';
import { drawNoise, drawsOf, logDensityOfDraws } from '../scores/mixture';
import { ofParts } from '../scores/program';
import { hitsOf } from './coverage';
import { answers, regression, type SetsContext, type Shown } from './prepared';

/** Features named in the direction of a slab. */
const MOST_WEIGHTS = 5;
/** Draws per row whose densities are compared, and rows per run. */
const DRAWS = 100;
const ROWS_PER_RUN = 512;

export const conditional = answers(questions, {
  async conditional(context, { score: id, alpha }) {
    const shown = await regression(context);
    const { test, calibration } = shown.predicted;
    const { features } = shown.shape;
    const { seed } = context;
    const hits = await hitsOf(await shown.score(id), alpha);
    const risk = excessRisks(test.rows.x, features, [hits], alpha, seed);
    const slabs = worstSlabs(test.rows.x, features, [hits], alpha, seed);
    const slab = slabs?.slabs[0] ?? null;
    const bins = tellingBins(test.rows.x, features, hits);
    const ofX = clusterCoverage(
      nearestCentres(test.rows.x, features, clusterCentres(calibration.rows.x, features, seed)),
      hits,
      alpha,
    );
    return {
      target: 1 - alpha,
      coverage: shareOf(hits),
      ert: risk?.risks[0] ?? null,
      ertChance: risk && [risk.chance.low, risk.chance.high],
      slab: slab && describeSlab(slab, slabs!.chance, shown.table.names),
      along: slab ? alongDirection(test.rows.x, features, slab.direction) : alongFeature(shown, bins),
      missed: hits.map((hit) => 1 - hit),
      clusters: ofX.clusters,
      bins: bins.map(({ feature, edges, coverage, counts }) => ({
        ...{ feature: shown.table.names[feature]!, coverage, counts },
        edges: edges.map((edge) => edge * shown.encoding.scale[feature]! + shown.encoding.mean[feature]!),
      })),
      misses: missesOf(shown, hits),
      cecX: ofX.error,
      cecZ: await errorByDensities(context, shown, hits, alpha),
    };
  },
});

function describeSlab({ direction, ...slab }: WorstSlab, chance: Chance, names: readonly string[]) {
  const weights = [...direction].map((weight, k) => ({ feature: names[k]!, weight }));
  weights.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  return { ...slab, chance, weights: weights.slice(0, MOST_WEIGHTS) };
}

/** Without a slab rows are laid out along the feature that tells most of coverage. */
function alongFeature({ predicted, shape: { features } }: Shown, bins: readonly FeatureBins[]): Float32Array {
  const { x, count } = predicted.test.rows;
  return features === 0 ? new Float32Array(count) : columnOf(x, features, bins[0]?.feature ?? 0);
}

/** For each target how many misses have their largest error there, relative to its spread, below and above the prediction. */
function missesOf(shown: Shown, hits: Uint8Array): ConditionalCoverage['misses'] {
  const { d } = shown.shape;
  const { fit, test } = shown.predicted;
  const { mean, covariance } = momentsOf(residualsOf(fit), d);
  const errors = residualsOf(test);
  const misses = shown.table.targets.map((target) => ({ target, below: 0, above: 0 }));
  for (let row = 0; row < hits.length; row++) {
    if (hits[row]) continue;
    let [largest, at] = [0, 0];
    for (let j = 0; j < d; j++) {
      const relative = (errors[row * d + j]! - mean[j]!) / Math.sqrt(covariance[j * d + j]!);
      if (Math.abs(relative) > Math.abs(largest)) [largest, at] = [relative, j];
    }
    if (largest < 0) misses[at]!.below++;
    else misses[at]!.above++;
  }
  return misses;
}

/**
 * CEC-Z: clusters of rows whose predicted mixtures give draws from them like log-densities; null without a predicted mixture.
 */
async function errorByDensities(
  context: SetsContext,
  shown: Shown,
  hits: Uint8Array,
  alpha: number,
): Promise<number | null> {
  const { test, calibration } = shown.predicted;
  if (!test.prediction['mixture.weights']) return null;
  const centres = clusterCentres(await densitiesOf(context, shown, calibration), DRAWS, context.seed);
  const labels = nearestCentres(await densitiesOf(context, shown, test), DRAWS, centres);
  return clusterCoverage(labels, hits, alpha).error;
}

/** [rows, draws] the log-densities of draws from the mixture that is predicted at each row, descending. */
async function densitiesOf(
  { compute, seed }: SetsContext,
  { shape }: Shown,
  { prediction }: Predicted,
): Promise<Float64Array> {
  const parts = ofParts(prediction, ['mixture']) as Record<string, { data: Float32Array; shape: number[] }>;
  const noise = drawNoise(seed, 'densities', DRAWS, shape.d);
  const types = Object.entries(parts).map(
    ([name, part]) => [name, float32('rows', ...part.shape.slice(1))] as const,
  );
  const graph = trace('drawDensities', Object.fromEntries(types), (given) => ({
    densities: logDensityOfDraws(given, drawsOf(given, noise, 'densities')),
  }));
  const session = await compute.open(toOnnx(graph), { label: 'densities of draws' });
  try {
    const { densities } = await runRows(session, parts, ROWS_PER_RUN);
    const values = Float64Array.from(densities!.data);
    for (let at = 0; at < values.length; at += DRAWS)
      values
        .subarray(at, at + DRAWS)
        .sort()
        .reverse();
    return values;
  } finally {
    await session.close();
  }
}
