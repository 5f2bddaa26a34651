/** @file The life of a run as a view sees it: started, watched, stopped, resumed, asked, exported, deleted, brought back. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from './engine';
import type { MetricPoint, RunRecord } from './contract/engine';
import { stepHooks } from './runs/testing/counting-method';
import { workbench, type Workbench } from './runs/testing/workbench';

let bench: Workbench;
let engine: Engine;
let data: string;

beforeEach(async () => {
  bench = workbench();
  engine = await bench.engine();
  data = (await engine.openPath(bench.csv)).id;
});
afterEach(async () => {
  stepHooks.clear();
  await bench.clean();
});

/** Runs to the end, whatever end that is. */
async function finished(config: Record<string, string | number>, seed = 1): Promise<RunRecord> {
  const { id } = await engine.startRun({ method: 'counting', data: { data }, config, seed });
  return engine.waitForRun(id);
}

/** Stops by the person's button while the given step is worked on. */
function stopAt(step: number, seed: number): void {
  stepHooks.set(String(seed), (now) => {
    if (now !== step) return;
    stepHooks.delete(String(seed));
    void engine.listRuns().then((runs) => engine.stopRun(runs.find((run) => run.status === 'running')!.id));
  });
}

const file = (run: RunRecord, ...path: string[]) => readFileSync(join(bench.runs, run.id, ...path));
const checkpointOf = (run: RunRecord) => ({
  state: file(run, 'checkpoint', 'state.json').toString(),
  arrays: file(run, 'checkpoint', 'arrays.safetensors').toString('hex'),
  metrics: file(run, 'metrics.ndjson').toString(),
});

describe('a run', () => {
  it('records all that is needed to repeat it, and ends as done', async () => {
    const run = await finished({ steps: 10 });
    expect(run).toMatchObject({
      status: 'done',
      method: 'counting',
      config: { steps: 10, every: 4, rate: 3.7, ending: 'normal' },
      seed: 1,
      snapshots: [4, 8],
      kept: ['after 4', 'after 8'],
      artifacts: ['x.txt'],
      error: null,
      device: { asked: 'auto', used: null, threads: 1 },
      progress: { step: 10, steps: 10 },
    });
    expect(run.id).toMatch(/^\d{8}-\d{4}-counting-[0-9a-f]{4}$/);
    expect(run.metrics).toMatchObject({ steps: 10, undefinedRatio: NaN });
    expect(run.command).toBe(
      `npx monge run counting --data ${bench.csv} --set steps=10 --set every=4 --seed 1`,
    );
    expect(existsSync(join(bench.runs, run.id, 'lock.json'))).toBe(false);
  });

  it('tells views every point once and leaves the same points in the file', async () => {
    const heard: MetricPoint[] = [];
    const statuses = new Set<string>();
    const unsubscribe = engine.subscribe({
      metrics: (_id, points) => heard.push(...points),
      runChanged: (record) => statuses.add(record.status),
    });
    const run = await finished({ steps: 50 });
    unsubscribe();
    const [curve] = await engine.curves(run.id, ['x']);
    expect([...curve!.steps]).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(heard.map((point) => point.value)).toEqual([...curve!.values]);
    expect([...statuses]).toEqual(['queued', 'running', 'done']);
    expect(await engine.curves(run.id, ['no such curve'])).toEqual([]);
  });

  it('keeps the detail of a failure, and calls divergence by its name', async () => {
    expect(await finished({ ending: 'fails' })).toMatchObject({
      status: 'failed',
      error: { code: 'internal', what: 'the disk is made of cheese' },
    });
    const diverged = await finished({ ending: 'diverges' });
    expect(diverged).toMatchObject({ status: 'diverged', error: { code: 'diverged', got: 'NaN' } });
    await expect(engine.resumeRun(diverged.id)).rejects.toMatchObject({ code: 'run-diverged' });
  });

  it('waits in the queue while another one runs, and can be stopped there', async () => {
    const request = { method: 'counting', data: { data }, seed: 1 };
    const first = await engine.startRun({ ...request, config: { ending: 'waits' } });
    const second = await engine.startRun({ ...request, config: {} });
    expect((await engine.run(second.id)).status).toBe('queued');
    await expect(engine.trashRun(second.id)).rejects.toMatchObject({ code: 'run-active' });
    expect((await engine.stopRun(second.id)).status).toBe('stopped');
    await engine.stopRun(first.id);
    expect((await engine.waitForRun(first.id)).status).toBe('stopped');
    await engine.resumeRun(second.id);
    expect((await engine.waitForRun(second.id)).status).toBe('done');
  });
});

