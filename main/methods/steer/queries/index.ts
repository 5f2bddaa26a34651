/** @file The answers to the panel's questions, from what the run has kept so far. */
import { MongeError } from '../../../../native-models/error';
import { answersFor } from '../../../contract/query';
import type { SteerDetect, SteerStrength, SteerTexts } from '../../../contract/steer';
import { unpacked } from '../../../disk/packed-json';
import type { Inputs, SteerConfig } from '../config';
import { questions } from '../questions';
import { names } from '../stages';
import { shownText, storedLines } from '../sweep/lines';
import { fileOf } from './files';
import { overviewOf } from './overview';
import { flowAnswers } from './flow';
import { factsOf, fittedOf, pointsOf, recipeFor, type SteerContext } from './stored';
import { layersOf, unitOf, unitsOf } from './units';

export const answers = answersFor<SteerConfig, unknown, Inputs>()(questions, {
  overview: (context) => overviewOf(context),
  async maps(context) {
    const facts = await factsOf(context);
    const fitted = await fittedOf(context);
    const recipe = recipeFor(facts, fitted);
    return { maps: fitted.map((one) => one.fitted.map), first: recipe.first, recipe };
  },
  units: (context, { hook }) => unitsOf(context, hook),
  unit: (context, asked) => unitOf(context, asked),
  layers: (context) => layersOf(context),
  async sweep(context) {
    const { lexicon, judge, neutral } = await factsOf(context);
    return { points: await pointsOf(context), lexicon, judge, neutral };
  },
  texts: (context, asked) => textsOf(context, asked),
  async strength({ kept }) {
    const stored = await kept(names.strength);
    return stored && unpacked<SteerStrength>(stored);
  },
  async detect({ kept }) {
    const stored = await kept(names.detect);
    return stored && unpacked<SteerDetect>(stored);
  },
  file: (context, asked) => fileOf(context, asked),
  ...flowAnswers,
});

/** Without steering both arms are the same. @throws `lambda-not-swept` */
async function textsOf(
  context: SteerContext,
  { arm, lambda }: { arm: SteerTexts['arm']; lambda: number },
): Promise<SteerTexts> {
  const { lambdas } = await factsOf(context);
  if (!lambdas.includes(lambda))
    throw new MongeError({
      code: 'lambda-not-swept',
      blame: 'input',
      what: 'the run has no texts at this strength',
      where: { key: 'lambda' },
      got: String(lambda),
      expected: lambdas.join(', '),
    });
  const wanted = lambda === 0 ? 'fitted' : arm;
  const lines = await storedLines(context);
  const own = lines.filter((line) => line.arm === wanted && line.lambda === lambda);
  return { arm, lambda, texts: own.map(shownText) };
}
