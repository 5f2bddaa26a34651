/** @file The training loop: stopped and resumed anywhere it gives the same bits, and it says what it does on the way. */
import { describe, expect, it } from 'vitest';
import { adamw, float32, matmul, multiply, reduceMean, square, stream, subtract } from '../../native-models';
import type { CheckpointState } from '../contract/define';
import { recorded, type RecordOptions } from '../methods/testing';
import { trainLoop, type TrainSpec } from './loop';

/** Linear regression of y = x₁ − 2x₂, whose loss is multiplied by `scale`. */
function spec(more: Partial<TrainSpec> = {}, scale = 1): TrainSpec {
  return {
    label: 'toy',
    device: 'cpu',
    steps: 90,
    program: {
      name: 'toy',
      parameters: { w: float32(2, 1) },
      optimiser: adamw(),
      stream: { x: float32(8, 2), y: float32(8, 1) },
      loss: ({ w }, { x, y }) => multiply(reduceMean(square(subtract(matmul(x!, w!), y!))), scale),
      ema: true,
    },
    start: () => ({ w: Float32Array.of(0.1, 0.2) }),
    fill(step, { x, y }) {
      stream(5, 'toy', step).normal(x as Float32Array);
      y!.set(Float32Array.from({ length: 8 }, (_, row) => x![2 * row]! - 2 * x![2 * row + 1]!));
    },
    learningRate: () => 0.02,
    hyper: () => ({ emaDecay: 0.5 }),
    ...more,
  };
}

async function train(given: TrainSpec, options: RecordOptions = {}) {
  const run = recorded(options);
  return { ...run, trained: await trainLoop(run.context, given) };
}

describe('the loop', () => {
  it('lowers the loss, keeps snapshots, and draws an evenly sampled curve', async () => {
    const { trained, snapshots, metrics, checkpoints, final } = await train(
      spec({ steps: 10_001, snapshots: true }),
    );
    expect(trained!.loss).toBeLessThan(1e-3);
    expect([...trained!.parameters.w!.data].map((w) => Math.round(100 * w))).toEqual([100, -200]);
    const kept = [...snapshots.keys()];
    expect(kept.slice(0, 5)).toEqual([0, 10, 20, 40, 80]);
    expect(kept.at(-1)).toBe(10_001);
    expect(snapshots.get(10_001)).toEqual(trained!.parameters);
    expect(metrics.slice(0, 3).map(({ step }) => step)).toEqual([1, 3, 6]);
    expect(metrics.every(({ name }) => name === 'loss')).toBe(true);
    expect(checkpoints.at(-1)).toEqual(trained!.state);
    expect(final['memory.estimate']).toBeGreaterThan(0);
  });

  it.each([0, 1, 7, 33, 89])(
    'stopped when asked %i times and resumed, is the one that never stopped',
    async (k) => {
      const whole = await train(spec({ snapshots: true }));
      const first = await train(spec({ snapshots: true }), { stop: (asked) => asked >= k, tick: 160 });
      expect(first.trained).toBeNull();
      const resume = first.checkpoints.at(-1)!;
      const second = await train(spec({ snapshots: true }), { resume, tick: 11 });
      const { seconds: _, ...numbers } = second.trained!.state.json;
      expect(whole.trained!.state.json).toMatchObject(numbers);
      expect(second.trained!.state.arrays).toEqual(whole.trained!.state.arrays);
      expect(second.trained!.loss).toBe(whole.trained!.loss);
      expect([...first.metrics, ...second.metrics]).toEqual(whole.metrics);
      // The snapshot of the step that it stopped at is kept again.
      expect([...new Set([...first.snapshots.keys(), ...second.snapshots.keys()])]).toEqual([
        ...whole.snapshots.keys(),
      ]);
    },
  );

  it('goes on from a checkpoint of an earlier version, which did not keep the first loss', async () => {
    const whole = await train(spec());
    const stopped = await train(spec(), { stop: (asked) => asked >= 5, tick: 160 });
    const { firstLoss: _, ...json } = stopped.checkpoints.at(-1)!.json;
    const resume: CheckpointState = { ...stopped.checkpoints.at(-1)!, json };
    expect((await train(spec(), { resume })).trained!.parameters).toEqual(whole.trained!.parameters);
  });

  it('does what the method wants between the steps, and keeps what it says in the checkpoint', async () => {
    const seen: number[] = [];
    const given = spec({
      events: [5, 6, 50],
      async before(loop) {
        seen.push(loop.step);
        if (loop.step === 6) loop.show('thinking', 2);
        return loop.step === 50 ? 'enough' : 'go on';
      },
      stored: () => ({
        json: { seen: seen.length },
        arrays: { own: { data: Int32Array.of(4), shape: [1] } },
      }),
      pauses: () => ({ left: 1, seconds: [3] }),
    });
    const { trained, stages } = await train(given);
    expect(seen).toEqual(expect.arrayContaining([0, 1, 2, 4, 5, 6, 8, 16, 32, 50]));
    expect(seen.at(-1)).toBe(50);
    expect(stages).toContain('thinking');
    expect(trained!.state).toMatchObject({ step: 50, json: { seen: seen.length } });
    expect(Object.keys(trained!.state.arrays)[0]).toBe('own');
    const stopped = await train(spec({ before: async ({ step }) => (step === 8 ? 'stopped' : 'go on') }));
    expect([stopped.trained, stopped.checkpoints.map(({ step }) => step)]).toEqual([null, [8]]);
  });
});

describe('a training that leaves the numbers', () => {
  const failing = (given: TrainSpec) => expect(train(given)).rejects.toMatchObject({ code: 'diverged' });

  it('ends at a loss that is none, or out of proportion to the first', async () => {
    await failing(spec({ fill: (_, { y }) => void y!.fill(NaN) }));
    await failing(spec({ fill: (step, { x, y }) => void (x!.fill(1), y!.fill(step < 20 ? 1 : 1e6)) }));
    const rising = spec({ fill: (step, { x, y }) => void (x!.fill(1), y!.fill(step < 20 ? 1 : 1e3)) });
    expect((await train(rising)).trained!.state.step).toBe(90);
  });

  it('ends at parameters that are too large, or no numbers, even where no loss tells', async () => {
    await failing(spec({ learningRate: () => 1e7 }, 0));
    await failing(
      spec({ start: () => ({ w: Float32Array.of(NaN, 0) }), fill: (_, { x }) => void x!.fill(0) }, 0),
    );
  });
});