describe('stopping and resuming', () => {
  function expectAsWhole(resumed: RunRecord, whole: RunRecord): void {
    expect(resumed.status).toBe('done');
    expect(checkpointOf(resumed)).toEqual(checkpointOf(whole));
    expect(resumed.snapshots).toEqual(whole.snapshots);
    expect(resumed.kept).toEqual(whole.kept);
  }

  it.each([1, 4, 7, 14])('at step %i gives the bytes of an uninterrupted run', async (step) => {
    const whole = await finished({}, 7);
    stopAt(step, 7);
    const stopped = await finished({}, 7);
    expect(stopped.status).toBe('stopped');
    expect(stopped.progress.step).toBeLessThan(20);
    await engine.resumeRun(stopped.id);
    const resumed = await engine.waitForRun(stopped.id);
    expectAsWhole(resumed, whole);
    expect(resumed.metrics).toEqual(whole.metrics);
    expect(resumed.seconds).toBeGreaterThan(stopped.seconds);
  });

  it('forgets what was reported after the last checkpoint of a killed process', async () => {
    const whole = await finished({}, 3);
    const killed = await finished({ ending: 'fails', steps: 20 }, 3);
    const folder = join(bench.runs, killed.id);
    // As a killed process leaves it: status running, points and a snapshot past the checkpoint, a torn line, a dead owner.
    const record = {
      ...killed,
      status: 'running',
      config: { ...killed.config, ending: 'normal' },
      error: null,
    };
    writeFileSync(join(folder, 'run.json'), JSON.stringify(record));
    writeFileSync(join(folder, 'lock.json'), JSON.stringify({ host: 'nowhere', pid: 1, processStart: null }));
    utimesSync(join(folder, 'lock.json'), 0, 0);
    writeFileSync(join(folder, 'metrics.ndjson'), '{"name":"x","step":10,"value":1}\n{"na', { flag: 'a' });
    writeFileSync(join(folder, 'snapshots', '12.safetensors'), 'half');
    writeFileSync(join(folder, 'kept', 'after 11.safetensors'), 'half');

    const after = await bench.engine();
    expect((await after.run(killed.id)).status).toBe('interrupted');
    await after.resumeRun(killed.id);
    expectAsWhole(await after.waitForRun(killed.id), whole);
  });

  it('refuses to go on with other data', async () => {
    stopAt(3, 5);
    const stopped = await finished({}, 5);
    writeFileSync(bench.csv, 'a,b\n9,9\n8,8\n7,7\n');
    await engine.resumeRun(stopped.id);
    const failed = await engine.waitForRun(stopped.id);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'data-changed' } });
  });

  it('refuses a run that is complete, unknown, or going on', async () => {
    const run = await finished({});
    await expect(engine.resumeRun(run.id)).rejects.toMatchObject({ code: 'run-finished' });
    await expect(engine.resumeRun('../../etc')).rejects.toMatchObject({ code: 'run-not-found' });
    const going = await engine.startRun({
      method: 'counting',
      data: { data },
      config: { ending: 'waits' },
      seed: 1,
    });
    await expect(engine.resumeRun(going.id)).rejects.toMatchObject({ code: 'run-active' });
  });

  it('closing the engine stops what is going on and leaves it resumable', async () => {
    const going = await engine.startRun({
      method: 'counting',
      data: { data },
      config: { ending: 'waits' },
      seed: 1,
    });
    await engine.close();
    const next = await bench.engine();
    expect((await next.run(going.id)).status).toBe('stopped');
    expect(readdirSync(join(bench.runs, going.id, 'checkpoint'))).toEqual([
      'arrays.safetensors',
      'state.json',
    ]);
  });
});

