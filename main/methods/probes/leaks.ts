/** @file Statements that one task learns from and another is tested on: their cell of the matrix tells of memory, not of transfer. */
import type { RunItems } from './items';

/** A share of test items below this moves an AUC by less than its interval is wide. */
const LEAST_SHARE = 0.05;
/** Tasks that share more of their texts than this are one task. */
const TWIN_SHARE = 0.5;
/** A notice names so many pairs at most. */
const MOST_NAMED = 3;

/** Of a pair of tasks, how many items of the test split one of them learned from. */
export interface Leak {
  learns: string;
  tested: string;
  shared: number;
  of: number;
}

/** All pairs of tasks with test texts, a twentieth and more, that the first learns from, by their share, the largest first; case and spaces do not count. */
export function leaksOf({ tasks }: Pick<RunItems, 'tasks'>): Leak[] {
  const plain = tasks.map(({ items }) => items.map(({ text }) => plainText(text)));
  const learned = tasks.map(
    ({ split }, k) => new Set([...split.train, ...split.validation].map((item) => plain[k]![item]!)),
  );
  const leaks = tasks.flatMap(({ name: tested, split: { test } }, k) =>
    tasks.flatMap(({ name: learns }, other): Leak[] => {
      const shared = test.filter((item) => learned[other]!.has(plain[k]![item]!)).length;
      return shared >= LEAST_SHARE * test.length && shared > 0
        ? [{ learns, tested, shared, of: test.length }]
        : [];
    }),
  );
  return leaks.sort((a, b) => b.shared / b.of - a.shared / a.of);
}

/** Pairs of tasks most of whose texts are the same, by what the smaller one has: their cell is no transfer, however it is split. */
export function twinsOf({ tasks }: Pick<RunItems, 'tasks'>): [one: string, other: string][] {
  const plain = tasks.map(({ items }) => new Set(items.map(({ text }) => plainText(text))));
  return plain.flatMap((texts, k) =>
    plain.slice(0, k).flatMap((others, other): [string, string][] => {
      const shared = [...texts].filter((text) => others.has(text)).length;
      const twins = shared > TWIN_SHARE * Math.min(texts.size, others.size);
      return twins ? [[tasks[other]!.name, tasks[k]!.name]] : [];
    }),
  );
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
