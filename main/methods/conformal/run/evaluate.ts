/** @file One repeat: the model trained, every score fitted, calibrated and measured. */
import { hitsAt, radiusFor, sortScores } from '../../../calibration/quantile';
import { mean } from '../../../experiments/statistics';
import type { PreparedTable } from '../../../tables/prepare';
import type { ConformalConfig } from '../config';
import { FEWEST_EFFECTIVE } from '../region/monte-carlo';
import { partOf, type Predicted } from '../predicted';
import { scoreById, scoresOfRun } from '../scores';
import { hasMap, otcp, transportPicture } from '../scores/otcp';
import { scoreSettings } from '../settings';
import type { ScoreContext } from '../types';
import {
  bandCoverage,
  conditionalMeasures,
  shareOf,
  type ConditionalMeasures,
  type ScoreMeasures,
} from './measures';
import { tooFewNotices } from './repeats';
import { evaluateRows, fitScore, radiusAt, type FittedScore } from './score';
import { sizesOf } from './sizes';
import { countsOf, modelSplit, seedOf, type Counts, type ModelledSplit, type SplitContext } from './split';

/** Test rows whose sets' volumes are measured where they differ from row to row. */
const SIZE_ROWS = 100;
/** Candidates of ε, and the share of the fit rows that the map is learned on while searching. */
const EPSILONS = [0.01, 0.03, 0.1, 0.3];
const LEARNING = 2 / 3;
/** Share of a repeat's progress that the base model and its heads are. */
const MODEL_SHARE = 0.4;

/** What is measured, kept and said of a split; null when stopped. */
export async function evaluateSplit(
  context: SplitContext,
  table: PreparedTable,
  config: ConformalConfig,
  repeat: number,
) {
  const onProgress = (share: number) => context.onProgress('base model', MODEL_SHARE * share);
  const modelled = await modelSplit({ ...context, onProgress }, table, config, repeat);
  if (!modelled) return null;
  try {
    return await evaluateScores({ ...context, seed: seedOf(context.seed, repeat) }, config, modelled);
  } finally {
    await modelled.model.close();
  }
}

async function evaluateScores(
  { onProgress, ...split }: SplitContext,
  config: ConformalConfig,
  { predicted, shape, split: rows, modelArrays }: ModelledSplit,
) {
  const { alpha } = config;
  const ids = scoresOfRun(config);
  const settings = scoreSettings(config, shape.d, predicted.fit.rows.count);
  const base = { ...split, shape, alpha, settings };
  if (config.searchEpsilon && ids.some((id) => id.startsWith('otcp'))) {
    const found = await searchEpsilon({ ...base, onProgress: () => undefined }, predicted.fit);
    if (found === null) return null;
    base.settings = { ...settings, epsilon: found };
  }
  const scores = new Map<string, FittedScore>();
  const measured: Omit<ScoreMeasures, keyof ConditionalMeasures>[] = [];
  const sets: Uint8Array[] = [];
  for (const [position, id] of ids.entries()) {
    const { title } = scoreById(id);
    const within = (share: number) =>
      onProgress(title, MODEL_SHARE + ((1 - MODEL_SHARE) * (position + share)) / ids.length);
    within(0);
    const fitted = await fitScore(scoreById(id), { ...base, onProgress: within }, predicted, config.tieBreak);
    const measures = fitted && (await measure(id, fitted, base, config.problem, predicted));
    if (!measures) return null;
    scores.set(id, fitted);
    sets.push(measures.hits);
    measured.push(measures.values);
  }
  const { test, calibration } = predicted;
  const even = conditionalMeasures(test.rows, calibration.rows, shape.features, sets, alpha, split.seed);
  const measures = ids.map((id, k) => [id, { ...measured[k]!, ...even[k]! }] as const);
  const counts = countsOf(rows);
  return {
    measures: Object.fromEntries(measures),
    ...{ model: modelArrays, scores, counts },
    notices: noticesOf(measures, counts, shape.d, alpha),
  };
}

