/** @file Training by the driver: the same numbers whatever the speed of the machine makes it choose. */
import { describe, expect, it } from 'vitest';
import { openCompute } from '../compute/session';
import { toyTraining } from './testing/toy-training';
import type { Training } from './training';
import type { Compute } from '../contract/compute';

/** A clock in which every run of the driver takes what `milliseconds` says for its number. */
function scripted(milliseconds: (run: number) => number): () => number {
  let [time, calls] = [0, 0];
  return () => {
    if (calls++ % 2 === 1) time += milliseconds((calls - 2) / 2);
    return time;
  };
}

async function train(training: Training, steps: number, limits: (step: number) => number = () => steps) {
  const losses: number[] = [];
  const sizes: number[] = [];
  while (losses.length < steps) {
    const limit = Math.min(steps, limits(losses.length));
    const { metrics, steps: done } = await training.advance(losses.length, limit);
    expect(metrics.loss).toHaveLength(done);
    expect(losses.length + done).toBeLessThanOrEqual(limit);
    losses.push(...metrics.loss!);
    sizes.push(done);
  }
  const state = await training.state();
  await training.close();
  return { losses, sizes, state };
}

describe('the driver on the CPU', () => {
  const compute = openCompute({ threads: 2 });

  it('gives the same bits on a slow and a fast machine, on one thread and on two', async () => {
    const slow = await train(toyTraining(compute, { now: scripted(() => 1000), threads: 1 }), 75);
    const fast = await train(toyTraining(compute, { threads: 1 }), 75);
    const mixed = await train(toyTraining(compute, { now: scripted((run) => 1 + (run % 5) * 40) }), 75);
    const both = await train(toyTraining(compute, { threads: 2 }), 75, (step) => step + 1 + (step % 7));
    expect(new Set(slow.sizes)).toEqual(new Set([1]));
    expect(fast.sizes).toEqual([1, 1, 64, 8, 1]);
    expect(new Set(mixed.sizes).size).toBeGreaterThan(2);
    for (const other of [fast, mixed, both]) {
      expect(other.losses).toEqual(slow.losses);
      expect(other.state).toEqual(slow.state);
    }
    expect(slow.state.step!.data).toEqual(Float32Array.of(75));
    expect(slow.losses.at(-1)).not.toBe(slow.losses[0]);
  });

  it('goes on from a state as if it had never stopped', async () => {
    const whole = await train(toyTraining(compute), 20);
    const first = toyTraining(compute);
    const losses: number[] = [];
    while (losses.length < 9) losses.push(...(await first.advance(losses.length, 9)).metrics.loss!);
    const state = structuredClone(await first.state());
    await first.close();
    const second = toyTraining(compute, { start: () => state });
    while (losses.length < 20) losses.push(...(await second.advance(losses.length, 20)).metrics.loss!);
    expect(losses).toEqual(whole.losses);
    expect(await second.state()).toEqual(whole.state);
    await second.close();
  });

  it('tries one thread against two on its own steps, and keeps the one that is faster', async () => {
    for (const faster of [1, 2]) {
      const used: number[] = [];
      let running = 0;
      const watching: Compute = {
        notices: [],
        threads: 2,
        async open(model, options) {
          const session = await compute.open(model, options);
          return {
            ...session,
            device: session.device,
            runKeeping(feeds) {
              used.push((running = options!.threads!));
              return session.runKeeping(feeds);
            },
          };
        },
      };
      let time = 0;
      const now = () => (time += running === faster ? 5 : 8);
      const training = toyTraining(watching, { now });
      const result = await train(training, 600);
      expect(training.settings.threads).toBe(faster);
      expect(new Set(used)).toEqual(new Set([1, 2]));
      expect(used.slice(-2)).toEqual([faster, faster]);
      expect(result.losses).toEqual((await train(toyTraining(compute, { threads: 2 }), 600)).losses);
    }
  });

  it('is refused before its first step where it cannot fit, and says what is large', async () => {
    const training = toyTraining(compute, { available: () => 1_000_000 });
    await expect(training.advance(0, 1)).rejects.toMatchObject({
      code: 'memory-too-large',
      detail: { where: { op: 'toy' }, expected: 'at most 1.0 MB' },
    });
    expect(training.memory.total).toBeGreaterThan(1_000_000);
    expect((await training.state()).step!.data).toEqual(Float32Array.of(0));
    await training.close();
  });

  it('says which value is missing, and that a run needs a step', async () => {
    const training = toyTraining(compute, { hyper: () => ({ beta1: 0.9 }) });
    await expect(training.advance(0, 1)).rejects.toMatchObject({
      code: 'setting-missing',
      detail: { where: { tensor: 'weightDecay' } },
    });
    await expect(training.advance(3, 3)).rejects.toMatchObject({ code: 'no-steps' });
    await training.close();
  });
});
