/** @file One repeat: rows dealt out, the model trained, every score fitted, calibrated and measured. */
import { rankFor } from '../../../calibration/quantile';
import { FEWEST_EFFECTIVE } from '../region/monte-carlo';
import type { RunContext } from '../../../contract/define';
import type { ConformalConfig } from '../config';
import type { ScoreId } from '../scores/catalogue';
import { scoreById, scoresOfRun } from '../scores';
import { scoreSettings } from '../settings';
import type { Parts } from '../../../training/parts';
import type { PreparedTable } from '../../../tables/prepared';
import type { Arrays, ModelInput } from '../../../contract/define';
import type { ScoreContext } from '../types';
import { seedOf } from './deal';
import type { Counts } from './final';
import { bandCoverage, conditionalMeasures, type ConditionalMeasures, type ScoreMeasures } from './measure';
import { fitScore, radiusAt, testHits, type FittedScore } from './score';
import { leakOf } from './leak';
import { searchEpsilon } from './search';
import { sizesOf } from './sizes';
import { modelSplit, type ModelledSplit } from './split';

export interface EvaluatedSplit {
  measures: Record<string, ScoreMeasures>;
  model: Arrays;
  scores: Map<string, FittedScore>;
  counts: Counts;
  notices: string[];
}

/** Test rows whose sets' volumes are measured where they differ from row to row. */
const SIZE_ROWS = 100;

/** Null when stopped. */
export async function evaluateSplit(
  context: RunContext,
  table: PreparedTable,
  config: ConformalConfig,
  repeat: number,
  parts: Parts,
  userModel: ModelInput | undefined,
): Promise<EvaluatedSplit | null> {
  const progress = new SplitProgress(context, config, repeat);
  const modelled = await modelSplit(table, config, context.seed, repeat, {
    compute: context.compute,
    device: config.device,
    parts,
    userModel,
    now: () => context.now(),
    shouldStop: () => context.stopRequested(),
    onProgress: (share) => progress.at('base model', 0.4 * share),
  });
  if (!modelled) return null;
  try {
    return await evaluateScores(context, config, repeat, modelled, progress);
  } finally {
    await modelled.model.close();
  }
}

async function evaluateScores(
  context: RunContext,
  config: ConformalConfig,
  repeat: number,
  modelled: ModelledSplit,
  progress: SplitProgress,
): Promise<EvaluatedSplit | null> {
  const { predicted, shape, split } = modelled;
  const { alpha } = config;
  const seed = seedOf(context.seed, repeat);
  const ids = scoresOfRun(config);
  const settings = scoreSettings(config, shape.d, predicted.fit.rows.count);
  const base: Omit<ScoreContext, 'fit' | 'taken' | 'onProgress'> = {
    compute: context.compute,
    device: config.device,
    seed,
    shape,
    alpha,
    settings,
    now: () => context.now(),
    shouldStop: () => context.stopRequested(),
  };
  if (config.searchEpsilon && ids.some((id) => id.startsWith('otcp'))) {
    const found = await searchEpsilon({ ...base, onProgress: () => undefined }, predicted.fit);
    if (found === null) return null;
    base.settings = { ...settings, epsilon: found };
  }
  const scores = new Map<string, FittedScore>();
  const measured: Omit<ScoreMeasures, keyof ConditionalMeasures>[] = [];
  const sets: Uint8Array[] = [];
  for (const [position, id] of ids.entries()) {
    const definition = scoreById(id);
    const onProgress = (share: number) =>
      progress.at(definition.title, 0.4 + (0.6 * (position + share)) / ids.length);
    onProgress(0);
    const fitted = await fitScore(definition, { ...base, onProgress }, predicted, config.tieBreak);
    if (!fitted) return null;
    scores.set(id, fitted);
    const hits = testHits(definition, fitted, alpha);
    const radius = radiusAt(definition, fitted.calibration, alpha);
    const open = await definition.open(context.compute, shape, fitted.arrays);
    try {
      const sizes = await sizesOf(definition, open, predicted, {
        shape,
        alpha,
        radius,
        rows: SIZE_ROWS,
        seed,
        shouldStop: base.shouldStop,
      });
      if (!sizes) return null;
      sets.push(hits);
      measured.push({
        coverage: hits.reduce((sum, hit) => sum + hit, 0) / hits.length,
        ...summarise(sizes.logVolume),
        effective: sizes.effective,
        radius: finite(radius),
        ...bandCoverage(config.problem, predicted.test.rows, hits),
        leak: await leakOf(context.compute, fitted, radius, seed),
        fitSeconds: fitted.fitSeconds,
        queryMilliseconds: fitted.queryMilliseconds,
      });
    } finally {
      await open.close();
    }
  }
  const { test, calibration } = predicted;
  const even = conditionalMeasures(test.rows, calibration.rows, shape.features, sets, alpha, seed);
  return {
    measures: Object.fromEntries(ids.map((id, k) => [id, { ...measured[k]!, ...even[k]! }])),
    model: modelled.modelArrays,
    scores,
    counts: {
      train: split.train.count,
      fit: split.fit.count,
      calibration: split.calibration.count,
      test: split.test.count,
    },
    notices: [
      ...smallNotices(split.calibration.count, shape.d, alpha),
      ...everythingNotices(ids, measured, split.calibration.count, alpha),
      ...roughNotices(ids, measured),
    ],
  };
}