describe('starting', () => {
  const start = (change: object) =>
    engine.startRun({ method: 'counting', data: { data }, config: {}, seed: 1, ...change });

  it.each([
    ['method-unknown', { method: 'alchemy' }],
    ['config-unknown-key', { config: { colour: 'red' } }],
    ['config-invalid', { config: { steps: -1 } }],
    ['input-missing', { data: {} }],
    ['input-unknown', { data: { data: 'x', other: 'y' } }],
    ['dataset-not-found', { data: { data: '0000000000000000' } }],
    ['config-invalid', { seed: 0.5 }],
  ])('gives %s instead of a run folder', async (code, change) => {
    const expected = code === 'input-unknown' ? { data: { data, other: data } } : change;
    await expect(start(expected)).rejects.toMatchObject({ code });
    expect(await engine.listRuns()).toEqual([]);
  });

  it('resolves the config as the run would', async () => {
    expect(await engine.resolveConfig('counting', { data }, { rate: '3.5' })).toEqual({
      steps: 20,
      rate: 3.5,
      every: 4,
      ending: 'normal',
      seed: 0,
    });
  });
});

describe('asking and exporting', () => {
  it('answers from snapshots, and keeps what is costly between questions', async () => {
    const run = await finished({});
    const first = await engine.query(run.id, 'latest', { step: 9 });
    expect(first).toMatchObject({ step: 8, steps: [4, 8, 12, 16, 20] });
    const second = (await engine.query(run.id, 'latest', { step: 'latest' })) as { calls: Float64Array };
    expect([...second.calls]).toEqual([2]);
    expect((first as typeof second).calls[0], 'an answer is a copy, not what is kept').toBe(1);
    await expect(engine.query(run.id, 'latest', { step: 3 })).rejects.toMatchObject({ code: 'no-snapshot' });
    await expect(engine.query(run.id, 'constructor', {})).rejects.toMatchObject({ code: 'query-unknown' });
  });

  it('draws declared figures as scenes, with what is asked for, and hands out files that a run wrote', async () => {
    const [info] = await engine.methods();
    expect(info!.figures).toMatchObject([{ name: 'orbit', title: 'Orbit', fields: [{ key: 'length' }] }]);
    const run = await finished({ steps: 10 });
    const scene = await engine.figure(run.id, 'orbit', { length: 3 });
    expect(scene).toMatchObject({ title: 'Orbit', x: { domain: [-0.1, 2.1] } });
    expect(scene!.marks.map(({ kind }) => kind)).toEqual(['line', 'points']);
    expect(await engine.figure((await finished({ steps: 3 })).id, 'orbit', {})).toBeNull();
    await expect(engine.figure(run.id, 'orbit', { length: 0 })).rejects.toMatchObject({
      code: 'config-invalid',
    });
    await expect(engine.figure(run.id, 'none', {})).rejects.toMatchObject({ code: 'query-unknown' });
    const file = await engine.artifact(run.id, 'x.txt');
    expect(Number(new TextDecoder().decode(file.bytes))).toBe(run.metrics['x']);
    for (const name of ['../run.json', 'y.txt'])
      await expect(engine.artifact(run.id, name)).rejects.toMatchObject({ code: 'artifact-unknown' });
  });

  it('exports the model, the curves and the whole folder', async () => {
    const run = await finished({ steps: 3 });
    const csv = await engine.exportRun(run.id, 'csv');
    expect(new TextDecoder().decode(csv.bytes).split('\n').slice(0, 2)).toEqual([
      'step,name,value',
      `1,x,${3.7 * 0.11 * (1 - 0.11)}`,
    ]);
    const zip = unzipSync((await engine.exportRun(run.id, 'zip')).bytes);
    expect(Object.keys(zip).sort()).toEqual(
      [
        'artifacts/x.txt',
        'checkpoint/arrays.safetensors',
        'checkpoint/state.json',
        'log.ndjson',
        'metrics.ndjson',
        'run.json',
      ].map((name) => `${run.id}/${name}`),
    );
    await expect(engine.exportRun(run.id, 'onnx')).rejects.toMatchObject({ code: 'no-snapshot' });
    const longer = await finished({ steps: 10 });
    expect([...(await engine.exportRun(longer.id, 'onnx')).bytes]).toEqual([1, 2, 1]);
  });
});

