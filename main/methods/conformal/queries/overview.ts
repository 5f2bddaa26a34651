/** @file Answers about a run as a whole: what was split and fitted, how all scores compare, how large their sets are. */
import { hitBand } from '../../../calibration/band';
import { columnOf } from '../../../numerics/gather';
import { unstandardiseTargets } from '../../../tables/encode';
import { likeliest } from '../classes/classifier';
import { CLASS_SCORES } from '../classes/scores';
import { overviewQuestions as questions, type Overview, type ScoreInfo } from '../questions/rows';
import type { SetState } from '../questions/sets';
import type { ScoreMeasures } from '../run/measures';
import { countsOf } from '../run/split';
import { sizesOf } from '../run/sizes';
import { hasShown, resultsOfRepeats } from '../run/stored';
import { scoreById, scoresOfRun } from '../scores';
import { answers, regression, type Shown, type ShownClasses, type ShownScore } from './prepared';

/** Shares of the targets that the first window leaves out on each side. */
const OUTSIDE = 0.005;
/** Rows whose sets are measured. */
const MOST_ROWS = 200;

type OfTask = Omit<Overview, 'task' | 'targets' | 'features' | 'alpha' | 'drift' | 'repeats'>;

export const overview = answers(questions, {
  async overview(context) {
    if (!hasShown(context)) return null;
    const { config, inputs } = context;
    const shown = await context.prepared();
    const { task, table } = shown;
    return {
      task,
      targets: table.targets,
      features: table.names,
      alpha: config.alpha,
      ...(shown.task === 'classification' ? ofClasses(shown) : await ofNumbers(shown, scoresOfRun(config))),
      drift: inputs.second !== undefined,
      repeats: config.repeats,
    };
  },

  async compare(context) {
    const { config } = context;
    const { shape, split } = await regression(context);
    const results = await resultsOfRepeats(context);
    return {
      d: shape.d,
      alpha: config.alpha,
      band: hitBand(split.calibration.count, config.alpha, split.test.count),
      repeats: results.length,
      rows: scoresOfRun(config).map((id) => {
        const of = (name: keyof ScoreMeasures) => Float64Array.from(results, (one) => one[id]?.[name] ?? NaN);
        return {
          score: id,
          guarantee: scoreById(id).guarantee,
          coverage: of('coverage'),
          logVolume: of('logVolume'),
          worstSlab: of('worstSlab'),
          ert: of('ert'),
          cecX: of('cecX'),
          fitSeconds: of('fitSeconds'),
          queryMilliseconds: of('queryMilliseconds'),
        };
      }),
    };
  },

  async sizes(context, { scores, alpha }) {
    const shown = await regression(context);
    const sizes = [];
    for (const id of scores) {
      const score = await shown.score(id);
      const { rows, logVolume, effective } = (await sizesOf(score.definition, score.open, shown.predicted, {
        shape: shown.shape,
        alpha,
        radius: score.radius(alpha),
        rows: MOST_ROWS,
        seed: context.seed,
        shouldStop: () => false,
      }))!;
      sizes.push({ score: score.definition.id, state: stateOf(logVolume), rows, logVolume, effective });
    }
    return {
      d: shown.shape.d,
      logUnit: shown.encoding.targetScale.reduce((sum, scale) => sum + Math.log(scale), 0),
      sizes,
    };
  },
});

async function ofNumbers(
  { split, encoding, shape, predicted, score }: Shown,
  ids: readonly string[],
): Promise<OfTask> {
  const { test, calibration } = predicted;
  const truth = unstandardiseTargets(encoding, test.rows.y);
  const targets = Float32Array.of(...truth, ...unstandardiseTargets(encoding, calibration.rows.y));
  const scores = await Promise.all(ids.map(score));
  return {
    rows: countsOf(split),
    smallestAlpha: 1 / (split.calibration.count + 1),
    scores: scores.map(infoOf),
    testRows: test.rows.index,
    truth,
    mean: unstandardiseTargets(encoding, test.prediction.mean!.data as Float32Array),
    limits: limitsOf(targets, shape.d),
    unit: encoding.targetScale,
  };
}

/** The likeliest class stands for the mean. */
function ofClasses({ split }: ShownClasses): OfTask {
  return {
    rows: split.counts,
    smallestAlpha: 1 / (split.counts.calibration + 1),
    scores: CLASS_SCORES.flatMap(({ id, title, help, source }): ScoreInfo[] => {
      const fitted = split.scores.get(id);
      if (!fitted) return [];
      const facts = { ...fitted.facts, fitSeconds: fitted.fitSeconds };
      return [
        {
          ...{ id, title, help, source, facts },
          ...{ guarantee: 'exact', perLevel: false, fixedShape: false, exportable: false },
        },
      ];
    }),
    testRows: split.index,
    truth: Float32Array.from(split.truth),
    mean: Float32Array.from(likeliest(split.probabilities, split.classes)),
    limits: Float32Array.of(0, split.classes - 1),
    unit: Float32Array.of(1),
  };
}

function infoOf({ definition, facts, fitSeconds }: ShownScore): ScoreInfo {
  return {
    id: definition.id,
    title: definition.title,
    help: definition.help,
    source: definition.source,
    guarantee: definition.guarantee,
    perLevel: definition.perLevel ?? false,
    fixedShape: definition.fixedShape ?? false,
    exportable: definition.build !== undefined,
    facts: { ...facts, fitSeconds },
  };
}

/** [d, 2] where nearly all targets lie. */
function limitsOf(targets: Float32Array, d: number): Float32Array {
  const limits = new Float32Array(2 * d);
  const count = targets.length / d;
  for (let j = 0; j < d; j++) {
    const sorted = columnOf(targets, d, j).sort();
    limits[2 * j] = sorted[Math.floor(OUTSIDE * (count - 1))]!;
    limits[2 * j + 1] = sorted[Math.ceil((1 - OUTSIDE) * (count - 1))]!;
  }
  return limits;
}

function stateOf(logVolume: Float64Array): SetState {
  if (logVolume.every((value) => value === Infinity)) return 'everything';
  return logVolume.every((value) => value === -Infinity) ? 'empty' : 'set';
}