function summarise(logVolume: Float64Array): Pick<ScoreMeasures, 'logVolume' | 'everything'> {
  const mean = logVolume.reduce((sum, value) => sum + value, 0) / logVolume.length;
  const everything = logVolume.filter((value) => value === Infinity).length / logVolume.length;
  return { logVolume: Number.isFinite(mean) ? mean : null, everything };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** What a person should know of few calibration rows. */
function smallNotices(rows: number, d: number, alpha: number): string[] {
  const percent = Number((100 * (1 - alpha)).toPrecision(4));
  if (rankFor(rows, alpha) > rows)
    return [
      `${rows} calibration rows are too few for ${percent} % sets: only the whole space is sure to cover so often. At least ${Math.ceil(1 / alpha) - 1} are needed.`,
    ];
  if (rows < 10 * d)
    return [
      `${rows} calibration rows for ${d} targets: sets are valid, but their size varies much from split to split.`,
    ];
  return [];
}

/** Scores that need more calibration rows than the order statistic itself, as an interval per target at a share of α does. */
function everythingNotices(
  ids: readonly ScoreId[],
  measured: readonly Pick<ScoreMeasures, 'everything'>[],
  rows: number,
  alpha: number,
): string[] {
  if (rankFor(rows, alpha) > rows) return [];
  const titles = ids.filter((_, k) => measured[k]!.everything === 1).map((id) => scoreById(id).title);
  return titles.length === 0
    ? []
    : [
        `${titles.join(', ')}: every set is everything, as ${rows} calibration rows are too few for it at this level.`,
      ];
}

/** Volumes that rest on few effective draws are named as what they are. */
function roughNotices(
  ids: readonly ScoreId[],
  measured: readonly Pick<ScoreMeasures, 'effective'>[],
): string[] {
  const rough = ids.filter((_, k) => (measured[k]!.effective ?? Infinity) < FEWEST_EFFECTIVE);
  return rough.length === 0
    ? []
    : [
        `Log-volumes of ${rough.map((id) => scoreById(id).title).join(', ')} are rough: at some rows they rest on fewer than ${FEWEST_EFFECTIVE} effective draws.`,
      ];
}

/** Progress over all repeats, by hundredths of one. */
class SplitProgress {
  readonly #context: RunContext;
  readonly #steps: number;
  readonly #first: number;

  constructor(context: RunContext, config: ConformalConfig, repeat: number) {
    this.#context = context;
    this.#steps = 100 * config.repeats;
    this.#first = 100 * repeat;
  }

  at(stage: string, share: number): void {
    this.#context.progress({
      stage,
      step: Math.min(this.#steps, this.#first + Math.round(100 * share)),
      steps: this.#steps,
      stepsPerSecond: null,
    });
  }
}
