/** @file Fits that are parts of a run: stopped inside and resumed they give the same bits, and nothing is fitted twice. */
import { describe, expect, it } from 'vitest';
import { float32, headNetwork, stream } from '../../native-models';
import type { Arrays, CheckpointState } from '../contract/define';
import { recorded, type RecordOptions } from '../methods/testing';
import { Parts } from './parts';
import { fitNetwork, holdOut, shuffledBatches, type SupervisedFit } from './supervised';

const network = headNetwork({
  ...{ inputs: 2, dimension: 1, hidden: 32, layers: 2, activation: 'silu' },
  head: { kind: 'mean' },
});
const x = stream(1, 'x').normal(new Float32Array(240));
/** A line with so much noise that the fit becomes worse on new rows long before the end. */
const noise = stream(1, 'noise').normal(new Float32Array(120));
const y = noise.map((value, row) => x[2 * row]! + value);
const { learn, choose } = holdOut(120, 3, 'test.holdout');

const fit = (more: Partial<SupervisedFit> = {}): SupervisedFit => ({
  ...{ label: 'test', device: 'cpu', steps: 400, network, rows: { count: 120, x, y } },
  start: () => network.initialise(3),
  answer: (count) => float32(count, 1),
  batch: 16,
  rowsOf: shuffledBatches(learn, 16, 3, 'test.batch'),
  learningRate: () => 0.05,
  ...{ clipNorm: 1, heldOut: choose },
  ...more,
});

/** Two fits one after another and the sum of both, as a method would have them. */
async function run(options: RecordOptions = {}) {
  const record = recorded(options);
  const began: (number | undefined)[] = [];
  const parts = new Parts(record.context, () => ({ step: 7, json: { own: 1 }, arrays: { mine: x0 } }));
  const results: Arrays[] = [];
  for (const [name, given] of Object.entries(fits)) {
    const fitted = await parts.run(name, (inner) => {
      began.push(inner.resume?.step);
      return fitNetwork(inner, given);
    });
    if (!fitted) {
      await parts.save();
      return { ...record, began, parts, results: null };
    }
    results.push(fitted);
  }
  return { ...record, began, parts, results };
}
const x0 = { data: Float64Array.of(1, 2), shape: [2] };
const fits = {
  first: fit(),
  second: fit({ steps: 150, heldOut: new Int32Array(0), learningRate: () => 0.01 }),
};

describe('rows set apart', () => {
  it('are a tenth, or none of few, and keyed', () => {
    expect([learn.length, choose.length, holdOut(19, 3, 'a').choose.length]).toEqual([108, 12, 0]);
    expect(new Set([...learn, ...choose]).size).toBe(120);
    expect(holdOut(120, 3, 'test.holdout').learn).toEqual(learn);
    expect(holdOut(120, 3, 'other').learn).not.toEqual(learn);
  });

  it('end a training that does not become better, with the best weights', async () => {
    const steps: number[] = [];
    const record = recorded();
    const context = {
      ...record.context,
      inner: true as const,
      progress: ({ step }: { step: number }) => void steps.push(step),
    };
    const best = (await fitNetwork(context, fits.first))!;
    expect(Math.max(...steps)).toBeLessThan(400);
    const last = (await fitNetwork(context, fit({ heldOut: new Int32Array(0) })))!;
    expect(last).not.toEqual(best);
  });
});

describe('parts of a run', () => {
  it.each([1, 4, 30, 45, 60])(
    'stopped when asked %i times, go on inside a training with the same bits',
    async (k) => {
      const whole = await run();
      expect(whole.results).toHaveLength(2);
      const stopped = await run({ stop: (asked) => asked >= k, tick: 160 });
      expect(stopped.results).toBeNull();
      const resume: CheckpointState = structuredClone(stopped.checkpoints.at(-1)!);
      expect(resume).toMatchObject({ step: 7, json: { own: 1 }, arrays: { mine: x0 } });
      const resumed = await run({ resume, tick: 11 });
      expect(resumed.results).toEqual(whole.results);
      expect(resumed.parts.resume).toEqual({ step: 7, json: { own: 1 }, arrays: { mine: x0 } });
      const { done, current } = resume.json.parts as unknown as { done: string[]; current: { step: number } };
      // What was done is not begun again, and what was not goes on where it was.
      expect(resumed.began).toEqual(done.length === 0 ? [current.step, undefined] : [current.step]);
      expect(current.step).toBeGreaterThan(0);
    },
  );

  it('leave no trace in the checkpoint once they are cleared, and none where nothing was done', async () => {
    const { parts, checkpoints } = await run({ tick: 160 });
    await parts.save();
    expect(checkpoints.at(-1)!.json.parts).toMatchObject({ done: ['first', 'second'], current: null });
    expect([parts.clear(), parts.clear()]).toEqual([true, false]);
    const written = checkpoints.length;
    await parts.save();
    expect(checkpoints).toHaveLength(written);
    expect((await run({ stop: () => true })).checkpoints).toEqual([]);
  });
});
