/** @file Work beside a run: answers, order, cancelling, and the end of the run. */
import { describe, expect, it } from 'vitest';
import { defineMethod, type JobContext } from '../contract/define';
import { object, section, type Json } from '../contract/schema';
import { openBackground } from './background';
import type { RunJob } from './messages';
import type { Compute } from '../contract/compute';

const [all] = section('All');
const compute = { notices: [], threads: 1 } as unknown as Compute;
const job = { id: 'run', seed: 3, config: { factor: 2 } } as unknown as RunJob;

function background(
  jobs: Record<string, (context: JobContext, args: unknown) => Promise<unknown>>,
  cancel = new SharedArrayBuffer(4),
) {
  const method = defineMethod<Record<string, Json>>({
    id: 'beside',
    title: 'Beside',
    summary: 'Does work beside its run.',
    cite: 'none',
    icon: 'flask-conical',
    metrics: {},
    inputs: {},
    config: object({
      factor: all('Factor: x').integer(1, [0, 9]),
    }),
    run: async () => 'done',
    queries: {},
    jobs: Object.fromEntries(
      Object.entries(jobs).map(([name, work]) => [
        name,
        (context, _inputs, _config, args) => work(context, args),
      ]),
    ),
    claims: [],
  });
  const threads = { gpuLock: new SharedArrayBuffer(4), workerUrl: null };
  return openBackground(method, job, cancel, threads, { compute, inputs: {} });
}

describe('work beside a run', () => {
  it('gets the seed and its arguments, and answers with memory of its own', async () => {
    const kept = Float32Array.of(1, 2);
    const open = background({ work: async ({ seed }, args) => ({ seed, args, kept }) });
    const answer = (await open.start('work', { rows: 4 }).result) as { kept: Float32Array };
    expect(answer).toEqual({ seed: 3, args: { rows: 4 }, kept });
    expect(answer.kept).not.toBe(kept);
    await open.close();
  });

  it('is done in the order of asking', async () => {
    const order: unknown[] = [];
    const open = background({
      work: async (_context, args) => {
        await new Promise((resolve) => setTimeout(resolve, args === 'slow' ? 20 : 0));
        order.push(args);
      },
    });
    const [slow, quick] = [open.start('work', 'slow'), open.start('work', 'quick')];
    await Promise.all([slow.result, quick.result]);
    expect(order).toEqual(['slow', 'quick']);
  });

  it('hears that it is not wanted any more, by itself or with the end of the run', async () => {
    const until = async (context: JobContext) => {
      while (!context.stopRequested()) await new Promise((resolve) => setTimeout(resolve, 1));
      return 'heard';
    };
    const open = background({ until });
    const one = open.start('until', null);
    one.cancel();
    expect(await one.result).toBe('heard');
    const other = open.start('until', null);
    await open.close();
    expect(await other.result).toBe('heard');
  });

  it('refuses work the method does not declare, and passes failures on', async () => {
    const open = background({ fails: () => Promise.reject(new Error('no')) });
    expect(() => open.start('other', null)).toThrow(expect.objectContaining({ code: 'job-unknown' }));
    await expect(open.start('fails', null).result).rejects.toThrow('no');
    await open.close();
  });
});
