/** @file The unit browser against a made-up run: order, steps, the line, and what the histogram shows. */
import { describe, expect, it } from 'vitest';
import type { AskRows } from '../../../main/rpc/contract';
import { histogramScene } from './scene';
import { UnitsState } from './units.svelte';

const four = (...values: number[]): Float64Array => Float64Array.from(values);

function made() {
  const asked: Record<string, unknown>[] = [];
  const ask = (async (name: string, args: Record<string, unknown>) => {
    asked.push({ question: name, ...args });
    if (name === 'sources')
      return {
        sources: [],
        columns: [{ name: 'label', codes: new Int32Array(0), names: ['a', 'b'] }],
        hasLabel: true,
      };
    if (name === 'units')
      return {
        ...{ rows: 10, units: 4, maximum: four(1, 4, NaN, 4), mean: four(0, 0, 0, 0) },
        ...{ kurtosis: four(9, 1, 2, 3), auroc: args.groups ? four(0.1, 0.2, 0.9, 0.4) : null },
      };
    if (name === 'topRows') return { rows: [], total: 3, line: 2.5 };
    return { histogram: { edges: four(0, 1, 2), counts: Uint32Array.of(5, 5) }, to: null, from: null };
  }) as unknown as AskRows;
  return { units: new UnitsState(ask), asked };
}

describe('UnitsState', () => {
  it('orders units by the statistic, ties by number and NaN last, and steps through them', async () => {
    const { units } = made();
    await units.begin('mlp_act:1');
    expect([...units.order]).toEqual([1, 3, 0, 2]);
    expect(units.shown).toBe(1);
    units.step(1);
    expect(units.shown).toBe(3);
    units.step(99);
    expect(units.shown).toBe(2);
    units.sortBy('kurtosis');
    expect(units.shown).toBe(0);
    units.goTo(3);
    expect(units.shown).toBe(3);
    // From a unit that was named the arrows go on in the order.
    units.step(1);
    expect(units.shown).toBe(2);
    units.goTo(4);
    expect(units.shown).toBe(2);
  });

  it('lists the rows above the line, which stands at the 100th until it is moved', async () => {
    const { units, asked } = made();
    await units.begin('mlp_act:1');
    await units.list(1, units.line);
    expect(units.at).toBe(2.5);
    expect(asked.at(-1)).toMatchObject({ question: 'topRows', unit: 1, least: null, rank: 100 });
    units.line = 1.25;
    await units.list(1, units.line);
    expect(units.at).toBe(1.25);
    expect(asked.at(-1)).toMatchObject({ least: 1.25 });
    units.step(1);
    expect(units.line).toBeNull();
  });

  it('compares a class with the rest, and sorts by nothing that is gone', async () => {
    const { units, asked } = made();
    await units.begin('mlp_act:1');
    units.compare({ to: 1, from: null });
    await expect.poll(() => units.table?.auroc).toBeTruthy();
    expect(asked.at(-1)).toMatchObject({ question: 'units', groups: { to: 1, from: null } });
    units.sortBy('auroc');
    expect(units.shown).toBe(2);
    units.compare(null);
    expect(units.sort).toBe('maximum');
  });
});

describe('histogramScene', () => {
  const histogram = { edges: four(0, 1, 2, 3), counts: Uint32Array.of(100, 10, 1) };

  it('parts the bars at the line, every row in one of them', () => {
    const { marks, y } = histogramScene({ title: 'Unit 1', subtitle: '', histogram, groups: null, line: 1 });
    const heights = marks.map((mark) => (mark.kind === 'bins' ? [...mark.heights] : []));
    expect(heights).toEqual([
      [100, 0, 0],
      [0, 10, 1],
    ]);
    expect(y.scale).toBe('log');
    expect(y.domain[0]).toBeLessThan(1);
  });

  it('draws two classes as outlines', () => {
    const groups = {
      to: Uint32Array.of(1, 2, 0),
      from: Uint32Array.of(99, 8, 1),
      names: ['place', 'the rest'] as [string, string],
    };
    const { marks } = histogramScene({ title: 'Unit 1', subtitle: '', histogram, groups, line: 1 });
    expect(marks.map(({ label }) => label)).toEqual(['place', 'the rest']);
    expect(marks.every((mark) => mark.kind === 'bins' && mark.outline)).toBe(true);
  });
});
