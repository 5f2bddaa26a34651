/** @file The run of a classification: split after split a classifier is trained and its sets of classes are calibrated and tested. */
import { classMembershipCsv } from '../classes/membership';
import type { CheckpointState, RunContext } from '../../../contract/define';
import type { Json } from '../../../contract/schema';
import { hitBand, meanBand, meanCoverage } from '../../../calibration/band';
import { likeliest } from '../classes/classifier';
import { evaluateClasses } from '../classes/evaluate';
import { classScoresOf } from '../classes/scores';
import { measureSets } from '../classes/sets';
import { storeClasses, type ClassSplit } from '../classes/stored';
import type { ConformalConfig } from '../config';
import { radiusFor, rankFor } from '../../../calibration/quantile';
import type { PreparedTable } from '../../../tables/prepared';
import { Parts } from '../../../training/parts';
import { SHOWN, SHOWN_SPLIT } from './stored';

/** Names of the numbers of a score on one split; all but the last two are shares of test rows or classes per row. */
const MEASURES = [
  'coverage',
  'meanSize',
  'singletons',
  'classCoverage',
  'empty',
  'everything',
  'fitSeconds',
  'queryMilliseconds',
] as const;

/** Numbers of one repeat. */
export interface ClassResult {
  accuracy: number;
  scores: Record<string, Record<(typeof MEASURES)[number], number>>;
}

/** Runs all repeats that a checkpoint does not have yet. The split of the first is kept. */
export async function runClasses(
  context: RunContext,
  table: PreparedTable,
  config: ConformalConfig,
): Promise<'done' | 'stopped'> {
  const { ids, notice } = classScoresOf(config.scores);
  if (!context.resume) for (const text of [notice, baseNotice(config)]) if (text) context.notice(text);
  const parts: Parts = new Parts(context, () => checkpointOf(results));
  const results = (parts.resume?.json.results as unknown as ClassResult[] | undefined) ?? [];
  const state = {
    compute: context.compute,
    ...{ device: config.device, seed: context.seed, parts },
    now: () => context.now(),
    shouldStop: () => context.stopRequested(),
  };
  for (let repeat = results.length; repeat < config.repeats; repeat++) {
    const onProgress = (stage: string, share: number) =>
      context.progress({
        stage,
        step: 100 * repeat + Math.round(100 * share),
        steps: 100 * config.repeats,
        stepsPerSecond: null,
      });
    onProgress('classifier', 0);
    const split = await evaluateClasses({ ...state, onProgress }, table, config, ids, repeat);
    if (!split) {
      await parts.save();
      return 'stopped';
    }
    if (repeat === SHOWN) {
      const few = fewNotice(split, config.alpha);
      if (few) context.notice(few);
      await context.keep(SHOWN_SPLIT, storeClasses(split));
      const text = classMembershipCsv(split, table.classes!, config.alpha);
      await context.artifact('membership.csv', new TextEncoder().encode(text));
    }
    const result = resultOf(split, config.alpha);
    results.push(result);
    context.metric('accuracy', repeat, result.accuracy);
    for (const [id, values] of Object.entries(result.scores))
      for (const name of MEASURES) context.metric(`${name}.${id}`, repeat, values[name]);
    context.final(finalOf(results, split, config));
    onProgress('scores', 1);
    parts.clear();
    await context.checkpoint(checkpointOf(results));
    if (context.stopRequested() && repeat + 1 < config.repeats) return 'stopped';
  }
  return 'done';
}

function checkpointOf(results: readonly ClassResult[]): CheckpointState {
  return { step: results.length, json: { results: results as unknown as Json }, arrays: {} };
}

function resultOf({ scores, truth, classes, probabilities }: ClassSplit, alpha: number): ClassResult {
  const guesses = likeliest(probabilities, classes);
  const result: ClassResult = {
    accuracy: mean(guesses.map((guess, row) => +(guess === truth[row]))),
    scores: {},
  };
  for (const [id, { calibration, test, fitSeconds, queryMilliseconds }] of scores) {
    const measured = measureSets({ scores: test, truth, classes }, radiusFor(calibration, alpha));
    const { coverage, meanSize, singletons, classCoverage, empty, everything } = measured;
    result.scores[id] = {
      ...{ coverage, meanSize, singletons, classCoverage, empty, everything },
      ...{ fitSeconds, queryMilliseconds },
    };
  }
  return result;
}

/** Means over the repeats, and the bands that coverage is judged by; queries' times are in the curves only. */
function finalOf(
  results: readonly ClassResult[],
  { counts: [, , calibration, test] }: ClassSplit,
  { alpha }: ConformalConfig,
): Record<string, number> {
  const [low, high] = hitBand(calibration, alpha, test);
  const [meanLow, meanHigh] = meanBand(calibration, alpha, test, results.length);
  const metrics: Record<string, number> = {
    ...{ repeats: results.length, calibrationRows: calibration, testRows: test },
    accuracy: mean(results.map((result) => result.accuracy)),
    'coverage.expected': meanCoverage(calibration, alpha),
    'coverage.bandLow': low,
    'coverage.bandHigh': high,
    'coverage.meanBandLow': meanLow,
    'coverage.meanBandHigh': meanHigh,
  };
  for (const id of Object.keys(results[0]!.scores)) {
    for (const name of MEASURES)
      if (name !== 'queryMilliseconds')
        metrics[`${name}.${id}`] = mean(results.map((result) => result.scores[id]![name]));
    metrics[`inBand.${id}`] = mean(
      results.map(({ scores }) => +(scores[id]!.coverage >= low && scores[id]!.coverage <= high)),
    );
  }
  return metrics;
}

function baseNotice({ base }: ConformalConfig): string | null {
  return base === 'column' || base === 'onnx'
    ? 'Classes are predicted by a perceptron of their own; predictions that were brought along are for numbers only.'
    : null;
}

function fewNotice({ counts: [, , calibration] }: ClassSplit, alpha: number): string | null {
  if (rankFor(calibration, alpha) <= calibration) return null;
  const percent = Number((100 * (1 - alpha)).toPrecision(4));
  return `${calibration} calibration rows are too few for ${percent} % sets: only the set of all classes is sure to hold the truth so often. At least ${Math.ceil(1 / alpha) - 1} are needed.`;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]!;
  return sum / values.length;
}
