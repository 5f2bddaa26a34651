/** @file The template method in an engine: it learns, stops and goes on to the same bits, answers, and refuses what is wrong. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import type { Engine } from '../../../main/engine';
import { workbench, type Workbench } from '../../../main/runs/testing/workbench';
import { linearProbe } from '.';

let bench: Workbench;
let engine: Engine;
let table: string;

beforeAll(async () => {
  bench = workbench([linearProbe]);
  engine = await bench.engine();
  const noise = stream(5, 'template.noise').normal(new Float32Array(1200));
  const rows = Array.from({ length: 600 }, (_, k) => {
    const [x, y] = [noise[2 * k]! + (k % 3) * 4, noise[2 * k + 1]!];
    return `${x},${y},${['low', 'middle', 'high'][k % 3]}`;
  });
  const path = join(bench.folder, 'classes.csv');
  writeFileSync(path, `x,y,class\n${rows.join('\n')}\n`);
  table = (await engine.openPath(path)).id;
});
afterAll(() => bench.clean());

const start = (config: Record<string, number>) =>
  engine.startRun({ method: 'linear-probe', data: { table }, config, seed: 1 });
const arraysOf = (id: string) =>
  readFileSync(join(bench.runs, id, 'checkpoint', 'arrays.safetensors')).toString('hex');

describe('the template method', () => {
  it('learns, reports a curve and numbers, and answers its query', async () => {
    const run = await engine.waitForRun((await start({ steps: 300 })).id);
    expect(run).toMatchObject({ status: 'done', error: null });
    expect(run.metrics.accuracy).toBeGreaterThan(0.9);
    expect(run.metrics.chance).toBeCloseTo(1 / 3);
    const [loss] = await engine.curves(run.id, ['loss']);
    expect(loss!.steps).toHaveLength(300);
    const counts = (await engine.query(run.id, 'confusion', { step: 300 })) as number[][];
    expect(counts.flat().reduce((sum, one) => sum + one, 0)).toBe(120);
    await expect(engine.query(run.id, 'confusion', { step: 'last' })).rejects.toMatchObject({
      code: 'query-invalid',
    });
  });

  it('goes on after a stop to the bits of a run that never stopped', async () => {
    const whole = await engine.waitForRun((await start({ steps: 2000 })).id);
    const unsubscribe = engine.subscribe({
      metrics: (id, points) => {
        if (points.some(({ step }) => step > 200)) void engine.stopRun(id).catch(() => undefined);
      },
    });
    const stopped = await engine.waitForRun((await start({ steps: 2000 })).id);
    unsubscribe();
    expect(stopped.status).toBe('stopped');
    await engine.resumeRun(stopped.id);
    const resumed = await engine.waitForRun(stopped.id);
    expect(resumed).toMatchObject({ status: 'done', metrics: whole.metrics });
    expect(arraysOf(resumed.id)).toBe(arraysOf(whole.id));
  });

  it('has its form, its numbers and its inputs from the declaration', async () => {
    const info = (await engine.methods()).find(({ id }) => id === 'linear-probe')!;
    expect(info.fields.map(({ key }) => key)).toEqual(['label', 'steps', 'learningRate', 'seed']);
    expect(info.metrics.map(({ name }) => name)).toContain('accuracy');
    expect(info.inputs).toMatchObject([{ name: 'table', optional: false }]);
  });
});
