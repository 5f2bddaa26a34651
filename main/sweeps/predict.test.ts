/** @file A rate predicted from a study of made-up trials: it moves as it was made to, and where nothing can be said nothing is. */
import { expect, it } from 'vitest';
import { errorDetail } from '../../native-models/error';
import type { StudyDefinition } from '../contract/study';
import { StudyHistory } from '../study/journal/history';
import { predicted } from './predict';

const RATES = [-9, -8, -7, -6, -5].map((power) => 2 ** power);
const WIDTHS = [64, 128, 256];

/** Losses of a bowl whose lowest rate falls by `move` octaves a doubling; `sign` −1 for an objective that is maximized. */
function study(move: number, direction: 'minimize' | 'maximize' = 'minimize'): StudyHistory {
  const definition: StudyDefinition = {
    ...{ name: 'Made up', method: 'transfer', data: {}, settings: {}, trials: 15, seeds: [0, 1], seed: 0 },
    space: {
      width: { type: 'categorical', choices: WIDTHS },
      learningRate: { type: 'categorical', choices: RATES },
      rule: { type: 'categorical', choices: ['sp'] },
    },
    ...{ sampler: { kind: 'grid', options: {} }, pruner: { kind: 'none', options: {} } },
    objectives: [{ metric: 'validation.loss', direction }],
    launcher: { kind: 'local', options: {} },
  };
  const history = new StudyHistory({ op: 'study', format: 1, id: 'a', created: '', definition });
  const sign = direction === 'minimize' ? 1 : -1;
  WIDTHS.forEach((width, doubling) =>
    RATES.forEach((learningRate) => {
      const trial = history.trials.length;
      history.apply({ op: 'asked', trial, point: { width, learningRate, rule: 'sp' }, origin: 'sampler' });
      const diverges = width === 256 && learningRate === RATES.at(-1);
      for (const seed of definition.seeds) {
        const at = -7 + move * doubling + 0.05 * seed;
        const value = sign * (2 - 0.1 * doubling + 0.1 * (Math.log2(learningRate) - at) ** 2);
        const common = { trial, seed, at: '' };
        history.apply({ op: 'attempt', ...common, attempt: 1, launcher: 'local', handle: null, run: '' });
        history.apply({
          ...{
            op: 'attempt-ended',
            ...common,
            state: diverges ? 'diverged' : 'complete',
            values: diverges ? [] : [value],
          },
          ...{ reason: null, error: null, host: null, seconds: 1, steps: 1 },
        });
      }
      const state = diverges ? 'diverged' : 'complete';
      history.apply({ op: 'ended', trial, state, values: [null], reason: null, at: '' });
    }),
  );
  return history;
}

const request = { axis: 'width', rate: 'learningRate', at: 1024 };

it.each(['minimize', 'maximize'] as const)('goes on along the line of the optima, %s', (direction) => {
  const found = predicted(study(-0.5, direction), request);
  expect(found.moves!.slope).toBeCloseTo(-0.5, 6);
  expect(Math.log2(found.prediction!.rate)).toBeCloseTo(-7 + 0.025 - 0.5 * 4, 6);
  const [low, high] = found.prediction!.interval;
  expect(low).toBeLessThanOrEqual(found.prediction!.rate);
  expect(high).toBeGreaterThanOrEqual(found.prediction!.rate);
  expect(Math.abs(found.prediction!.value)).toBeCloseTo(1.6, 2);
  expect(found.prediction).toMatchObject({ from: WIDTHS, octavesBeyond: 2, lineSeen: true });
  expect(found.optima.map(({ drift }) => Math.round(100 * drift!) / 100)).toEqual([0, -0.5, -1]);
});

it('says which rates to add where optima lie at the ends of the grid', () => {
  const found = predicted(study(-3), request);
  expect(found.prediction).toBeNull();
  expect(found.optima[1]!.why).toMatch(/lowest at the smallest rate; try 0\.00098/);
  expect(found.try).toContainEqual({ scale: 128, rate: 2 ** -10 });
});

it('refuses what is no scale', () => {
  const codeOf = (change: object) => {
    try {
      predicted(study(0), { ...request, ...change });
    } catch (error) {
      return errorDetail(error);
    }
    return null;
  };
  expect(codeOf({ axis: 'depth' })).toMatchObject({ code: 'predict-unsuitable', where: { key: 'depth' } });
  expect(codeOf({ axis: 'rule' })).toMatchObject({ code: 'predict-unsuitable', where: { key: 'rule' } });
  expect(codeOf({ at: 0 })).toMatchObject({ code: 'predict-unsuitable' });
});
