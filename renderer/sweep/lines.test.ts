/** @file Columns of a study as lines: what has no value has no place, brushes select, and a large study says what it leaves out. */
import { describe, expect, it } from 'vitest';
import type { StudySummary, TrialColumns } from '../../main/rpc/contract';
import { insideBrushes, linesOf, scaleKeys, shownOf } from './lines';

const summary = {
  definition: {
    space: {
      rate: { type: 'float', low: 1e-3, high: 1, scale: 'log' },
      coupling: { type: 'categorical', choices: ['independent', 'sinkhorn'] },
    },
    objectives: [{ metric: 'loss', direction: 'minimize' }],
  },
  best: { number: 1 },
} as unknown as StudySummary;

/** Four trials: complete twice, diverged, pruned. */
const columns: TrialColumns = {
  ...{ revision: 1, states: Uint8Array.of(2, 2, 4, 3), reasons: [], spread: new Float64Array(4) },
  values: [Float64Array.of(2, 1, NaN, NaN)],
  ...{ lastValues: Float64Array.of(2.1, 1.1, 9, 5), lastSteps: Uint32Array.of(10, 10, 4, 5) },
  seconds: new Float64Array(4),
  points: [
    { key: 'rate', values: Float64Array.of(0.01, 0.1, 1, 0.5) },
    { key: 'coupling', values: Float64Array.of(0, 1, NaN, 1) },
  ],
};

describe('lines', () => {
  const lines = linesOf(summary, columns);

  it('have an axis a setting and the objective last, the better end up', () => {
    expect(lines.axes.map(({ key, scale }) => [key, scale])).toEqual([
      ['rate', 'log'],
      ['coupling', 'choices'],
      ['loss', 'linear'],
    ]);
    expect(lines.axes[2]!.inverted).toBe(true);
  });

  it('give a pruned trial its value so far and a diverged one none', () => {
    expect([...lines.values[2]!]).toEqual([2, 1, NaN, 5]);
    expect(lines.kinds).toEqual(['complete', 'complete', 'diverged', 'pruned']);
    expect([...lines.ranks]).toEqual([1, 0, NaN, NaN]);
  });

  it('are selected by brushes; who does not have a setting is outside of its brush', () => {
    const inside = (brushes: Parameters<typeof insideBrushes>[1]) =>
      [0, 1, 2, 3].filter(insideBrushes(lines, brushes));
    expect(inside({})).toEqual([0, 1, 2, 3]);
    expect(inside({ rate: { low: 0.05, high: 1 } })).toEqual([1, 2, 3]);
    expect(inside({ rate: { low: 0.05, high: 1 }, coupling: { low: 0, high: 1 } })).toEqual([1, 3]);
  });

  it('of a large study are thinned evenly, the best one kept', () => {
    const many = 20_001;
    const filled = (value: number) => new Float64Array(many).fill(value);
    const large = linesOf({ ...summary, best: { number: 19_999 } } as StudySummary, {
      ...columns,
      states: new Uint8Array(many).fill(2),
      values: [filled(1)],
      lastValues: filled(1),
      points: [{ key: 'rate', values: filled(0.1) }],
    });
    const all = shownOf(large, () => true);
    expect(all.length).toBeLessThan(2100);
    expect(all).toContain(19_999);
    // The few that a brush leaves are all drawn, above what is outside.
    const few = shownOf(large, (trial) => trial % 5000 === 1);
    expect([1, 5001, 10_001, 15_001].every((trial) => few.includes(trial))).toBe(true);
    expect(large.kinds).toHaveLength(many);
  });
});

it('rates and scales are told apart by their names and kinds', () => {
  expect(
    scaleKeys({
      width: { type: 'categorical', choices: [64, 128] },
      learningRate: { type: 'float', low: 1e-3, high: 1, scale: 'log' },
      rule: { type: 'categorical', choices: ['sp', 'mup'] },
    }),
  ).toMatchObject({ rates: ['learningRate', 'width'], axes: ['width'], next: { width: 512 } });
});
