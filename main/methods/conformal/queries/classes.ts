/** @file Answers about sets of classes. */
import { measureSets, membersOf } from '../classes/sets';
import { questions } from '../questions';
import type { ClassScoreId } from '../scores/catalogue';
import { answers, checkRow, classification } from './prepared';

export const classes = answers(questions, {
  async classes(context, { scores, alpha }) {
    const { split, classes: names, score } = await classification(context);
    const { truth, classes: count } = split;
    const sets = scores.map(async (id) => {
      const { test, radius: radiusAt } = await score(id);
      const radius = radiusAt(alpha);
      const measured = measureSets({ scores: test, truth, classes: count }, radius);
      const { coverage, meanSize, singletons, coverageByClass, sizes } = measured;
      return {
        score: id as ClassScoreId,
        radius: Number.isFinite(radius) ? radius : null,
        ...{ coverage, meanSize, singletons, coverageByClass, sizes },
      };
    });
    return { classes: names, scores: await Promise.all(sets) };
  },

  /** Under every score of the run. */
  async classSets(context, { row, alpha }) {
    const { split, score } = await classification(context);
    const { classes: count, truth, probabilities } = split;
    checkRow(row, truth.length);
    const ofRow = (values: Float64Array) => values.subarray(row * count, (row + 1) * count);
    const sets = [...split.scores.keys()].map(async (id) => {
      const { test, radius } = await score(id);
      return { score: id, members: membersOf(ofRow(test), radius(alpha)) };
    });
    return { truth: truth[row]!, probabilities: [...ofRow(probabilities)], sets: await Promise.all(sets) };
  },
});
