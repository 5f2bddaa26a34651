/** @file Experiments on a stand-in method: verdicts, shared and kept runs, stops, missing data, failures, what is stored. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine';
import type { ClaimsProgress, ClaimsRequest } from '../contract/engine';
import { workbench, type Workbench } from '../runs/testing/workbench';
import { multiplying, seen } from './testing/claims-method';

let bench: Workbench;
let engine: Engine;

beforeEach(async () => {
  bench = workbench([multiplying]);
  engine = await bench.engine();
  seen.log = [];
  seen.during = null;
});
afterEach(() => bench.clean());

async function run(request: Partial<ClaimsRequest> = {}) {
  await engine.runClaims('multiplying', { quick: true, ...request });
  return (await engine.waitForClaims('multiplying'))!;
}

describe('a batch of claims', { timeout: 60_000 }, () => {
  it('gives each its verdict, with numbers per seed and the tests', async () => {
    const { records, stopped } = await run();
    expect(stopped).toBe(false);
    expect(records.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['A1', 'holds'],
      ['A2', 'fails'],
      ['A3', 'reported'],
      ['A4', 'not run'],
      ['A5', 'not run'],
    ]);
    const [first, second, third, fourth, fifth] = records;
    expect(first).toMatchObject({ quick: true, seeds: [0, 1, 2, 3, 4], sentence: 'κ is 3.06 at factor 3.' });
    expect(first!.arms[1]).toMatchObject({ label: 'factor 2', recipe: 'Products', config: { factor: 2 } });
    expect(first!.arms[1]!.numbers[0]!.values).toEqual([2, 2.02, 2.04, 2.06, 2.08]);
    expect(first!.arms[1]!.numbers[0]!.mean).toBeCloseTo(2.04, 12);
    expect(first!.tests[0]).toMatchObject({ agree: 5, signP: 1 / 32, permutationP: 1 / 32, holds: true });
    expect(second!.tests[0]).toMatchObject({ agree: 0, signP: 1, holds: false });
    expect(third!.arms[0]!.numbers[1]).toEqual({
      metric: 'absent',
      values: [null, null],
      mean: null,
      deviation: null,
    });
    expect(fourth!.sentence).toContain('--data table=FILE');
    expect(fourth!.error).toBeNull();
    expect(fifth!.error).toMatchObject({ code: 'claim-training-failed', got: '9' });
    expect(fifth!.sentence).toContain('the pool is too large');
  });

  it('trains what several claims need once, under the names of all of them', async () => {
    await run({ ids: ['A1'] });
    expect(seen.log).toHaveLength(15);
    const runs = await engine.listRuns();
    const shared = runs.find(({ config, seed }) => config.factor === 2 && seed === 1);
    expect(shared).toMatchObject({
      name: 'A1 A2 · Products · factor 2 · seed 1',
      tags: ['claim A1', 'claim A2'],
    });
    const alone = runs.find(({ config, seed }) => config.factor === 2 && seed === 4);
    expect(alone?.tags).toEqual(['claim A1']);
    await run({ ids: ['A2'] });
    expect(seen.log).toHaveLength(15);
  });

  it('uses the runs of an engine before it, and trains again when asked to', async () => {
    const { records } = await run({ ids: ['A2'] });
    await engine.close();
    engine = await bench.engine();
    const again = await run({ ids: ['A2'] });
    expect(seen.log).toHaveLength(6);
    expect(again.records[0]!.arms).toEqual(records[0]!.arms);
    await run({ ids: ['A2'], fresh: true });
    expect(seen.log).toHaveLength(12);
  });

  it('does not take a run of another version for its own', async () => {
    await run({ ids: ['A3'] });
    await engine.close();
    const [first] = await (await bench.engine()).listRuns();
    const file = join(bench.runs, first!.id, 'run.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"monge": "0.0.0"', '"monge": "0.0.1"'));
    engine = await bench.engine();
    await run({ ids: ['A3'] });
    expect(seen.log).toHaveLength(3);
  });

  it('judges with as many seeds as it is given, and says when they are too few', async () => {
    const { records } = await run({ ids: ['A1'], seeds: 2 });
    expect(records[0]).toMatchObject({ verdict: 'reported', seeds: [0, 1] });
    expect(records[0]!.tests[0]).toMatchObject({ holds: null, rule: '2 of 2 seeds agree, 5 are needed' });
    const full = await run({ ids: ['A1'], quick: false });
    expect(full.records[0]!.seeds).toHaveLength(6);
  });

  it('takes data that it is given', async () => {
    const { id, sha256 } = (await engine.openPath(bench.csv)) as { id: string; sha256: string };
    const { records } = await run({ ids: ['A4'], data: { table: id } });
    expect(records[0]).toMatchObject({
      verdict: 'reported',
      data: [{ name: 'table', path: bench.csv, sha256 }],
    });
    expect(records[0]!.command).toBe(
      `npx monge claims multiplying --quick --only A4 --data table=${bench.csv}`,
    );
    expect((await engine.listRuns())[0]!.inputs[0]).toMatchObject({ input: 'data', path: bench.csv });
  });
});

describe('a stopped batch', { timeout: 60_000 }, () => {
  it('keeps what is done and goes on with what is not', async () => {
    seen.during = (name) => {
      if (name === '2/1') void engine.stopClaims('multiplying');
    };
    const stopped = await run({ ids: ['A1', 'A2'] });
    expect(stopped).toEqual({ records: [], stopped: true });
    expect(seen.log).toEqual(['1/0', '2/0', '3/0', '1/1', '2/1']);
    expect((await engine.listRuns()).map(({ status }) => status).sort()).toEqual([
      'done',
      'done',
      'done',
      'done',
      'stopped',
    ]);
    expect((await engine.claims('multiplying'))[0]!.outcomes).toEqual([]);
    seen.during = null;
    const { records } = await run({ ids: ['A1', 'A2'] });
    expect(records.map(({ verdict }) => verdict)).toEqual(['holds', 'fails']);
    // The stopped run itself went on: no second run of the same training.
    expect(seen.log.slice(5)[0]).toBe('2/1');
    expect(await engine.listRuns()).toHaveLength(15);
  });

  it('is what a run stopped by hand makes of it, and what closing the engine makes of it', async () => {
    seen.during = () => {
      void engine.listRuns().then(([newest]) => engine.stopRun(newest!.id));
    };
    expect(await run({ ids: ['A3'] })).toEqual({ records: [], stopped: true });
    seen.during = () => void engine.close();
    expect(await run({ ids: ['A3'] })).toEqual({ records: [], stopped: true });
  });
});

describe('what views are told', { timeout: 60_000 }, () => {
  it('counts each training once, names the one under way, and ends as idle', async () => {
    const heard: ClaimsProgress[] = [];
    engine.subscribe({ claimsChanged: (progress) => heard.push(progress) });
    await run({ ids: ['A1', 'A2'] });
    expect(heard[0]).toMatchObject({
      state: 'running',
      quick: true,
      ids: ['A1', 'A2'],
      trainings: 15,
      done: 0,
    });
    const busy = heard.find((progress) => progress.done === 4 && progress.run !== null);
    expect(busy).toMatchObject({ claim: 'A1', training: 'Products, factor 2, seed 1' });
    expect(busy!.secondsLeft).toBeGreaterThan(0);
    expect(heard.at(-1)).toMatchObject({ state: 'idle', claim: null, run: null });
    expect(await engine.claimsProgress('multiplying')).toMatchObject({ state: 'idle' });
  });

  it('keeps the last quick and the last full outcome apart', async () => {
    await run({ ids: ['A3'] });
    await run({ ids: ['A3'], quick: false });
    await run({ ids: ['A3'], quick: false, seeds: 1 });
    await engine.close();
    engine = await bench.engine();
    const claims = await engine.claims('multiplying');
    expect(claims.map(({ id }) => id)).toEqual(['A1', 'A2', 'A3', 'A4', 'A5']);
    expect(claims[0]).toMatchObject({ gate: true, trainings: { quick: 15, full: 18 }, outcomes: [] });
    expect(claims[2]!.outcomes.map(({ quick, seeds }) => [quick, seeds.length])).toEqual([
      [false, 1],
      [true, 2],
    ]);
    expect(claims[2]!.outcomes[0]!.machine.threads).toBe(1);
    expect(claims[3]!.needs).toEqual([{ name: 'table', title: 'A table', help: 'Any.' }]);
  });

  it('says when the stored outcomes are damaged', async () => {
    await run({ ids: ['A3'] });
    writeFileSync(join(bench.runs, 'claims', 'multiplying.json'), '{"format":1');
    await expect(engine.claims('multiplying')).rejects.toMatchObject({
      detail: { code: 'claims-unreadable' },
    });
  });
});

describe('a wrong request', { timeout: 60_000 }, () => {
  it.each<[string, string, Partial<ClaimsRequest>]>([
    ['claim-unknown', 'multiplying', { ids: ['A1', 'Z9'] }],
    ['claim-unknown', 'counting', {}],
    ['claim-data-unknown', 'multiplying', { data: { images: 'x' } }],
    ['method-unknown', 'nothing', {}],
    ['dataset-not-found', 'multiplying', { data: { table: 'x' } }],
  ])('is refused with %s', async (code, method, request) => {
    await expect(engine.runClaims(method, { quick: true, ...request })).rejects.toMatchObject({
      detail: { code },
    });
    expect(seen.log).toEqual([]);
  });

  it('is one more while others are under way', async () => {
    const first = run({ ids: ['A3'] });
    await expect(engine.runClaims('multiplying', { quick: true })).rejects.toMatchObject({
      detail: { code: 'claims-active' },
    });
    expect((await first).records).toHaveLength(1);
  });
});
