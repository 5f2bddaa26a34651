/** @file The run of any task: split after split is evaluated and measured, the first one kept to be looked at. */
import { hitBand, meanBand, meanCoverage } from '../../../calibration/band';
import { rankFor } from '../../../calibration/quantile';
import type { Arrays, CheckpointState, RunContext } from '../../../contract/define';
import type { Json } from '../../../contract/schema';
import { Parts } from '../../../training/parts';
import type { ConformalConfig } from '../config';
import type { Counts, SplitContext } from './split';
import { SHOWN, SHOWN_SPLIT } from './stored';

/** What came of a repeat. */
export interface Repeat<R> {
  /** All that a resumed run needs to know of it. */
  result: R;
  metrics: (readonly [name: string, value: number | null])[];
  /** The final numbers after this and all earlier repeats. */
  final: (results: readonly R[]) => Record<string, number>;
  /** What a person should know of the split, and what is looked at later; only that of the shown one is kept. */
  notices: string[];
  stored: () => Arrays;
}

/** What a run ended with. */
export interface Repeats<R> {
  state: 'done' | 'stopped';
  results: R[];
  stored: Arrays;
}

/**
 * Runs all repeats that a checkpoint does not have yet; `evaluate` gives null when stopped. With `keepsShown` checkpoints
 * hold the shown split, for what a resumed run makes of it in the end.
 */
export async function runRepeats<R>(
  context: RunContext,
  config: ConformalConfig,
  evaluate: (split: SplitContext, repeat: number) => Promise<Repeat<R> | null>,
  { keepsShown }: { keepsShown: boolean },
): Promise<Repeats<R>> {
  const checkpoint = (): CheckpointState => ({
    ...{ step: results.length, json: { results: results as Json }, arrays: stored },
  });
  const parts: Parts = new Parts(context, checkpoint);
  const results = (parts.resume?.json.results ?? []) as R[];
  let stored: Arrays = parts.resume?.arrays ?? {};
  for (let repeat = results.length; repeat < config.repeats; repeat++) {
    const split = splitContext(context, config, repeat, parts);
    const done = await evaluate(split, repeat);
    if (!done) {
      await parts.save();
      return { state: 'stopped', results, stored };
    }
    if (repeat === SHOWN) {
      for (const notice of done.notices) context.notice(notice);
      const shown = done.stored();
      await context.keep(SHOWN_SPLIT, shown);
      if (keepsShown) stored = shown;
    }
    results.push(done.result);
    // The share that an evaluation reports last may be that before its last score.
    split.onProgress('scores', 1);
    for (const [name, value] of done.metrics) if (value !== null) context.metric(name, repeat, value);
    context.final(done.final(results));
    parts.clear();
    await context.checkpoint(checkpoint());
    if (context.stopRequested() && repeat + 1 < config.repeats) return { state: 'stopped', results, stored };
  }
  return { state: 'done', results, stored };
}

/** What a repeat is evaluated with; its progress counts in hundredths of a repeat. */
function splitContext(
  context: RunContext,
  { device, repeats }: ConformalConfig,
  repeat: number,
  parts: Parts,
): SplitContext {
  const { compute, seed } = context;
  return {
    ...{ compute, device, seed, parts },
    now: () => context.now(),
    shouldStop: () => context.stopRequested(),
    onProgress: (stage, share) =>
      context.progress({
        stage,
        step: 100 * repeat + Math.round(100 * share),
        steps: 100 * repeats,
        stepsPerSecond: null,
      }),
  };
}

/** The final numbers of any task: rows, and the bands that coverage is judged by, with what else is `known` of all scores. */
export function judgedBy(
  { calibration, test }: Counts,
  alpha: number,
  repeats: number,
  known: Record<string, number> = {},
): Record<string, number> {
  const [low, high] = hitBand(calibration, alpha, test);
  const [meanLow, meanHigh] = meanBand(calibration, alpha, test, repeats);
  return {
    ...{ repeats, calibrationRows: calibration, testRows: test },
    ...known,
    'coverage.expected': meanCoverage(calibration, alpha),
    'coverage.bandLow': low,
    'coverage.bandHigh': high,
    'coverage.meanBandLow': meanLow,
    'coverage.meanBandHigh': meanHigh,
  };
}

/** What a person should know where only the largest set is sure to hold the truth as often as asked. */
export function tooFewNotices({ calibration }: Counts, alpha: number, sure: string): string[] {
  if (rankFor(calibration, alpha) <= calibration) return [];
  const percent = Number((100 * (1 - alpha)).toPrecision(4));
  return [
    `${calibration} calibration rows are too few for ${percent} % sets: only ${sure} so often. At least ${Math.ceil(1 / alpha) - 1} are needed.`,
  ];
}
