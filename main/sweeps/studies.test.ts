/** @file Studies in an engine: points are tried, ended and pruned, journals are gone on with, and nothing finished is lost. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dimension, StudyDefinition, StudyFormat, StudySummary } from '../contract/study';
import { errorDetail } from '../../native-models/error';
import type { Engine } from '../engine';
import { workbench, type Workbench } from '../runs/testing/workbench';
import { bowl, bowlHooks } from './testing/bowl-method';

let bench: Workbench;
let engine: Engine;

beforeEach(async () => {
  bench = workbench([bowl]);
  engine = await bench.engine();
});
afterEach(async () => {
  bowlHooks.step = null;
  await bench.clean();
});

const space = {
  x: { type: 'float', low: -5, high: 5, scale: 'linear' },
  y: { type: 'float', low: 1e-3, high: 1, scale: 'log' },
} as const;
type Given = Omit<Partial<StudyDefinition>, 'seeds' | 'sampler' | 'pruner'> & Record<string, unknown>;
const asked = (more: Given = {}) =>
  ({ method: 'bowl', space, sampler: 'random', trials: 12, ...more }) as unknown as Partial<StudyDefinition>;

async function run(more: Given = {}): Promise<StudySummary> {
  const { id } = await engine.createStudy(asked(more));
  await engine.startStudy(id);
  return engine.waitForStudy(id);
}
const codeOf = async (action: Promise<unknown>) =>
  errorDetail(
    await action.then(
      () => null,
      (error: unknown) => error,
    ),
  );
const journal = (id: string) => join(bench.runs, 'studies', id, 'journal.jsonl');
const lines = (id: string) => readFileSync(journal(id), 'utf8').trim().split('\n');

describe('a study', () => {
  it('tries its points and knows the best one', async () => {
    const study = await run({ name: 'Bowl' });
    expect(study).toMatchObject({ state: 'done', definition: { name: 'Bowl', trials: 12 } });
    expect(study.counts).toMatchObject({ complete: 12, running: 0 });
    const { values, points, states } = await engine.trialColumns(study.id);
    expect([...states]).toEqual(new Array(12).fill(2));
    const [losses] = values;
    expect(study.best!.values[0]).toBe(Math.min(...losses!));
    expect(points.map(({ key }) => key)).toEqual(['x', 'y']);
    expect(Math.min(...points[1]!.values)).toBeGreaterThanOrEqual(1e-3);
    const curves = await engine.trialCurves(study.id, [3, 5]);
    expect([...curves.trials]).toEqual([3, 5]);
    expect(curves.steps[0]).toBe(1);
  });

  it('repeats bit for bit with the same seed, and not with another', async () => {
    const points = async (seed: number) => (await engine.trialColumns((await run({ seed })).id)).points;
    const [first, again, other] = [await points(1), await points(1), await points(2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('has seeds as a factor: a trial has their mean and their spread', async () => {
    const { id, counts } = await run({ seeds: [0, 5], trials: 3 });
    expect(counts.complete).toBe(3);
    const trial = await engine.trial(id, 1);
    expect(trial.seedValues[1]! - trial.seedValues[0]!).toBeCloseTo(0.05, 12);
    expect(trial.values[0]).toBeCloseTo((trial.seedValues[0]! + trial.seedValues[1]!) / 2, 12);
    expect((await engine.trialColumns(id)).spread[1]).toBeGreaterThan(0);
  });

  it('never gives a diverged trial a value, and tells a failed one with its error', async () => {
    const ending: Dimension = { type: 'categorical', choices: ['well', 'diverges', 'fails'] };
    const { id, counts, best } = await run({
      space: { ...space, ending },
      sampler: 'random',
      trials: 20,
    });
    expect(counts.diverged).toBeGreaterThan(0);
    expect(counts.failed).toBeGreaterThan(0);
    expect(counts.complete + counts.diverged + counts.failed).toBe(20);
    const { states, values, reasons } = await engine.trialColumns(id);
    states.forEach((state, at) => expect(Number.isNaN(values[0]![at]!)).toBe(state !== 2));
    expect(best!.point.ending).toBe('well');
    expect(new Set(reasons.map(({ reason }) => reason))).toEqual(
      new Set(['the loss left the numbers', 'something broke']),
    );
    const failed = states.indexOf(5);
    expect((await engine.trial(id, failed)).error).toMatchObject({ code: 'broken' });
    expect(await codeOf(engine.retryTrial(id, states.indexOf(4)))).toMatchObject({
      code: 'trial-not-retried',
    });
    await engine.retryTrial(id, failed);
    await engine.startStudy(id);
    expect((await engine.waitForStudy(id)).counts.failed).toBe(counts.failed);
    expect((await engine.trial(id, failed)).attempts).toHaveLength(1);
  });

  it('tries what a person enqueues next, and more trials when asked', async () => {
    const { id } = await run({ trials: 4 });
    await engine.enqueueTrial(id, { x: 2, y: 0.1 });
    await engine.startStudy(id, 6);
    const { counts, best } = await engine.waitForStudy(id);
    expect(counts.complete).toBe(6);
    expect(best).toMatchObject({ number: 4, origin: 'enqueued', point: { x: 2, y: 0.1 } });
    expect(await codeOf(engine.enqueueTrial(id, { x: 99, y: 0.1 }))).toMatchObject({ code: 'point-invalid' });
  });

  it('takes another space from the next trial on', async () => {
    const { id } = await run({ trials: 3 });
    await engine.changeSpace(id, { ...space, x: { type: 'float', low: 1.9, high: 2.1, scale: 'linear' } });
    await engine.startStudy(id, 8);
    await engine.waitForStudy(id);
    const [x] = (await engine.trialColumns(id)).points;
    expect([...x!.values.slice(3)].every((value) => value >= 1.9 && value <= 2.1)).toBe(true);
  });

  it('promotes a trial to a run with its command, and exports what others read', async () => {
    const { id, best } = await run({ trials: 5, settings: { steps: 7 } });
    const record = await engine.promoteTrial(id, best!.number);
    const done = await engine.waitForRun(record.id);
    expect(done.metrics.loss).toBe(best!.values[0]);
    expect(done.tags).toEqual([`study ${id}`]);
    expect(await engine.trialCommand(id, best!.number)).toContain('monge run bowl');
    const text = async (format: StudyFormat) =>
      new TextDecoder().decode((await engine.exportStudy(id, format)).bytes);
    expect((await text('csv')).split('\n')).toHaveLength(7);
    expect(JSON.parse(await text('hiplot'))).toMatchObject({ datapoints: { length: 5 } });
    expect(JSON.parse(await text('json'))).toMatchObject({ trials: { state: { length: 5 } } });
  });
});

describe('a journal', () => {
  it('is gone on with after a stop, to the points of a study that never stopped', async () => {
    const whole = await run({ trials: 10 });
    const { id } = await engine.createStudy(asked({ trials: 10 }));
    let steps = 0;
    bowlHooks.step = () => {
      if (++steps === 70) void engine.stopStudy(id, 'cancel');
    };
    await engine.startStudy(id);
    const stopped = await engine.waitForStudy(id);
    expect(stopped.state).toBe('idle');
    expect(stopped.counts.complete).toBeLessThan(10);
    await engine.startStudy(id);
    const resumed = await engine.waitForStudy(id);
    expect(resumed.counts.complete).toBe(10);
    const of = async (study: string) => {
      const { points, values } = await engine.trialColumns(study);
      return { points, values };
    };
    expect(await of(id)).toEqual(await of(whole.id));
  });

  it.each(['random', 'sobol', 'latin-hypercube', 'grid'])(
    'cut at any record it gives %s the same points again',
    { timeout: 60_000 },
    async (sampler) => {
      const grid = {
        x: { type: 'int', low: -2, high: 2, scale: 'linear' },
        ending: { type: 'categorical', choices: ['well', 'diverges'] },
      };
      const more = {
        sampler,
        trials: 6,
        settings: { steps: 3 },
        ...(sampler === 'grid' && { space: grid }),
      } as Given;
      const whole = await run(more);
      const all = lines(whole.id);
      const asks = (id: string) => lines(id).filter((line) => line.includes('"op":"asked"'));
      for (let cut = 2; cut < all.length; cut += 3) {
        // As if the process had died there, half-way through the next line.
        const copy = await engine.createStudy(asked(more));
        writeFileSync(journal(copy.id), `${all.slice(0, cut).join('\n')}\n${all[cut]!.slice(0, 9)}`);
        const other = await bench.engine();
        await other.startStudy(copy.id);
        const { notices } = await other.study(copy.id);
        expect(notices.join(' ')).toMatch(/torn/);
        await other.waitForStudy(copy.id);
        expect(asks(copy.id)).toEqual(asks(whole.id));
      }
    },
  );

  it('with a line that is none is refused by its row, and left as it is', async () => {
    const { id } = await run({ trials: 2 });
    appendFileSync(journal(id), 'not a record\n{"op":"session","what":"stopped","at":""}\n');
    const before = readFileSync(journal(id), 'utf8');
    const other = await bench.engine();
    const detail = await codeOf(other.study(id));
    expect(detail).toMatchObject({ code: 'journal-corrupt', got: 'not a record' });
    expect(detail.where?.row).toBe(before.trim().split('\n').length - 1);
    expect(readFileSync(journal(id), 'utf8')).toBe(before);
    truncateSync(journal(id), 0);
    expect(await codeOf((await bench.engine()).study(id))).toMatchObject({ code: 'journal-corrupt' });
  });
});

describe('what is wrong with a definition is told by its key', () => {
  it.each([
    [{ method: 'nothing' }, 'method-unknown', undefined],
    [{ space: {} }, 'space-invalid', 'space'],
    [{ space: { z: space.x } }, 'space-setting', 'z'],
    [{ space: { x: { ...space.x, high: 99 } } }, 'space-setting', 'x'],
    [{ settings: { x: 1 } }, 'study-invalid', 'x'],
    [{ settings: { steps: -1 } }, 'config-invalid', 'steps'],
    [{ settings: { nothing: 1 } }, 'config-unknown-key', 'nothing'],
    [{ trials: 0 }, 'study-invalid', 'trials'],
    [{ seeds: [1, 1] }, 'study-invalid', 'seeds'],
    [{ sampler: 'nothing' }, 'sampler-unknown', 'sampler'],
    [{ pruner: { kind: 'asha', options: { eta: 1 } } }, 'config-invalid', 'eta'],
    [{ objective: { metric: 'nothing' } }, 'study-invalid', 'objective.metric'],
    [{ objective: { metric: 'loss', direction: 'up' } }, 'study-invalid', 'objective.direction'],
    [{ launcher: 'nothing' }, 'study-invalid', 'launcher'],
    [{ colour: 'red' }, 'study-invalid', 'colour'],
  ])('%j', async (change, code, key) => {
    const detail = await codeOf(engine.createStudy(asked(change as Given)));
    expect(detail.code).toBe(code);
    if (key !== undefined) expect(detail.where?.key).toBe(key);
  });
});

it('is read again where another process went on with it, and two starts at once are one', async () => {
  const { id } = await run({ trials: 3 });
  const other = await bench.engine();
  await other.startStudy(id, 5);
  await other.waitForStudy(id);
  expect((await engine.study(id)).counts.complete).toBe(5);
  await Promise.all([
    engine.startStudy(id, 8),
    engine.startStudy(id, 8),
    engine.enqueueTrial(id, { x: 2, y: 0.1 }),
  ]);
  const { counts } = await engine.waitForStudy(id);
  expect(counts.complete).toBeGreaterThanOrEqual(8);
  const asks = lines(id).flatMap((line) => {
    const { op, trial } = JSON.parse(line) as { op: string; trial: number };
    return op === 'asked' ? [trial] : [];
  });
  expect(asks).toEqual(asks.map((_, at) => at));
});

it('“Sweep this” begins with ranges about the present settings', async () => {
  const definition = await engine.suggestStudy('bowl', {}, { x: 1, y: 0.1, steps: 5 });
  expect(definition).toMatchObject({
    space: {
      x: { type: 'float', low: -10, high: 10, scale: 'linear' },
      y: { type: 'float', low: 0.01, high: 1, scale: 'log' },
    },
    settings: { steps: 5 },
    objectives: [{ metric: 'loss', direction: 'minimize' }],
  });
  expect((await engine.createStudy(definition)).state).toBe('idle');
});

it('says when a pruner has nothing to look at', async () => {
  const objective = { metric: 'time', direction: 'minimize' };
  const blind = await run({ objective, pruner: 'median', trials: 2 });
  expect(blind.notices.join(' ')).toMatch(/no curve named time/);
  const seeing = await run({ objective: { ...objective, curve: 'loss' }, pruner: 'median', trials: 2 });
  expect(seeing.notices).toEqual([]);
});

it('a deleted study comes back', async () => {
  const { id } = await run({ trials: 1 });
  await engine.trashStudy(id);
  expect(await engine.listStudies()).toEqual([]);
  expect(await codeOf(engine.study(id))).toMatchObject({ code: 'journal-missing' });
  expect((await engine.restoreStudy(id)).counts.complete).toBe(1);
});

describe('trials that were run elsewhere', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const journalOf = async (id: string) => (await engine.exportStudy(id, 'optuna')).bytes;

  it('come as an Optuna journal, and the study goes on from them', async () => {
    const { id } = await run({ trials: 6, name: 'Bowl' });
    const file = await journalOf(id);
    const more = { method: 'bowl', trials: 8 } as Partial<StudyDefinition>;
    const study = await engine.importStudy('bowl.log', file, more);
    expect(study.counts.complete).toBe(6);
    expect((await engine.trial(study.id, 2)).origin).toBe('imported');
    await engine.startStudy(study.id);
    const done = await engine.waitForStudy(study.id);
    expect(done.counts.complete).toBe(8);
    const [before, after] = [await engine.trialColumns(id), await engine.trialColumns(study.id)];
    expect([...after.values[0]!.slice(0, 6)]).toEqual([...before.values[0]!]);
  });

  it('of no method here can be looked at, and not gone on with', async () => {
    const csv =
      'number,value,params_lr,params_act,state\n0,0.5,0.001,relu,COMPLETE\n1,inf,1.0,gelu,COMPLETE\n2,,0.1,gelu,FAIL\n';
    const study = await engine.importStudy('others.csv', bytes(csv), {});
    expect(study).toMatchObject({ state: 'done', counts: { complete: 1, diverged: 1, failed: 1 } });
    expect(study.definition.space).toEqual({
      lr: { type: 'float', low: 0.001, high: 1, scale: 'log' },
      act: { type: 'categorical', choices: ['relu', 'gelu'] },
    });
    expect(study.best).toMatchObject({ number: 0, values: [0.5] });
    expect(await codeOf(engine.startStudy(study.id))).toMatchObject({ code: 'method-unknown' });
    expect((await engine.listStudies()).map(({ id }) => id)).toContain(study.id);
  });

  it('come back from our own CSV', async () => {
    const { id } = await run({ trials: 4 });
    const { bytes: file } = await engine.exportStudy(id, 'csv');
    const objectives = [{ metric: 'loss', direction: 'minimize' as const }];
    const study = await engine.importStudy('ours.csv', file, { objectives });
    expect((await engine.trialColumns(study.id)).values).toEqual((await engine.trialColumns(id)).values);
  });

  it.each([
    ['{"op_code":77}\n', {}, 'optuna-journal-invalid'],
    ['a,b\n1,2\n', {}, 'trials-csv-invalid'],
    ['', {}, 'trials-csv-invalid'],
    ['lr,value\n1,high\n', {}, 'trials-csv-invalid'],
    ['lr,value\n0.1,1\n0.2,2\n', { method: 'bowl' }, 'space-setting'],
  ])('%j is refused', async (text, more, code) => {
    expect(await codeOf(engine.importStudy('a', bytes(text), more))).toMatchObject({ code });
  });
});
