/** @file A stand-in method with claims for tests: a training is one multiplication, and can wait, fail or be stopped. */
import { MongeError } from '../../../native-models/error';
import { defineMethod } from '../../contract/define';
import { input } from '../../contract/inputs';
import { object, section } from '../../contract/schema';
import { compare, fiveOfFive, signOrMargin, type Rule } from '../../experiments/compare';
import { experiment, type Arm, type ArmResults, type Experiment } from '../../experiments/experiment';

const [test] = section('Test');
const config = object({
  factor: test('Factor: Of the result.').real(1, [0, 9]),
  ending: test('Ending: What happens.').choice('normal', {
    normal: 'Normal: Ends well.',
    fails: 'Fails: Does not.',
  }),
});

/** The trainings in the order in which they ran, as `factor/seed`; and what a test wants to do in each. */
export const seen: { log: string[]; during: ((name: string) => void) | null } = { log: [], during: null };

const recipe = 'Products';
const arm = (factor: number, change: object = {}): Arm => ({
  recipe,
  label: `factor ${factor}`,
  config: { factor, ...change },
});

/** A claim that has one seed and judges nothing, unless it says otherwise. */
const claim = (
  id: string,
  statement: string,
  more: Pick<Experiment, 'arms' | 'sentence'> & Partial<Experiment>,
) =>
  experiment({
    ...{ id, statement, source: 'arithmetic', seeds: { quick: 1, full: 1 }, metrics: ['curvature'] },
    judge: () => [],
    ...more,
  });

function exceeds(results: ArmResults, larger: number, smaller: number, rule: Rule) {
  const values = (factor: number) => results.values(recipe, `factor ${factor}`, 'curvature');
  return compare(`κ: factor ${larger} > factor ${smaller}`, values(larger), values(smaller), rule);
}

/** κ = factor · (1 + seed/100). */
export const multiplying = defineMethod({
  id: 'multiplying',
  title: 'Multiplying',
  summary: 'Multiplies.',
  cite: 'none',
  icon: 'flask-conical',
  metrics: {},
  inputs: { data: input('Data: Any table.', { kind: 'dataset', optional: true, needs: 'features' }) },
  config,
  async run(context, _inputs, { factor, ending }) {
    const name = `${factor}/${context.seed}`;
    seen.log.push(name);
    context.progress({ stage: 'multiplying', step: 0, steps: 1 });
    seen.during?.(name);
    // One turn, in which a stop that the test asked for arrives.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    if (context.stopRequested()) {
      await context.checkpoint({ step: 0, json: {}, arrays: {} });
      return 'stopped';
    }
    if (ending === 'fails')
      throw new MongeError({ code: 'pool-too-large', what: 'the pool is too large', got: '9' });
    context.final({ curvature: factor * (1 + context.seed / 100) });
    return 'done';
  },
  queries: {},
  claims: [
    claim('A1', 'three exceeds two and two exceeds one', {
      seeds: { quick: 5, full: 6 },
      arms: () => [arm(1), arm(2), arm(3)],
      judge: (results) => [exceeds(results, 3, 2, fiveOfFive), exceeds(results, 2, 1, fiveOfFive)],
      sentence: (results) => `κ is ${results.mean(recipe, 'factor 3', 'curvature').toFixed(2)} at factor 3.`,
    }),
    claim('A2', 'two exceeds three', {
      seeds: { quick: 3, full: 3 },
      arms: () => [arm(2), arm(3)],
      judge: (results) => [exceeds(results, 2, 3, signOrMargin)],
      sentence: () => 'It does not.',
    }),
    claim('A3', 'four is told', {
      gate: false,
      seeds: { quick: 2, full: 2 },
      metrics: ['curvature', 'absent'],
      arms: () => [arm(4)],
      sentence: () => 'Four.',
    }),
    claim('A4', 'data is needed', {
      needs: [{ name: 'table', title: 'A table', help: 'Any.' }],
      arms: () => [{ ...arm(5), data: { data: { given: 'table' } } }],
      sentence: () => 'Five.',
    }),
    claim('A5', 'what fails is said to fail', {
      arms: () => [arm(6, { ending: 'fails' })],
      sentence: () => 'Six.',
    }),
  ],
});
