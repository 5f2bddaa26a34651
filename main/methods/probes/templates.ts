/** @file Statements of one form: what varies between them is replaced, so that errors can be counted by template. */
import type { RunItem } from './items';

/** Words that are in more of a task's texts than this are part of its form. */
const COMMON = 0.1;

/** The form of each item's text: words that few texts share become …. */
export function templateOf(items: readonly Pick<RunItem, 'text'>[]): string[] {
  const words = items.map(({ text }) => text.split(/\s+/));
  const counts = new Map<string, number>();
  for (const list of words) for (const word of new Set(list)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return words.map((list) =>
    list
      .map((word) => (counts.get(word)! > COMMON * items.length ? word : '…'))
      .filter((word, k, all) => word !== '…' || all[k - 1] !== '…')
      .join(' '),
  );
}
