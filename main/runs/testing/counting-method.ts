/** @file A tiny deterministic method for engine tests: a logistic map that checkpoints, stops, fails or diverges on demand. */
import * as v from 'valibot';
import { MongeError } from '../../../native-models/error';
import { defineMethod } from '../../contract/define';
import { figureFor } from '../../contract/figure';
import { queryFor } from '../../contract/query';
import { input } from '../../contract/inputs';
import { object, section } from '../../contract/schema';
import { plot } from '../../../figures/plot';

const [test] = section('Test');
const [orbit] = section('Orbit');
const config = object({
  steps: test('Steps: How many.').integer(20, [1, 1e6]),
  rate: test('Rate: r of the map.').real(3.7, [0, 4]),
  every: test('Every: Steps between checkpoints.').integer(5, [1, 1e6]),
  ending: test('Ending: What happens at half of the steps.').choice('normal', {
    normal: 'Normal: Nothing.',
    stops: 'Stops: Someone stops it.',
    fails: 'Fails: An error that nobody expects.',
    diverges: 'Diverges: An error with a code.',
    waits: 'Waits: At the second step, for a stop.',
  }),
});

/** Lets a test decide what `stopRequested` finds: the method announces each step here. */
export const stepHooks = new Map<string, (step: number) => void>();

export const counting = defineMethod({
  id: 'counting',
  title: 'Counting',
  summary: 'Iterates a map.',
  cite: 'none',
  icon: 'flask-conical',
  metrics: {},
  inputs: {
    data: input('Data: Any table.', { kind: 'dataset', optional: false, needs: 'features' }),
    more: input('More data: Any table.', { kind: 'dataset', optional: true, needs: 'features' }),
  },
  config,
  suggest: (inputs) => ((inputs['data']?.rows ?? 0) > 2 ? { every: 4 } : {}),
  async run(context, inputs, { steps, rate, every, ending }) {
    const { matrix } = await inputs.data.features();
    let x = context.resume?.arrays['x']?.data[0] ?? 0.1 + 0.01 * context.seed;
    let step = context.resume?.step ?? 0;
    const state = () => ({
      step,
      json: { last: x },
      arrays: {
        x: { data: Float64Array.of(x), shape: [1] },
        sum: { data: matrix.data.slice(0, 2), shape: [2] },
      },
    });
    const hook = stepHooks.get(String(context.seed));
    while (step < steps) {
      step++;
      x = rate * x * (1 - x);
      context.metric('x', step, x);
      context.progress({ stage: 'iterating', step, steps });
      if (step === Math.floor(steps / 2)) {
        if (ending === 'fails') throw new TypeError('the disk is made of cheese');
        if (ending === 'diverges')
          throw new MongeError({ code: 'diverged', what: 'the loss is not finite', got: 'NaN' });
      }
      hook?.(step);
      if (step % every === 0) {
        await context.snapshot(step, { x: { data: Float32Array.of(x), shape: [1] } });
        await context.keep(`after ${step}`, { x: { data: Float64Array.of(x), shape: [1] } });
        await context.checkpoint(state());
      }
      while (ending === 'waits' && step === 2 && !context.stopRequested())
        await new Promise((resolve) => setTimeout(resolve, 1));
      if (context.stopRequested()) {
        await context.checkpoint(state());
        return 'stopped';
      }
    }
    await context.checkpoint(state());
    await context.artifact('x.txt', new TextEncoder().encode(String(x)));
    context.final({ x, steps, undefinedRatio: NaN });
    return 'done';
  },
  queries: {
    latest: queryFor()({
      args: v.object({ step: v.union([v.number(), v.literal('latest')]) }),
      async run(context, asked) {
        const { step, arrays } = await context.snapshot(asked.step);
        const cache = await context.cached('counter', async () => ({ calls: Float64Array.of(0) }));
        cache.calls[0]! += 1;
        return { step, x: arrays['x']!.data[0], steps: context.snapshotSteps, calls: cache.calls };
      },
    }),
  },
  async exportOnnx(context) {
    const { arrays } = await context.snapshot('latest');
    return Uint8Array.of(1, 2, arrays['x']!.data.length);
  },
  figures: {
    orbit: figureFor<{ rate: number }>()({
      title: 'Orbit',
      help: 'The map from the newest snapshot on.',
      args: object({
        length: orbit('Length: Steps.').integer(4, [1, 100]),
      }),
      async draw(context, { length }) {
        if (context.snapshotSteps.length === 0) return null;
        const { arrays } = await context.snapshot('latest');
        const y = [arrays['x']!.data[0]!];
        for (let k = 1; k < length; k++) y.push(context.config.rate * y[k - 1]! * (1 - y[k - 1]!));
        return plot({
          title: 'Orbit',
          x: 'step',
          y: 'x',
          marks: [{ kind: 'line', label: 'orbit', x: y.map((_, k) => k), y, dots: 2 }],
        });
      },
    }),
  },
  claims: [],
});
