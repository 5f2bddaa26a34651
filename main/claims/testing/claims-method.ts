/** @file A stand-in method with claims for tests: a training is one multiplication, and can wait, fail or be stopped. */
import { MongeError } from '../../../native-models/error';
import { defineMethod } from '../../contract/define';
import { input } from '../../contract/inputs';
import { object, section } from '../../contract/schema';
import { compare, fiveOfFive, signOrMargin } from '../../experiments/compare';
import { experiment, type Arm } from '../../experiments/experiment';

const test = section('Test');
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
    experiment({
      id: 'A1',
      statement: 'three exceeds two and two exceeds one',
      source: 'arithmetic',
      gate: true,
      seeds: { quick: 5, full: 6 },
      metrics: ['curvature'],
      arms: () => [arm(1), arm(2), arm(3)],
      judge: (results) =>
        [
          [3, 2],
          [2, 1],
        ].map(([larger, smaller]) =>
          compare({
            statement: `κ: factor ${larger} > factor ${smaller}`,
            larger: results.values(recipe, `factor ${larger}`, 'curvature'),
            smaller: results.values(recipe, `factor ${smaller}`, 'curvature'),
            rule: fiveOfFive,
            decides: true,
          }),
        ),
      sentence: (results) => `κ is ${results.mean(recipe, 'factor 3', 'curvature').toFixed(2)} at factor 3.`,
    }),
    experiment({
      id: 'A2',
      statement: 'two exceeds three',
      source: 'arithmetic',
      gate: true,
      seeds: { quick: 3, full: 3 },
      metrics: ['curvature'],
      arms: () => [arm(2), arm(3)],
      judge: (results) => [
        compare({
          statement: 'κ: factor 2 > factor 3',
          larger: results.values(recipe, 'factor 2', 'curvature'),
          smaller: results.values(recipe, 'factor 3', 'curvature'),
          rule: signOrMargin,
          decides: true,
        }),
      ],
      sentence: () => 'It does not.',
    }),
    experiment({
      id: 'A3',
      statement: 'four is told',
      source: 'arithmetic',
      gate: false,
      seeds: { quick: 2, full: 2 },
      metrics: ['curvature', 'absent'],
      arms: () => [arm(4)],
      judge: () => [],
      sentence: () => 'Four.',
    }),
    experiment({
      id: 'A4',
      statement: 'data is needed',
      source: 'arithmetic',
      gate: true,
      needs: [{ name: 'table', title: 'A table', help: 'Any.' }],
      seeds: { quick: 1, full: 1 },
      metrics: ['curvature'],
      arms: () => [{ ...arm(5), data: { data: { given: 'table' } } }],
      judge: () => [],
      sentence: () => 'Five.',
    }),
    experiment({
      id: 'A5',
      statement: 'what fails is said to fail',
      source: 'arithmetic',
      gate: true,
      seeds: { quick: 1, full: 1 },
      metrics: ['curvature'],
      arms: () => [arm(6, { ending: 'fails' })],
      judge: () => [],
      sentence: () => 'Six.',
    }),
  ],
});
