/** @file The method in an engine: rules agree at the base, two forms of one rule train alike, runs stop, go on and diverge. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Resolved } from '../../../native-models';
import type { Json } from '../../contract/schema';
import type { Engine } from '../../engine';
import { workbench, type Workbench } from '../../runs/testing/workbench';
import { transfer } from '.';

let bench: Workbench;
let engine: Engine;
let text: string;

beforeAll(async () => {
  bench = workbench([transfer]);
  engine = await bench.engine();
  text = (await engine.openPath('samples/sentences.jsonl', 'text')).id;
});
afterAll(() => bench.clean());

/** 40 steps of a base of two heads. */
const SMALL = {
  ...{ width: 32, baseWidth: 32, depth: 2, baseDepth: 2, context: 16, looks: 4 },
  ...{ batch: 128, baseBatch: 128, duration: 5120, baseDuration: 5120 },
};
const start = (config: Record<string, Json> = {}) =>
  engine.startRun({ method: 'transfer', data: { text }, config: { ...SMALL, ...config }, seed: 1 });
const run = async (config: Record<string, Json> = {}) => engine.waitForRun((await start(config)).id);
const losses = async (id: string) => [...(await engine.curves(id, ['loss']))[0]!.values];

describe('transfer', { timeout: 90_000 }, () => {
  it('at the base all rules are the same training, bit for bit', async () => {
    const all: number[][] = [];
    for (const parameterisation of ['sp', 'mup', 'completep', 'complete-d-p'])
      all.push(await losses((await run({ parameterisation })).id));
    expect(all[0]).toHaveLength(40);
    expect(all[0]!.at(-1)).toBeLessThan(all[0]![0]! - 0.5);
    for (const one of all) expect(one).toEqual(all[0]);
  });

  it('CompleteP with a multiplier of the logits trains as the rule that folds it into the output map', async () => {
    // Four times the width, where powers of two scale exactly; ε so small that the rules for it do not show.
    const wide = { width: 128, epsilon: 1e-12, duration: 128 * 20, baseDuration: 128 * 20 };
    const folded = await losses((await run({ ...wide, parameterisation: 'complete-d-p' })).id);
    const multiplied = await losses((await run({ ...wide, parameterisation: 'completep' })).id);
    folded.forEach((loss, step) => expect(Math.abs(multiplied[step]! / loss - 1)).toBeLessThan(1e-5));
    const standard = await losses((await run({ ...wide, parameterisation: 'sp' })).id);
    expect(Math.abs(standard.at(-1)! / folded.at(-1)! - 1)).toBeGreaterThan(1e-3);
  });

  it('goes on after a stop to the bits of a run that never stopped', async () => {
    const longer = { duration: 128 * 200, baseDuration: 128 * 200 };
    const whole = await run(longer);
    const unsubscribe = engine.subscribe({
      metrics: (id, points) => {
        if (points.some(({ step }) => step > 100)) void engine.stopRun(id).catch(() => undefined);
      },
    });
    const stopped = await run(longer);
    unsubscribe();
    expect(stopped.status).toBe('stopped');
    const resumed = await engine.waitForRun((await engine.resumeRun(stopped.id)).id);
    expect(resumed.metrics['validation.loss']).toBe(whole.metrics['validation.loss']);
    expect(await losses(resumed.id)).toEqual(await losses(whole.id));
  });

  it('tells a run that leaves the numbers, or ends worse than by chance, as diverged', async () => {
    const ended = await run({ learningRate: 4, parameterisation: 'sp', width: 128 });
    expect(ended).toMatchObject({ status: 'diverged', error: { code: 'diverged' } });
    expect(ended.metrics['validation.loss']).toBeUndefined();
  });

  it('keeps the resolved table with the factors of every number, and warns of a short base', async () => {
    const { id, notices, metrics } = await run({ width: 64, depth: 4, middleRate: 2 });
    const { groups, residual } = (await engine.query(id, 'resolved', {})) as Resolved;
    expect(residual).toEqual(new Array(8).fill(0.5));
    const first = groups.find(({ name }) => name === 'mlp.in/0')!;
    expect(first.hyper.learningRate).toBe(2 ** -8);
    expect(first.factors.learningRate).toEqual([{ from: 'width', formula: 'm_N^-1', value: 0.5 }]);
    const inner = groups.find(({ name }) => name === 'mlp.in/1')!;
    expect(inner.factors.learningRate!.map(({ from }) => from)).toEqual(['width', 'depth profile']);
    expect(notices.join(' ')).toMatch(/tokens per parameter/);
    expect(metrics).toMatchObject({ steps: 40, tokens: 5120 });
  });

  it('refuses widths that are no heads and batches that are no sequences', async () => {
    expect((await run({ width: 40 })).error).toMatchObject({
      code: 'width-invalid',
      where: { key: 'width' },
    });
    expect((await run({ batch: 100 })).error).toMatchObject({ code: 'batch-invalid' });
  });
});
