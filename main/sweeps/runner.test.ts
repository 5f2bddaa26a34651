/** @file The runner over attempts that are made up: pruning, seeds, several workers, and that a journal brings all of it back. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import type { StudyDefinition } from '../contract/study';
import { StudyHistory } from '../study/journal/history';
import type { JournalRecord } from '../study/journal/records';
import { createPruner } from '../study/pruners/registry';
import { createSampler, SAMPLERS } from '../study/samplers/registry';
import type { AttemptEnd, AttemptWork, Executor } from './executor';
import { StudyRunner } from './runner';

const LENGTH = 100;

const definition = (change: Partial<StudyDefinition>): StudyDefinition => ({
  ...{ name: 'Made up', method: 'bowl', data: {}, settings: {}, trials: 30, seeds: [0], seed: 3 },
  space: {
    x: { type: 'float', low: -5, high: 5, scale: 'linear' },
    y: { type: 'float', low: 1e-3, high: 1, scale: 'log' },
  },
  sampler: { kind: 'random', options: {} },
  pruner: { kind: 'none', options: {} },
  objectives: [{ metric: 'loss', direction: 'minimize' }],
  launcher: { kind: 'local', options: {} },
  ...change,
});

/** The loss of a point at a step; beyond x = 4 it leaves the numbers half-way. */
const lossAt = ({ config, seed }: AttemptWork, step: number) =>
  (Number(config.x) - 2) ** 2 + (Math.log10(Number(config.y)) + 1) ** 2 + 5 / step + 0.01 * seed;

/** Attempts that report at 20 steps, in an order that only depends on the journal. */
function madeUp(slots: number, seen: AttemptWork[] = []): Executor {
  return {
    ...{ kind: 'local', slots, close: async () => undefined },
    async start(work, _curve, hear) {
      seen.push(work);
      let stopped = false;
      const end = (state: AttemptEnd['state'], loss?: number): AttemptEnd => ({
        ...{ state, metrics: loss === undefined ? {} : { loss }, error: null, seconds: 1, host: null },
      });
      const go = async () => {
        for (let step = 5; step <= LENGTH; step += 5) {
          await new Promise((resolve) => setImmediate(resolve));
          if (stopped) return end('cancelled');
          if (Number(work.config.x) > 4 && step > LENGTH / 2) return end('diverged');
          hear(step, lossAt(work, step), LENGTH);
        }
        await new Promise((resolve) => setImmediate(resolve));
        return end('complete', lossAt(work, LENGTH));
      };
      return {
        run: `run-${work.trial}-${work.seed}`,
        handle: null,
        ended: go(),
        stop: () => void (stopped = true),
      };
    },
  };
}

/** A study in memory: its records, and a way to work on it from any of them. */
function study(given: StudyDefinition, records: readonly JournalRecord[] = []) {
  const first: JournalRecord = { op: 'study', format: 1, id: 'a', created: '', definition: given };
  const history = new StudyHistory(first);
  const { space, seed, trials } = given;
  const sampler = createSampler(given.sampler, { space, seed, trials });
  const log: JournalRecord[] = [];
  const take = (record: JournalRecord) => {
    log.push(record);
    for (const event of history.apply(record)) sampler.tell(event);
  };
  records.forEach(take);
  const open = (executor: Executor) =>
    new StudyRunner({
      ...{ history, sampler, executor, pruner: createPruner(given.pruner), now: () => new Date(0) },
      write: async (record) => {
        await Promise.resolve();
        take(record);
      },
    });
  return { history, sampler, log, open };
}

