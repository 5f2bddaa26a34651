/** @file Query `sizes`: how large the sets of the test rows are at a level. */
import type { Inputs, QueryContext } from '../../../contract/define';
import { check } from '../../../contract/query';
import type { ConformalConfig } from '../config';
import { sizesOf } from '../run/sizes';
import type { SizesAnswer } from '../view';
import { scoresArguments } from './arguments';
import { shownSplit } from './shown';

const MOST_ROWS = 200;

export async function sizes(
  context: QueryContext,
  inputs: Inputs,
  config: ConformalConfig,
  args: unknown,
): Promise<SizesAnswer> {
  const { scores, alpha } = check('sizes', scoresArguments, args);
  const shown = await shownSplit(context, inputs, config);
  const answers: SizesAnswer['sizes'] = [];
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
    answers.push({ score: score.definition.id, state: stateOf(logVolume), rows, logVolume, effective });
  }
  return {
    d: shown.shape.d,
    logUnit: shown.encoding.targetScale.reduce((sum, scale) => sum + Math.log(scale), 0),
    sizes: answers,
  };
}

function stateOf(logVolume: Float64Array): SizesAnswer['sizes'][number]['state'] {
  if (logVolume.every((value) => value === Infinity)) return 'everything';
  return logVolume.every((value) => value === -Infinity) ? 'empty' : 'set';
}
