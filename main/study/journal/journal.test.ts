/** @file A journal on the disk: cut at any record and read again, every sampler asks for what it asked for the first time. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../../native-models';
import type { Point, SamplerKind, StudyDefinition, TrialState } from '../../contract/study';
import { createSampler, SAMPLERS } from '../samplers/registry';
import { readSpace } from '../space/read';
import { StudyHistory } from './history';
import { JournalWriter, readJournal } from './journal';
import { encodeRecord, type JournalRecord } from './records';

const folder = mkdtempSync(join(tmpdir(), 'monge-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = '2026-01-02T03:04:05.678Z';
const space = readSpace({
  rate: { type: 'float', low: 1e-4, high: 1, log: true },
  layers: { type: 'int', low: 1, high: 4 },
  optimizer: { type: 'categorical', choices: ['adam', 'sgd'] },
  momentum: { type: 'float', low: 0, high: 0.9, step: 0.3, when: { key: 'optimizer', values: ['sgd'] } },
});
const narrower = readSpace({ ...space, rate: { type: 'float', low: 1e-3, high: 1, log: true } });

const definitionOf = (kind: SamplerKind, trials: number): StudyDefinition => ({
  ...{ name: 'Any', method: 'flows', data: {}, settings: {}, space, trials, seeds: [0], seed: 3 },
  ...{ sampler: { kind, options: {} }, pruner: { kind: 'none', options: {} } },
  ...{ objectives: [{ metric: 'score', direction: 'maximize' }], launcher: { kind: 'local', options: {} } },
});

/** What is known after some records: the history, and a sampler that has heard all of it. */
function opened(records: readonly JournalRecord[]) {
  const [first, ...rest] = records;
  const history = new StudyHistory(first!);
  const { definition } = history;
  const sampler = createSampler(definition.sampler, {
    space,
    seed: definition.seed,
    trials: definition.trials,
  });
  const apply = (record: JournalRecord) => {
    for (const event of history.apply(record)) sampler.tell(event);
  };
  rest.forEach(apply);
  return { history, sampler, apply };
}

/** The records of a study with so many trials at once, some of which diverge, fail or are pruned; one point is enqueued. */
function lived(kind: SamplerKind, workers: number, trials: number): JournalRecord[] {
  const chance = stream(workers, 'study.journal.life');
  const below = (bound: number) => chance.integers(new Int32Array(1), bound)[0]!;
  const definition = definitionOf(kind, trials);
  const records: JournalRecord[] = [{ op: 'study', format: 1, id: 'a', created: at, definition }];
  const { history, sampler, apply } = opened(records);
  const write = (record: JournalRecord) => {
    records.push(record);
    apply(record);
  };
  const running: { trial: number; point: Point; step: number }[] = [];
  while (history.trials.length < trials || running.length > 0) {
    const trial = history.trials.length;
    if (trial < trials && running.length < workers && below(2) === 0) {
      if (trial === trials >> 1 && history.space !== narrower) write({ op: 'space', space: narrower, at });
      if (trial === 5) write({ op: 'enqueued', point: { rate: 0.01, layers: 2, optimizer: 'adam' }, at });
      const [queued] = history.queue;
      const point = queued ?? sampler.ask(trial);
      // A grid of few points is at its end.
      if (!point) break;
      write({ op: 'asked', trial, point, origin: queued ? 'enqueued' : 'sampler' });
      write({ op: 'attempt', trial, seed: 0, attempt: 1, launcher: 'local', handle: null, run: 'r', at });
      running.push({ trial, point, step: 0 });
    } else if (running.length > 0) {
      const place = below(running.length);
      const one = running[place]!;
      const value = -((Math.log10(one.point.rate as number) + 2) ** 2) - (one.point.layers as number);
      if (below(2) === 0) {
        write({
          op: 'report',
          trial: one.trial,
          seed: 0,
          step: (one.step += 10),
          value: value - 1 / one.step,
        });
        continue;
      }
      running.splice(place, 1);
      const ends: TrialState[] = ['complete', 'complete', 'complete', 'diverged', 'failed', 'pruned'];
      const state = ends[below(ends.length)]!;
      const values = state === 'complete' || (state === 'pruned' && one.step > 0) ? [value] : [null];
      write({
        ...{ op: 'attempt-ended', trial: one.trial, seed: 0, state, values, reason: null, error: null },
        ...{ host: null, seconds: 1, steps: one.step, at },
      });
      write({ op: 'ended', trial: one.trial, state, values, reason: null, at });
    }
  }
  return records;
}

