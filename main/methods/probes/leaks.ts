/** @file Statements that one task learns from and another is tested on: their cell of the matrix tells of memory, not of transfer. */
import type { RunItems } from './items';

/** A notice names so many pairs at most. */
const MOST_NAMED = 3;

/** Of a pair of tasks, how many items of the test split one of them learned from. */
export interface Leak {
  learns: string;
  tested: string;
  shared: number;
  of: number;
}

/** All pairs of tasks with a test text that the first learns from, by their share, the largest first; case and spaces do not count. */
export function leaksOf({ tasks }: Pick<RunItems, 'tasks'>): Leak[] {
  const plain = tasks.map(({ items }) => items.map(({ text }) => plainText(text)));
  const learned = tasks.map(
    ({ split }, k) => new Set([...split.train, ...split.validation].map((item) => plain[k]![item]!)),
  );
  const leaks = tasks.flatMap(({ name: tested, split: { test } }, k) =>
    tasks.flatMap(({ name: learns }, other): Leak[] => {
      const shared = test.filter((item) => learned[other]!.has(plain[k]![item]!)).length;
      return shared > 0 ? [{ learns, tested, shared, of: test.length }] : [];
    }),
  );
  return leaks.sort((a, b) => b.shared / b.of - a.shared / a.of);
}

/** One sentence about them; null where there is none. */
export function leakNotice(leaks: readonly Leak[]): string | null {
  if (leaks.length === 0) return null;
  const named = leaks
    .slice(0, MOST_NAMED)
    .map(({ learns, tested, shared, of }) => `${learns} → ${tested} (${shared} of ${of} test items)`);
  const more = leaks.length - named.length;
  return `Some test items are texts that the probe learned from, which tells of memory and not of transfer: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

function plainText(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
