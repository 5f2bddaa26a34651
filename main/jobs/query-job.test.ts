/** @file Questions side by side: a slow one delays no quick one, and nothing is closed that one of them uses. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGpuLock } from '../compute/gpu-lock';
import { defineMethod } from '../contract/define';
import { queryFor } from '../contract/query';
import { object, type Json } from '../contract/schema';
import { openForeignFiles } from './foreign-kinds';
import type { RunJob } from './messages';
import { QueryRunner } from './query-job';

interface Prepared {
  run: number;
  open: boolean;
  close(): void;
}

/** A method whose slow query waits until it is let go, and says then whether what it uses is still open. */
function slowMethod() {
  const gates: (() => void)[] = [];
  const made: Prepared[] = [];
  const query = queryFor<Record<string, Json>, Prepared>();
  const method = defineMethod<Record<string, Json>, Prepared>({
    id: 'slow',
    title: 'Slow',
    summary: 'Takes its time.',
    cite: 'none',
    icon: 'shuffle',
    inputs: {},
    config: object({}),
    run: async () => 'done',
    async prepare() {
      const prepared = { run: made.length, open: true, close: () => void (prepared.open = false) };
      made.push(prepared);
      return prepared;
    },
    queries: {
      slow: query({
        args: v.strictObject({}),
        async run({ prepared }) {
          const used = await prepared();
          await new Promise<void>((resolve) => gates.push(resolve));
          return used.open;
        },
      }),
      quick: query({
        args: v.strictObject({ value: v.number() }),
        run: async ({ prepared }, { value }) => [(await prepared()).run, value],
      }),
    },
    metrics: {},
    claims: [],
  });
  return { method, gates, made };
}

describe('a thread of questions', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'monge-queries-'))));
  afterAll(() => rm(folder, { recursive: true }));

  const job = (id: string): RunJob => ({
    ...{ id, folder, method: 'slow', config: {}, seed: 0, device: 'cpu', threads: 1, inputs: [] },
  });
  const runner = () =>
    new QueryRunner({ gpuLock: createGpuLock(), workerUrl: null, foreign: openForeignFiles(null) });
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

  it('answers a quick one while a slow one of the same run and of another go on', async () => {
    const { method, gates, made } = slowMethod();
    const queries = runner();
    const slow = [queries.query(method, job('a'), 'slow', {}), queries.query(method, job('b'), 'slow', {})];
    expect(await queries.query(method, job('a'), 'quick', { value: 4 })).toEqual([expect.any(Number), 4]);
    while (gates.length < 2) await settled();
    // One prepared part per run, made once.
    expect([gates.length, made.length]).toEqual([2, 2]);
    for (const open of gates) open();
    expect(await Promise.all(slow)).toEqual([true, true]);
    await queries.close();
    expect(made.map(({ open }) => open)).toEqual([false, false]);
  });

  it('closes what a released run keeps only when its last question is answered', async () => {
    const { method, gates, made } = slowMethod();
    const queries = runner();
    const slow = queries.query(method, job('a'), 'slow', {});
    while (gates.length === 0) await settled();
    const released = queries.release('a');
    // Who asks now finds the run opened anew.
    expect(await queries.query(method, job('a'), 'quick', { value: 1 })).toEqual([1, 1]);
    expect(made[0]!.open).toBe(true);
    gates[0]!();
    expect(await slow).toBe(true);
    await released;
    expect(made.map(({ open }) => open)).toEqual([false, true]);
    await queries.close();
  });

  it('keeps few runs open, closes none in use, and lets the next one wait for its turn', async () => {
    const { method, gates, made } = slowMethod();
    const queries = runner();
    const slow = ['a', 'b', 'c'].map((id) => queries.query(method, job(id), 'slow', {}));
    while (gates.length < 3) await settled();
    let answered = false;
    const fourth = queries.query(method, job('d'), 'quick', { value: 2 }).finally(() => (answered = true));
    await settled();
    expect([answered, made.length]).toEqual([false, 3]);
    gates[0]!();
    expect(await fourth).toEqual([3, 2]);
    expect(made.map(({ open }) => open)).toEqual([false, true, true, true]);
    for (const open of gates) open();
    expect(await Promise.all(slow)).toEqual([true, true, true]);
    await queries.close();
  });

  it('says what is not asked rightly, and what is not answered', async () => {
    const { method } = slowMethod();
    const ask = (name: string, args: unknown) => runner().query(method, job('a'), name, args);
    await expect(ask('quick', { value: 'x' })).rejects.toMatchObject({
      code: 'query-invalid',
      detail: { where: { key: 'value' } },
    });
    await expect(ask('other', {})).rejects.toMatchObject({ code: 'query-unknown' });
    await expect(runner().onnx(method, job('a'), 'model')).rejects.toMatchObject({
      code: 'export-onnx-unsupported',
    });
  });
});
