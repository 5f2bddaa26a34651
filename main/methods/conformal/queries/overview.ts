/** @file Answers about a run as a whole: what was split and fitted, how all scores compare, how large their sets are. */
import { hitBand } from '../../../calibration/band';
import { columnOf } from '../../../numerics/gather';
import { unstandardiseTargets } from '../../../tables/encode';
import { CLASS_SCORES } from '../classes/scores';
import {
  COMPARED,
  questions,
  type Comparison,
  type Overview,
  type ScoreInfo,
  type SetState,
} from '../questions';
import type { FittedScore } from '../run/score';
import { sizesOf } from '../run/sizes';
import { hasShown, resultsOfRepeats } from '../run/stored';
import { scoreById, scoresOfRun } from '../scores';
import type { ConformalScoreId, ScoreId, ScoreWords } from '../scores/catalogue';
import type { ScoreDefinition } from '../types';
import { answers, regression, type Shown, type ShownClasses } from './prepared';

/** Shares of the targets that the first window leaves out on each side. */
const OUTSIDE = 0.005;
/** Rows whose sets are measured. */
const MOST_ROWS = 200;

type ScoreTraits = Pick<ScoreDefinition, 'guarantee' | 'fixedShape' | 'build'>;
type OfTask = Pick<Overview, 'scores' | 'testRows' | 'truth' | 'limits'>;

export const overview = answers(questions, {
  async overview(context) {
    if (!hasShown(context)) return null;
    const { config, inputs } = context;
    const shown = await context.prepared();
    const { task, table, counts } = shown;
    return {
      task,
      targets: table.targets,
      rows: counts,
      alpha: config.alpha,
      smallestAlpha: 1 / (counts.calibration + 1),
      ...(shown.task === 'classification' ? ofClasses(shown) : await ofNumbers(shown, scoresOfRun(config))),
      drift: inputs.second !== undefined,
    };
  },

  async compare(context) {
    const { config } = context;
    const { shape, counts } = await regression(context);
    const results = await resultsOfRepeats(context);
    return {
      d: shape.d,
      alpha: config.alpha,
      band: hitBand(counts.calibration, config.alpha, counts.test),
      repeats: results.length,
      rows: scoresOfRun(config).map((score) => {
        const columns = COMPARED.map(
          (name) => [name, Float64Array.from(results, (one) => one[score]?.[name] ?? NaN)] as const,
        );
        const { guarantee } = scoreById(score);
        return { score, guarantee, ...Object.fromEntries(columns) } as Comparison['rows'][number];
      }),
    };
  },

  async sizes(context, { scores, alpha }) {
    const { predicted, shape, encoding, score } = await regression(context);
    const asked = { shape, alpha, seed: context.seed, shouldStop: () => false };
    const sizes = [];
    for (const id of scores) {
      const { definition, open, radius } = await score(id);
      const measured = (await sizesOf(definition, open, predicted, asked, {
        radius: radius(alpha),
        rows: MOST_ROWS,
      }))!;
      sizes.push({ score: definition.id, state: stateOf(measured.logVolume), ...measured });
    }
    const logUnit = encoding.targetScale.reduce((sum, scale) => sum + Math.log(scale), 0);
    return { d: shape.d, logUnit, sizes };
  },
});

async function ofNumbers({ encoding, shape, predicted, ...shown }: Shown, ids: ScoreId[]): Promise<OfTask> {
  const { test, calibration } = predicted;
  const truth = unstandardiseTargets(encoding, test.rows.y);
  const targets = Float32Array.of(...truth, ...unstandardiseTargets(encoding, calibration.rows.y));
  const scores = (await Promise.all(ids.map(shown.score))).map((score) => infoOf(score.definition, score));
  return { scores, testRows: test.rows.index, truth, limits: limitsOf(targets, shape.d) };
}

function ofClasses({ split: { scores, index, truth, classes } }: ShownClasses): OfTask {
  const infos = CLASS_SCORES.flatMap((words) => {
    const fitted = scores.get(words.id);
    return fitted ? [infoOf(words, fitted)] : [];
  });
  const limits = Float32Array.of(0, classes - 1);
  return { scores: infos, testRows: index, truth: Float32Array.from(truth), limits };
}

/** What a score says of itself, of classes no more than its words, and what its fit took. */
function infoOf(
  { id, title, help, source, ...traits }: ScoreWords<ConformalScoreId> & Partial<ScoreTraits>,
  { facts, fitSeconds }: FittedScore,
): ScoreInfo {
  const { guarantee = 'exact', fixedShape = false, build } = traits;
  const exportable = build !== undefined;
  return {
    ...{ id, title, help, source, guarantee, fixedShape, exportable },
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