describe('the gallery', () => {
  it('is read once; a reading that failed is tried again', async () => {
    await expect(engine.samples()).rejects.toMatchObject({ code: 'samples-unreadable' });
    const samples = join(bench.folder, 'samples');
    const entry = { id: 'three', file: 'three.csv', title: 'Three', description: 'Three points.' };
    const suggests = { method: 'counting', config: {} };
    writeFileSync(join(samples, 'three.csv'), readFileSync(bench.csv));
    writeFileSync(join(samples, 'index.json'), JSON.stringify([{ ...entry, suggests }]));
    const first = await engine.samples();
    expect(first).toMatchObject([{ id: 'three', rows: 3, thumbnail: { kind: 'points' } }]);
    rmSync(join(samples, 'three.csv'));
    expect(await engine.samples()).toEqual(first);
  });
});

describe('the list', () => {
  it('renames, deletes to the trash and brings back', async () => {
    const run = await finished({});
    await engine.renameRun(run.id, { name: ' best so far ', notes: 'keep' });
    await engine.trashRun(run.id);
    expect(await engine.listRuns()).toEqual([]);
    await expect(engine.run(run.id)).rejects.toMatchObject({ code: 'run-not-found' });
    expect(await engine.restoreRun(run.id)).toMatchObject({
      name: 'best so far',
      notes: 'keep',
      status: 'done',
    });
    await expect(engine.restoreRun(run.id)).rejects.toMatchObject({ code: 'run-not-found' });
  });

  it('shows a folder whose record is broken, with the reason, and still gives its curves', async () => {
    const run = await finished({ steps: 4 });
    writeFileSync(join(bench.runs, run.id, 'run.json'), '{"id": "20');
    mkdirSync(join(bench.runs, 'holiday-pictures'));
    const [listed, ...others] = await engine.listRuns();
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ id: run.id, status: 'failed', error: { code: 'run-corrupt' } });
    expect(await engine.curves(run.id)).toHaveLength(1);
    const corrupt = { code: 'run-corrupt' };
    await expect(engine.resumeRun(run.id)).rejects.toMatchObject(corrupt);
    await expect(engine.query(run.id, 'latest', {})).rejects.toMatchObject(corrupt);
    await expect(engine.renameRun(run.id, { name: 'x' })).rejects.toMatchObject(corrupt);
  });

  it.each(['..', '.', '', '../points.csv', 'a/b', 'a\\b', '/etc', '.trash', 'x'.repeat(300), 'no-such-run'])(
    'knows no run called %j',
    async (id) => {
      const notFound = { code: 'run-not-found' };
      await expect(engine.run(id)).rejects.toMatchObject(notFound);
      await expect(engine.curves(id)).rejects.toMatchObject(notFound);
      await expect(engine.trashRun(id)).rejects.toMatchObject(notFound);
      await expect(engine.restoreRun(id)).rejects.toMatchObject(notFound);
      await expect(engine.exportRun(id, 'zip')).rejects.toMatchObject(notFound);
    },
  );
});
