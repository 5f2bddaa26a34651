/** @file Answers about sets of classes. */
import { radiusFor } from '../../../calibration/quantile';
import { measureSets, membersOf } from '../classes/sets';
import type { ClassSplit } from '../classes/stored';
import type { FittedScore } from '../run/score';
import type { ClassScoreId } from '../scores/catalogue';
import { classQuestions as questions } from '../questions/rows';
import { answers, checkRow, classification, notFitted } from './prepared';

export const classes = answers(questions, {
  async classes(context, { scores, alpha }) {
    const { split, classes: names } = await classification(context);
    return {
      classes: names,
      scores: scores.map((id) => {
        const { calibration, test } = classScore(split, id);
        const radius = radiusFor(calibration, alpha);
        const measured = measureSets({ scores: test, truth: split.truth, classes: split.classes }, radius);
        const { coverage, meanSize, singletons, coverageByClass, sizes } = measured;
        return {
          score: id as ClassScoreId,
          radius: Number.isFinite(radius) ? radius : null,
          ...{ coverage, meanSize, singletons, coverageByClass, sizes },
        };
      }),
    };
  },

  /** Under every score of the run. */
  async classSets(context, { row, alpha }) {
    const { split } = await classification(context);
    const { classes: count, truth, probabilities, scores } = split;
    checkRow(row, truth.length);
    const ofRow = (values: Float64Array) => values.subarray(row * count, (row + 1) * count);
    return {
      truth: truth[row]!,
      probabilities: [...ofRow(probabilities)],
      sets: [...scores].map(([score, { calibration, test }]) => ({
        score,
        members: membersOf(ofRow(test), radiusFor(calibration, alpha)),
      })),
    };
  },
});

/** Throws `score-not-fitted`. */
export function classScore({ scores }: ClassSplit, id: string): FittedScore {
  const found = scores.get(id as ClassScoreId);
  if (!found) throw notFitted(id, [...scores.keys()]);
  return found;
}
