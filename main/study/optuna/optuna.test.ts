/** @file Optuna's journal in and out; the file was written by Optuna 5 (bench/reference/study/journal.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { StudyDefinition } from '../../contract/study';
import { StudyHistory } from '../journal/history';
import { oneStudy, readOptuna, type ForeignStudy } from './read';
import { recordsOf } from './records';
import { writeOptuna } from './write';

const text = readFileSync(new URL('./testing/optuna-journal.txt', import.meta.url), 'utf8');
const studies = readOptuna(text, 'optuna.log');
const cells = oneStudy(studies, 'cells');

function historyOf({ name, space, directions, trials }: ForeignStudy): StudyHistory {
  const definition: StudyDefinition = {
    ...{ name, method: 'flows', data: {}, settings: {}, space, trials: trials.length, seeds: [0], seed: 0 },
    ...{ sampler: { kind: 'random', options: {} }, pruner: { kind: 'none', options: {} } },
    objectives: directions.map((direction, at) => ({ metric: `value ${at}`, direction })),
    launcher: { kind: 'local', options: {} },
  };
  const created = '2026-01-02T03:04:05.678Z';
  const history = new StudyHistory({ op: 'study', format: 1, id: 'a', created, definition });
  for (const record of recordsOf(trials, { first: 0, seed: 0, at: created })) history.apply(record);
  return history;
}

describe('a journal of Optuna 5', () => {
  it('gives its studies with their spaces, conditions told from the trials', () => {
    expect(studies.map(({ name, directions }) => [name, directions])).toEqual([
      ['cells', ['minimize']],
      ['pair', ['minimize', 'maximize']],
    ]);
    expect(cells.space).toEqual({
      rate: { type: 'float', low: 1e-4, high: 1, scale: 'log' },
      layers: { type: 'int', low: 1, high: 4, scale: 'linear' },
      width: { type: 'int', low: 8, high: 64, scale: 'linear', step: 8 },
      optimizer: { type: 'categorical', choices: ['adam', 'sgd', null, true, 3] },
      momentum: {
        ...{ type: 'float', low: 0, high: 0.9, scale: 'linear' },
        when: { key: 'optimizer', values: ['sgd'] },
      },
    });
    expect(studies[1]!.space).toEqual({ x: { type: 'float', low: 0, high: 1, scale: 'linear', step: 0.25 } });
  });

  it('gives points, curves with their infinities, states and what waits', () => {
    expect(cells.trials).toHaveLength(9);
    expect(cells.trials[0]).toMatchObject({
      ...{ state: 'complete', steps: [0, 1, 2, 3], reason: null },
      point: { rate: 0.01, layers: 2, width: 8, optimizer: 'sgd', momentum: 0.5 },
    });
    expect(cells.trials[0]!.values[0]).toBeCloseTo(0.1, 12);
    const pruned = cells.trials[3]!;
    expect(pruned.state).toBe('pruned');
    expect(pruned.reports.slice(4)).toEqual([Infinity, NaN]);
    // Optuna calls a value that is no number a failure.
    expect(cells.trials[4]!.state).toBe('failed');
    expect(cells.trials[8]).toMatchObject({ state: 'lost', point: { rate: 0.5 } });
    expect(cells.queue).toEqual([{ rate: 0.25, layers: 3 }]);
  });

  it('never gives an infinite value a number', () => {
    const [, pair] = studies;
    expect(pair!.trials.map(({ values }) => values)).toEqual([
      [1, null],
      [0.75, null],
      [0, null],
    ]);
  });

  it('comes back the same from a journal of ours', () => {
    const written = writeOptuna(historyOf(cells));
    expect(written).toContain('NaN');
    const [again] = readOptuna(written, 'ours.log');
    const plain = ({ point, state, values, steps, reports, reason }: ForeignStudy['trials'][number]) => ({
      ...{ point, state, values, steps, reports, reason },
    });
    expect(again!.trials.map(plain)).toEqual(cells.trials.map(plain));
    expect(again!.space).toEqual(cells.space);
  });
});

describe('what is no journal', () => {
  it.each([
    ['{"op_code":0,"study_name":"a","directions":[1]}\nnonsense\n', 2],
    ['[1]\n', 1],
    ['{"op_code":5,"trial_id":3,"param_name":"x"}\n', 1],
    ['{"op_code":77}\n', 1],
    ['{"op_code":0,"study_name":7}\n', 1],
  ])('%j is told by its row', (given, row) => {
    expect(() => readOptuna(given, 'a.log')).toThrow(
      expect.objectContaining({
        detail: expect.objectContaining({
          code: 'optuna-journal-invalid',
          where: { file: 'a.log', row },
        }) as object,
      }),
    );
  });

  it('leaves a torn last line out, and asks for the name among several studies', () => {
    expect(readOptuna(text.slice(0, -20), 'a.log')[1]!.trials[2]!.state).toBe('lost');
    expect(() => oneStudy(studies, undefined)).toThrow(
      expect.objectContaining({ code: 'optuna-study-missing' }),
    );
    expect(() => oneStudy(studies, 'other')).toThrow(
      expect.objectContaining({ code: 'optuna-study-missing' }),
    );
  });
});
