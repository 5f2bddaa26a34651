/** @file Every kind of coupling: a run stopped anywhere and resumed, paired beside the training or replayed from its log has the same bits. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import type { CheckpointState, RunContext } from '../../../contract/define';
import type { RunInput } from '../../../contract/opened';
import { config as schema, type FlowsConfig } from '../config';
import { decodePairLog } from '../coupling/log';
import { flows } from '../index';
import { inputs as flowInputs } from '../inputs';
import { runFlows } from '../run';
import { datasetInMemory, recorded, runAt, type Recorded, type RecordOptions } from '../../testing';

const rows = 160;
const labels = Int32Array.from({ length: rows }, (_, k) => (k % 16 === 3 ? -1 : Math.floor(k / 3) % 2));
const points = stream(2, 'points')
  .normal(new Float32Array(2 * rows))
  .map((value, k) => 0.3 * value + (k % 2 === 0 ? (Math.floor(k / 2) % 3) - 1 : 0));
const data = datasetInMemory(points, 2, undefined, labels);
const inputs = { data };
const base = {
  poolSize: 24,
  pairs: 96,
  epsilon: 0.2,
  steps: 40,
  batchSize: 16,
  hidden: 8,
  layers: 1,
  directions: 10,
  semidiscreteIterations: 60,
  semidiscreteBatch: 64,
};
const settings = (changes: Record<string, unknown>): FlowsConfig => schema.parse({ ...base, ...changes });

/** Jobs done in place after a while that differs from job to job, as another thread would be. */
function slowBackground(
  config: FlowsConfig,
  context: () => RunContext,
): NonNullable<RunContext['background']> {
  let jobs = 0;
  return (name, args) => {
    let cancelled = false;
    const { seed, compute } = context();
    const wait = [0, 30, 3, 120][jobs++ % 4]!;
    const result = new Promise((resolve) => setTimeout(resolve, wait)).then(() =>
      flows.jobs![name]!({ seed, compute, stopRequested: () => cancelled }, inputs, { ...config }, args),
    );
    return { result, cancel: () => void (cancelled = true) };
  };
}

async function run(
  config: FlowsConfig,
  options: RecordOptions & { beside?: boolean; pairs?: RunInput } = {},
) {
  const record: Recorded = recorded({
    ...options,
    ...(options.beside ? { background: slowBackground(config, () => record.context) } : {}),
  });
  return { record, end: await runFlows(record.context, { ...inputs, pairs: options.pairs }, config) };
}

function results({ checkpoints, final, artifacts }: Recorded) {
  const { pairSeconds: _p, trainSeconds: _t, stepsPerSecond: _s, ...numbers } = final;
  return { arrays: checkpoints.at(-1)!.arrays, numbers, model: artifacts.get('velocity.onnx') };
}

const kinds: [string, Record<string, unknown>][] = [
  ['independent', { coupling: 'independent' }],
  ['independent with labels', { coupling: 'independent', condition: 'label' }],
  ['assignment', { coupling: 'assignment' }],
  ['sinkhorn', { coupling: 'sinkhorn' }],
  ['sinkhorn, refilled', { coupling: 'sinkhorn', refill: 'online', refillSteps: 5, pairs: 48 }],
  ['sinkhorn per class', { coupling: 'sinkhorn', condition: 'label', conditionCoupling: 'per-class' }],
  ['sinkhorn weighted', { coupling: 'sinkhorn', condition: 'label', conditionCoupling: 'weighted' }],
  ['sinkhorn joint', { coupling: 'sinkhorn', condition: 'label', conditionCoupling: 'joint' }],
  ['semidiscrete', { coupling: 'semidiscrete' }],
  [
    'semidiscrete, blurred, refilled',
    { coupling: 'semidiscrete', semidiscreteEpsilon: 0.1, refill: 'online' },
  ],
  [
    'semidiscrete per class',
    { coupling: 'semidiscrete', condition: 'label', conditionCoupling: 'per-class' },
  ],
];

describe.each(kinds)('%s', (_name, changes) => {
  const config = settings(changes);
  let whole: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    whole = await run(config);
    expect(whole.end).toBe('done');
  });

  it('stopped again and again and resumed, is the run that never stopped', async () => {
    let resume: CheckpointState | null = null;
    const artifacts = new Map<string, Uint8Array>();
    const metrics: Recorded['metrics'] = [];
    let sessions = 0;
    for (let patience = 7; ; patience += 6, sessions++) {
      const { record, end } = await run(config, {
        resume,
        artifacts,
        stop: (asked) => asked >= patience,
        tick: [1, 400, 3000][sessions % 3]!,
        beside: sessions % 2 === 1,
      });
      for (const [name, bytes] of record.artifacts) artifacts.set(name, bytes);
      metrics.push(...record.metrics);
      resume = record.checkpoints.at(-1)!;
      if (end === 'stopped') continue;
      expect(results(record)).toEqual(results(whole.record));
      break;
    }
    expect(sessions).toBeGreaterThan(1);
    expect(metrics).toEqual(whole.record.metrics);
  });
});

