/** @file Statements and what contradicts them: found by words and groups, refused where they only share things. */
import { describe, expect, it } from 'vitest';
import { pairsOf, type PairedTask } from './pairs';

const CITIES = Array.from({ length: 20 }, (_, k) => [`City${k}`, `Land${k}`, `Land${(k + 7) % 20}`] as const);

/** Two statements a city, the true one first, as files often are. */
function cities(says: string, truth: (right: boolean) => number, shift = 0): PairedTask {
  const rows = CITIES.flatMap(([city, right, wrong]) => [
    { text: `The city of ${city} ${says} ${right}.`, label: truth(true), group: city },
    { text: `The city of ${city} ${says} ${wrong}.`, label: truth(false), group: city },
  ]);
  const turned = [...rows.slice(shift), ...rows.slice(0, shift)];
  return {
    texts: turned.map(({ text }) => text),
    labels: turned.map(({ label }) => label),
    groups: turned.map(({ group }) => group),
  };
}

const affirmed = cities('is in', Number);
const negated = cities('is not in', (right) => Number(!right), 9);

describe('pairs', () => {
  it('of a statement and its negation in another task, whatever the order of either file', () => {
    const pairs = pairsOf([affirmed, negated], 0, 1)!;
    expect(pairs.with).toBe(1);
    expect(pairs.items).toHaveLength(40);
    for (const [own, other] of pairs.items)
      expect(negated.texts[other]).toBe(affirmed.texts[own]!.replace(' is in ', ' is not in '));
  });

  it('within a task, whose sides do not tell which is true', () => {
    const pairs = pairsOf([affirmed], 0, 1)!;
    expect(pairs).toMatchObject({ with: 0 });
    expect(pairs.items).toHaveLength(20);
    const firstTrue = pairs.items.filter(([first]) => affirmed.labels[first] === 1).length;
    expect(firstTrue).toBeGreaterThan(3);
    expect(firstTrue).toBeLessThan(17);
    expect(pairsOf([affirmed], 0, 1)).toEqual(pairs);
  });

  it('are none where two tasks share things and do not contradict, or where groups are of other sizes', () => {
    const same = cities('lies in', Number, 4);
    expect(pairsOf([affirmed, same], 0, 1)).toMatchObject({ with: 0 });
    const alone: PairedTask = { ...affirmed, groups: affirmed.texts };
    expect(pairsOf([alone], 0, 1)).toBeNull();
    const all: PairedTask = { ...affirmed, groups: affirmed.texts.map(() => 'one') };
    expect(pairsOf([all, { ...negated, groups: all.groups }], 0, 1)).toBeNull();
  });
});