describe('pruning', () => {
  it('ends bad trials at rungs and says their rank; the best trial is never among them', async () => {
    const all = study(definition({}));
    await all.open(madeUp(1)).run();
    const pruned = study(definition({ pruner: { kind: 'asha', options: { grace: 0.1 } } }));
    await pruned.open(madeUp(1)).run();
    const { trials } = pruned.history;
    const ended = trials.filter(({ state }) => state === 'pruned');
    expect(ended.length).toBeGreaterThan(10);
    expect(ended.every(({ reason }) => /^rung \d+: rank \d+ of \d+$/.test(reason!))).toBe(true);
    // What it ended at is its last value, never a final one.
    expect(ended[0]!.values[0]).toBeCloseTo([...ended[0]!.seeds.values()][0]!.reports.at(-1)!, 12);
    const best = (of: StudyHistory) =>
      of.trials.filter(({ state }) => state === 'complete').sort((a, b) => a.values[0]! - b.values[0]!)[0]!;
    expect(best(pruned.history).number).toBe(best(all.history).number);
  });

  it.each(['median', 'percentile', 'patience', 'threshold'])('by %s ends some and not all', async (kind) => {
    const options: Record<string, Record<string, number>> = {
      threshold: { upper: 8 },
      patience: { patience: 0.1, leastGain: 0.02 },
    };
    const { open, history } = study(
      definition({ pruner: { kind: kind as 'median', options: options[kind] ?? {} } }),
    );
    await open(madeUp(1)).run();
    const count = history.trials.filter(({ state }) => state === 'pruned').length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(30);
  });

  it('knows which way is better', async () => {
    const turned = definition({
      objectives: [{ metric: 'loss', direction: 'maximize' }],
      pruner: { kind: 'asha', options: { grace: 0.1 } },
    });
    const { open, history } = study(turned);
    await open(madeUp(1)).run();
    const mean = (state: string) => {
      const values = history.trials.flatMap((one) => (one.state === state ? [one.values[0]!] : []));
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(mean('complete')).toBeGreaterThan(mean('pruned'));
  });
});

describe('seeds and workers', () => {
  it('runs every seed of a point, and ends it with the first that diverges', async () => {
    const seen: AttemptWork[] = [];
    const { open, history } = study(definition({ seeds: [0, 1, 2], trials: 20 }));
    await open(madeUp(4, seen)).run();
    for (const { state, seeds, values } of history.trials) {
      expect(['complete', 'diverged']).toContain(state);
      if (state === 'complete') expect(seeds.size).toBe(3);
      else expect(values).toEqual([null]);
    }
    expect(history.trials.some(({ state }) => state === 'diverged')).toBe(true);
    const [first] = history.trials.filter(({ state }) => state === 'complete');
    const each = [...first!.seeds.values()].map(({ values }) => values[0]!);
    expect(first!.values[0]).toBeCloseTo((each[0]! + each[1]! + each[2]!) / 3, 12);
    expect(seen.length).toBeLessThanOrEqual(60);
  });

  it('never has more at a time than there are slots', async () => {
    let [now, most] = [0, 0];
    const executor = madeUp(4);
    const counted: Executor = {
      ...executor,
      async start(work, curve, hear) {
        most = Math.max(most, ++now);
        const running = await executor.start(work, curve, hear);
        return { ...running, ended: running.ended.finally(() => (now -= 1)) };
      },
    };
    await study(definition({})).open(counted).run();
    expect(most).toBe(4);
  });
});

/** One place of a journal, not the same for every sampler. */
const cuts = (count: number, seed: number) =>
  [...stream(seed, 'runner.cuts').integers(new Int32Array(12), count)].sort((a, b) => a - b);

describe.each(Object.keys(SAMPLERS))('%s', (kind) => {
  it.each([1, 4])('after a death at any record asks what it would have asked, %s workers', async (slots) => {
    const given = definition({
      ...{ sampler: { kind: kind as 'random', options: {} }, trials: 16 },
      pruner: { kind: 'asha', options: { grace: 0.1 } },
      ...(kind === 'grid' && {
        space: {
          x: { type: 'int', low: -8, high: 8, scale: 'linear' },
          y: { type: 'categorical', choices: [0.1, 1] },
        },
      }),
    });
    const whole = study(given);
    await whole.open(madeUp(slots)).run();
    const asks = whole.log.flatMap((record, at) => (record.op === 'asked' ? [{ at, record }] : []));
    expect(asks.length).toBe(16);
    // At every ask the records before it, and nothing else, give the same point.
    for (const { at, record } of asks)
      expect(study(given, whole.log.slice(0, at)).sampler.ask(record.trial)).toEqual(record.point);
    for (const cut of cuts(whole.log.length, slots)) {
      const before = whole.log.slice(0, cut);
      const again = study(given, before);
      const finished = again.history.trials.filter(
        ({ state }) => state === 'complete' || state === 'diverged',
      );
      const seen: AttemptWork[] = [];
      await again.open(madeUp(slots, seen)).run();
      expect(again.history.trials).toHaveLength(16);
      // Nothing that had ended was run again.
      const numbers = new Set(seen.map(({ trial }) => trial));
      for (const { number } of finished) expect(numbers.has(number)).toBe(false);
    }
  });
});