describe('an online refill', () => {
  const config = settings({ refill: 'online', refillSteps: 3, pairs: 48 });

  it('gives the same numbers however late the other thread is, and replaces the oldest pairs', async () => {
    const [inPlace, beside] = [await run(config), await run(config, { beside: true })];
    expect(results(beside.record)).toEqual(results(inPlace.record));
    expect(beside.record.metrics).toEqual(inPlace.record.metrics);
    const pools = inPlace.record.metrics.filter(({ name }) => name === 'sharpness');
    expect(pools.map(({ step }) => step)).toEqual([...Array(14).keys()]);
    const kept = await run(settings({ pairs: 48 }));
    expect(kept.record.final.loss).not.toBe(inPlace.record.final.loss);
  });

  it('tells of a job that failed when its pool is due', async () => {
    const record = recorded({
      background: () => ({
        result: Promise.reject(new Error('the thread is gone')),
        cancel: () => undefined,
      }),
    });
    await expect(runFlows(record.context, inputs, config)).rejects.toThrow('the thread is gone');
  });
});

describe('a pair log', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'monge-pairs-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const pairsOf = (path: string) => runAt(path, flowInputs.pairs.files);

  async function store(name: string, { artifacts }: Recorded): Promise<RunInput> {
    const path = join(folder, name);
    await mkdir(join(path, 'artifacts'), { recursive: true });
    for (const [file, bytes] of artifacts) await writeFile(join(path, 'artifacts', file), bytes);
    return pairsOf(path);
  }

  it.each([
    ['kept', { coupling: 'sinkhorn' }],
    ['online', { coupling: 'sinkhorn', refill: 'online', refillSteps: 7, pairs: 48 }],
    ['per class', { coupling: 'assignment', condition: 'label' }],
  ] as [string, Record<string, unknown>][])('gives the same training again: %s', async (name, changes) => {
    const made = await run(settings(changes));
    const pairs = await store(name, made.record);
    const again = await run(settings(changes), { pairs });
    const { pairs: _pairs, ...arrays } = made.record.checkpoints.at(-1)!.arrays;
    expect(again.record.checkpoints.at(-1)!.arrays).toEqual(arrays);
    expect(again.record.final.loss).toBe(made.record.final.loss);
    expect(again.record.metrics).toEqual(made.record.metrics);
    expect([...again.record.artifacts.keys()]).toEqual(['velocity.onnx']);
    const part = await run(settings(changes), { pairs, stop: (asked) => asked >= 5 });
    const rest = await run(settings(changes), { pairs, resume: part.record.checkpoints.at(-1)! });
    expect(results(rest.record)).toEqual(results(again.record));
  });

  it('is left out of the checkpoint once it is written, and says what it holds', async () => {
    const { record } = await run(settings({}));
    expect(record.checkpoints.at(-1)!.arrays.pairs).toBeUndefined();
    const { header, pools } = decodePairLog(record.artifacts.get('pairs-0.bin')!, 'pairs-0.bin');
    expect(header).toMatchObject({ rows, dimension: 2, coupling: 'sinkhorn', seed: 0, poolSize: 24 });
    expect(pools.map(({ key }) => key)).toEqual([0, 1, 2, 3].map((pool) => ({ seed: 0, pool, size: 24 })));
    expect(pools.reduce((sum, { report }) => sum + report.sharpness / 4, 0)).toBeCloseTo(
      record.final.sharpness!,
      12,
    );
  });

  it('is used with another seed, but for pairs whose rows are held out there', async () => {
    const pairs = await store('seeds', (await run(settings({}))).record);
    const { record, end } = await run(settings({}), { pairs, seed: 5 });
    expect(end).toBe('done');
    expect(record.notices.join()).toMatch(/of 96 stored pairs were left out/);
  });

  it('is refused for other data, or where there is none', async () => {
    const pairs = await store('other', (await run(settings({}))).record);
    const other = datasetInMemory(
      points.map((value) => value * value),
      2,
    );
    await expect(runFlows(recorded().context, { data: other, pairs }, settings({}))).rejects.toMatchObject({
      code: 'pair-log-other-data',
    });
    await expect(run(settings({}), { pairs: pairsOf(folder) })).rejects.toMatchObject({
      code: 'pair-log-missing',
    });
  });
});

describe('what cannot be', () => {
  it.each([
    ['known-map-missing', { coupling: 'map' }],
    ['labels-missing', { condition: 'label' }],
  ])('is refused: %s', async (code, changes) => {
    const unlabelled = { data: datasetInMemory(points, 2) };
    await expect(runFlows(recorded().context, unlabelled, settings(changes))).rejects.toMatchObject({ code });
  });

  it('says how many rows have no label', async () => {
    const { record } = await run(settings({ coupling: 'independent', condition: 'label', steps: 2 }));
    expect(record.notices.join()).toMatch(/\d+ training rows without a label were left out/);
  });
});