describe.each(Object.keys(SAMPLERS) as SamplerKind[])('%s', (kind) => {
  it.each([1, 4])('asks the same again after a death at any record, with %d at once', async (workers) => {
    const records = lived(kind, workers, 30);
    const lines = records.map(encodeRecord);
    const path = join(folder, `${kind}-${workers}.jsonl`);
    let asks = 0;
    for (let cut = 1; cut < records.length; cut++) {
      const next = records[cut]!;
      if (next.op !== 'asked' || next.origin !== 'sampler') continue;
      asks++;
      // It died in the middle of writing what it had asked for.
      writeFileSync(path, lines.slice(0, cut).join('') + lines[cut]!.slice(0, 20));
      const read = await readJournal(path);
      expect(read.torn).toBe(true);
      expect(opened(read.records).sampler.ask(next.trial)).toEqual(next.point);
    }
    expect(asks).toBeGreaterThan(20);
  });
});

describe('the file', () => {
  const first: JournalRecord = {
    op: 'study',
    format: 1,
    id: 'a',
    created: at,
    definition: definitionOf('random', 2),
  };

  it('keeps what was appended, numbers that JSON lacks too, and loses only a torn last line', async () => {
    const path = join(folder, 'torn.jsonl');
    const writer = await JournalWriter.create(path, first);
    const reports = [NaN, Infinity, -Infinity, 0.1 + 0.2].map((value, step): JournalRecord => ({
      op: 'report',
      trial: 0,
      seed: 0,
      step,
      value,
    }));
    await Promise.all(reports.map((report) => writer.append(report)));
    await writer.close();
    appendFileSync(path, '{"op":"rep');
    const read = await readJournal(path);
    expect(read).toMatchObject({ torn: true, records: [first, ...reports] });
    const again = await JournalWriter.open(path, read);
    await again.append({ op: 'planned', trials: 9, at });
    await again.close();
    expect((await readJournal(path)).records.at(-1)).toEqual({ op: 'planned', trials: 9, at });
    await expect(JournalWriter.create(path, first)).rejects.toMatchObject({ code: 'journal-exists' });
  });

  it.each(['nonsense', '[]', 'null', '{"op":"dance"}', '{"op":"report","value":"high"}', ''])(
    'with the line %j in its middle is refused by its row and left as it is',
    async (line) => {
      const path = join(folder, 'corrupt.jsonl');
      const text = `${encodeRecord(first)}${line}\n${encodeRecord({ op: 'planned', trials: 9, at })}`;
      writeFileSync(path, text);
      await expect(readJournal(path)).rejects.toMatchObject({
        code: 'journal-corrupt',
        detail: { where: { file: path, row: 2 } },
      });
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('of 50,000 trials is read and followed in under two seconds', async () => {
    const path = join(folder, 'large.jsonl');
    const records: JournalRecord[] = [first];
    for (let trial = 0; trial < 50_000; trial++)
      records.push(
        { op: 'asked', trial, point: { rate: 0.1, layers: 1, optimizer: 'adam' }, origin: 'sampler' },
        { op: 'attempt', trial, seed: 0, attempt: 1, launcher: 'local', handle: null, run: 'r', at },
        {
          ...{ op: 'attempt-ended', trial, seed: 0, state: 'complete', values: [trial], reason: null },
          ...{ error: null, host: null, seconds: 1, steps: 9, at },
        },
        { op: 'ended', trial, state: 'complete', values: [trial], reason: null, at },
      );
    writeFileSync(path, records.map(encodeRecord).join(''));
    const started = performance.now();
    const read = await readJournal(path);
    const history = new StudyHistory(read.records[0]!);
    for (const record of read.records.slice(1)) history.apply(record);
    const took = performance.now() - started;
    expect(history.trials).toHaveLength(50_000);
    expect(took).toBeLessThan(2000);
  });
});
