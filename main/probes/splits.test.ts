/** @file Splits: groups stay together, both labels everywhere, tasks about the same things keep the same ones for testing. */
import { describe, expect, it } from 'vitest';
import { balancedSplit, halvesOf, keptItems, splitByGroup, type Split } from './splits';
import { refusalOf } from './tasks';

/** Facts about cities: each true once and false once. */
const cities = Array.from({ length: 200 }, (_, item) => ({ label: item % 2, group: `city ${item >> 1}` }));
const labels = cities.map(({ label }) => label);
const groups = cities.map(({ group }) => group);
const groupsIn = (items: ArrayLike<number>) => new Set(Array.from(items, (item) => groups[item]!));
const parts = ({ train, validation, test }: Split) => [train, validation, test];

describe('a split', () => {
  const split = splitByGroup({ labels, groups }, 3);

  it('is 60/20/20, with every item once and no group in two parts', () => {
    expect(parts(split).map(({ length }) => length)).toEqual([120, 40, 40]);
    expect(new Set(parts(split).flatMap((part) => [...part])).size).toBe(200);
    const [train, validation, test] = parts(split).map(groupsIn);
    expect([...train!].some((group) => validation!.has(group) || test!.has(group))).toBe(false);
  });

  it('is the same for a seed, another for another, and the same for the negated task', () => {
    expect(splitByGroup({ labels, groups }, 3)).toEqual(split);
    expect(splitByGroup({ labels, groups }, 4)).not.toEqual(split);
    const negated = labels.map((label) => 1 - label);
    expect(splitByGroup({ labels: negated, groups }, 3)).toEqual(split);
  });

  it('deals out groups of one label, and few groups of many sizes, to every part', () => {
    const alone = splitByGroup({ labels, groups: groups.map((_, item) => `${item}`) }, 0);
    for (const part of parts(alone)) {
      const ones = part.reduce((sum, item) => sum + labels[item]!, 0);
      expect(Math.abs(ones - part.length / 2)).toBeLessThanOrEqual(1);
    }
    const sizes = groups.map((_, item) => `size ${Math.floor(Math.sqrt(item))}`);
    for (const part of parts(splitByGroup({ labels, groups: sizes }, 0)))
      expect(part.length).toBeGreaterThan(10);
  });

  it('is balanced by leaving out what there is too much of', () => {
    const skewed = labels.map((_, item) => Number(item % 5 === 0));
    const split = balancedSplit(splitByGroup({ labels: skewed, groups }, 1), skewed, 1);
    for (const part of parts(split)) {
      expect(part.reduce((sum, item) => sum + skewed[item]!, 0)).toBe(part.length / 2);
      expect(part.length).toBeGreaterThan(0);
    }
  });

  it('halves by group', () => {
    const [a, b] = halvesOf(split.train, { groups }, 0);
    expect(a.length + b.length).toBe(120);
    expect(Math.abs(a.length - b.length)).toBeLessThanOrEqual(2);
    expect([...groupsIn(a)].some((group) => groupsIn(b).has(group))).toBe(false);
  });
});

describe('items that are kept', () => {
  it('are whole groups where there are many, and some of each where there are few', () => {
    const kept = keptItems({ groups }, 50, 0);
    expect(kept.length).toBe(50);
    expect(groupsIn(kept).size).toBe(25);
    const few = groups.map((_, item) => `number ${item % 4}`);
    const some = keptItems({ groups: few }, 50, 0);
    expect(new Set(Array.from(some, (item) => few[item]!)).size).toBe(4);
    expect(some.length).toBe(48);
    expect(keptItems({ groups }, 500, 0).length).toBe(200);
  });
});

describe('a task', () => {
  const of = (ones: number, zeros: number) =>
    refusalOf([...Array<number>(ones).fill(1), ...Array<number>(zeros).fill(0)]);

  it('is refused with too few of a kind, or a base rate outside 10 to 90 %', () => {
    expect(of(100, 100)).toBeNull();
    expect(of(99, 300)).toMatchObject({ code: 'task-too-few' });
    expect(of(20, 980)).toMatchObject({
      code: 'task-base-rate',
      reason: expect.stringContaining('2 %') as string,
    });
    expect(of(950, 50)).toMatchObject({ code: 'task-base-rate' });
    expect(of(0, 0)).toMatchObject({ code: 'task-too-few' });
  });
});