/** The hits of a fitted score on the test rows, and its numbers; null when stopped. */
async function measure(
  id: string,
  { arrays, calibration, test, fitSeconds, queryMilliseconds }: FittedScore,
  context: Omit<ScoreContext, 'fit' | 'onProgress'>,
  problem: ConformalConfig['problem'],
  predicted: ModelledSplit['predicted'],
) {
  const { compute, shape, seed, alpha } = context;
  const definition = scoreById(id);
  const radius = radiusAt(definition, calibration, alpha);
  const hits = hitsAt(test, radius);
  const open = await definition.open(compute, shape, arrays);
  try {
    const sizes = await sizesOf(definition, open, predicted, context, { radius, rows: SIZE_ROWS });
    if (!sizes) return null;
    const { logVolume, effective } = sizes;
    const bounded = Number.isFinite(radius);
    const values = {
      coverage: shareOf(hits),
      logVolume: finite(mean([...logVolume])),
      everything: logVolume.filter((value) => value === Infinity).length / logVolume.length,
      effective,
      radius: finite(radius),
      ...bandCoverage(problem, predicted.test.rows, hits),
      leak:
        bounded && hasMap(arrays)
          ? (await transportPicture(compute, arrays, { seed, radius })).leak[0]!.share
          : null,
      ...{ fitSeconds, queryMilliseconds },
    };
    return { hits, values };
  } finally {
    await open.close();
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/**
 * The ε of the smallest OTCP set on held-out fit rows: neither calibration nor test rows are looked at. The rule's where too few
 * rows are held out to tell. Null when stopped.
 */
async function searchEpsilon(
  context: Omit<ScoreContext, 'fit' | 'taken'>,
  rows: Predicted,
): Promise<number | null> {
  const { alpha, compute, shape, settings } = context;
  const learning = Math.round(LEARNING * rows.rows.count);
  const [fit, test] = [partOf(rows, 0, learning), partOf(rows, learning, rows.rows.count)];
  let best = { epsilon: settings.epsilon, logVolume: Infinity };
  for (const epsilon of EPSILONS) {
    const learned = await otcp.fit({ ...context, settings: { ...settings, epsilon }, fit });
    if (!learned) return null;
    const open = await otcp.open(compute, shape, learned.arrays);
    try {
      const radius = radiusFor(sortScores(await evaluateRows(open, test, alpha)), alpha);
      const sizes = await sizesOf(otcp, open, { fit, test }, context, { radius, rows: 1 });
      if (!sizes) return null;
      const [logVolume] = sizes.logVolume;
      if (logVolume! < best.logVolume) best = { epsilon, logVolume: logVolume! };
    } finally {
      await open.close();
    }
  }
  return best.epsilon;
}

/** What a person should know of few calibration rows, and of volumes that rest on few draws. */
function noticesOf(
  measures: readonly (readonly [id: string, values: ScoreMeasures])[],
  counts: Counts,
  d: number,
  alpha: number,
): string[] {
  const titles = (fits: (values: ScoreMeasures) => boolean) =>
    measures.flatMap(([id, values]) => (fits(values) ? [scoreById(id).title] : [])).join(', ');
  const rows = counts.calibration;
  const notices = tooFewNotices(counts, alpha, 'the whole space is sure to cover');
  if (notices.length === 0) {
    if (rows < 10 * d)
      notices.push(
        `${rows} calibration rows for ${d} targets: sets are valid, but their size varies much from split to split.`,
      );
    // An interval per target at a share of α needs more calibration rows than the order statistic itself.
    const boundless = titles(({ everything }) => everything === 1);
    if (boundless)
      notices.push(
        `${boundless}: every set is everything, as ${rows} calibration rows are too few for it at this level.`,
      );
  }
  const rough = titles(({ effective }) => (effective ?? Infinity) < FEWEST_EFFECTIVE);
  if (rough)
    notices.push(
      `Log-volumes of ${rough} are rough: at some rows they rest on fewer than ${FEWEST_EFFECTIVE} effective draws.`,
    );
  return notices;
}
