/** @file A method for tests of studies: its loss falls along a curve to a bowl over two settings, and it can diverge or fail. */
import { MongeError } from '../../../native-models/error';
import { defineMethod } from '../../contract/define';
import { metric } from '../../contract/presentation';
import { object, section } from '../../contract/schema';

const [test] = section('Test');

/** Lets a test see and stop what goes on: called at every step. */
export const bowlHooks: { step: ((about: { x: number; seed: number; step: number }) => void) | null } = {
  step: null,
};

export const bowl = defineMethod({
  id: 'bowl',
  title: 'Bowl',
  summary: 'A loss over two settings.',
  cite: 'none',
  icon: 'flask-conical',
  inputs: {},
  metrics: {
    loss: metric('loss: Of the bowl.', { better: 'lower', headline: true }),
    time: metric('time: Made up.', { better: 'lower' }),
  },
  config: object({
    x: test('X: Best at 2.').real(0, [-10, 10]),
    y: test('Y: Best at 0.1.').real(1, [1e-4, 10, 'log']),
    steps: test('Steps: How many.').integer(20, [1, 10_000]),
    ending: test('Ending: How it ends.').choice('well', {
      well: 'Well: With its loss.',
      diverges: 'Diverges: Without.',
      fails: 'Fails: By an error.',
    }),
  }),
  queries: {},
  claims: [],
  async run(context, _inputs, { x, y, steps, ending }) {
    const floor = (x - 2) ** 2 + (Math.log10(y) + 1) ** 2 + 0.01 * context.seed;
    let step = context.resume?.step ?? 0;
    while (step < steps) {
      step += 1;
      bowlHooks.step?.({ x, seed: context.seed, step });
      context.progress({ stage: 'falling', step, steps });
      context.metric('loss', step, floor + 10 / step);
      if (step === Math.ceil(steps / 2) && ending !== 'well')
        throw new MongeError({
          code: ending === 'diverges' ? 'diverged' : 'broken',
          what: ending === 'diverges' ? 'the loss left the numbers' : 'something broke',
        });
      if (context.stopRequested()) {
        await context.checkpoint({ step, json: {}, arrays: {} });
        return 'stopped';
      }
      // Others have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    context.final({ loss: floor + 10 / steps, time: steps });
    return 'done';
  },
});
