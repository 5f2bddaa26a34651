/** @file The run of a classification: split after split a classifier is trained and its sets of classes are calibrated and tested. */
import { radiusFor } from '../../../calibration/quantile';
import type { RunContext } from '../../../contract/define';
import { mean } from '../../../experiments/statistics';
import type { PreparedTable } from '../../../tables/prepare';
import { likeliest } from '../classes/classifier';
import { evaluateClasses } from '../classes/evaluate';
import { classScoresOf } from '../classes/scores';
import { classMembershipCsv, measureSets } from '../classes/sets';
import type { ConformalConfig } from '../config';
import { judgedBy, runRepeats, tooFewNotices } from './repeats';
import { SHOWN, storeClasses, type ClassSplit } from './stored';

/** Numbers of a score on one split; all but the last two are shares of test rows or classes per row. */
const MEASURES = [
  ...(['coverage', 'meanSize', 'singletons', 'classCoverage', 'empty', 'everything'] as const),
  ...(['fitSeconds', 'queryMilliseconds'] as const),
];

/** Numbers of one repeat. */
interface ClassResult {
  accuracy: number;
  scores: Record<string, Record<(typeof MEASURES)[number], number>>;
}

export async function runClasses(
  context: RunContext,
  table: PreparedTable,
  config: ConformalConfig,
): Promise<'done' | 'stopped'> {
  const { alpha } = config;
  const { ids, notice } = classScoresOf(config.scores);
  if (!context.resume) for (const text of [notice, baseNotice(config)]) if (text) context.notice(text);
  const run = await runRepeats<ClassResult>(
    context,
    config,
    async (split, repeat) => {
      const done = await evaluateClasses(split, table, config, ids, repeat);
      if (!done) return null;
      if (repeat === SHOWN) {
        const text = classMembershipCsv(done, table.classes!, alpha);
        await context.artifact('membership.csv', new TextEncoder().encode(text));
      }
      const result = resultOf(done, alpha);
      return {
        result,
        metrics: [
          ['accuracy', result.accuracy] as const,
          ...Object.entries(result.scores).flatMap(([id, values]) =>
            MEASURES.map((name) => [`${name}.${id}`, values[name]] as const),
          ),
        ],
        final: (results) => finalOf(results, done, alpha),
        notices: tooFewNotices(done.counts, alpha, 'the set of all classes is sure to hold the truth'),
        stored: () => storeClasses(done),
      };
    },
    { keepsShown: false },
  );
  return run.state;
}

function resultOf({ scores, truth, classes, probabilities }: ClassSplit, alpha: number): ClassResult {
  const measured = [...scores].map(([id, { calibration, test, fitSeconds, queryMilliseconds }]) => {
    const sets = measureSets({ scores: test, truth, classes }, radiusFor(calibration, alpha));
    const numbers = { ...sets, fitSeconds, queryMilliseconds };
    return [id, Object.fromEntries(MEASURES.map((name) => [name, numbers[name]]))] as const;
  });
  const guesses = [...likeliest(probabilities, classes)];
  return {
    accuracy: mean(guesses.map((guess, row) => +(guess === truth[row]))),
    scores: Object.fromEntries(measured) as ClassResult['scores'],
  };
}

/** Means over the repeats, and the bands that coverage is judged by; queries' times are in the curves only. */
function finalOf(
  results: readonly ClassResult[],
  { counts }: ClassSplit,
  alpha: number,
): Record<string, number> {
  const accuracy = mean(results.map((result) => result.accuracy));
  const metrics = judgedBy(counts, alpha, results.length, { accuracy });
  const [low, high] = [metrics['coverage.bandLow']!, metrics['coverage.bandHigh']!];
  for (const id of Object.keys(results[0]!.scores)) {
    const of = (name: (typeof MEASURES)[number]) => results.map(({ scores }) => scores[id]![name]);
    for (const name of MEASURES) if (name !== 'queryMilliseconds') metrics[`${name}.${id}`] = mean(of(name));
    metrics[`inBand.${id}`] = mean(of('coverage').map((value) => +(value >= low && value <= high)));
  }
  return metrics;
}

function baseNotice({ base }: ConformalConfig): string | null {
  return base === 'column' || base === 'onnx'
    ? 'Classes are predicted by a perceptron of their own; predictions that were brought along are for numbers only.'
    : null;
}
