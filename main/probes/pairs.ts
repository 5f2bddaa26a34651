/** @file Statements of which one is true and the other false: a statement and its negation in another task, or two of one group. */
import { stream } from '../../native-models';
import type { RowMatrix } from '../contract/projection';
import { denseRows } from '../numerics/rows-operator';
import { membersOf, type Split } from './splits';
import { scalerOf, standardised, type PairRows, type Scaler } from './standardise';

/** Share of matched statements whose labels are opposite: two tasks that merely share things have about half. */
const OPPOSITE = 0.9;
/** Share of a task's statements, or groups, that must be in pairs. */
const COVERED = 0.5;
/** Fewest pairs to search on. */
const FEWEST = 10;
/** In larger groups everything is like everything. */
const LARGEST_GROUP = 20;

/** Items of a task and what contradicts each. */
export interface Pairs {
  /** Number of the task that has the others; the task's own number for pairs within. */
  with: number;
  /** Numbers of items, [own, other]; a pair within the task stands once, its sides drawn by the seed. */
  items: [own: number, other: number][];
}

/** What pairing needs of a task. */
export interface PairedTask {
  texts: readonly string[];
  labels: ArrayLike<number>;
  groups: readonly string[];
}

/**
 * The pairs of task `own` among all: those with the task that has the most of them, else those within its own groups of two.
 * Statements are matched by their group and the words they share; labels are looked at only to see that what was matched
 * contradicts. Null where there are too few.
 */
export function pairsOf(tasks: readonly PairedTask[], own: number, seed: number): Pairs | null {
  const task = tasks[own]!;
  const found = tasks.flatMap((other, k) => {
    const items = k === own ? withinGroups(task, seed) : matched(task, other);
    const opposite = items.filter(([a, b]) => task.labels[a] !== other.labels[b]);
    const covered = (k === own ? 2 : 1) * opposite.length >= COVERED * task.texts.length;
    const holds = opposite.length >= OPPOSITE * items.length && opposite.length >= FEWEST && covered;
    return holds ? [{ with: k, items: opposite }] : [];
  });
  const others = found.filter((pairs) => pairs.with !== own);
  const most = (list: readonly Pairs[]) =>
    list.reduce<Pairs | null>(
      (best, one) => (best && best.items.length >= one.items.length ? best : one),
      null,
    );
  return most(others) ?? most(found);
}

/** Both statements of every group that has two. Which comes first must not tell which is true: files often list true ones first. */
function withinGroups({ groups }: PairedTask, seed: number): [number, number][] {
  const members = membersOf(groups);
  const random = stream(seed, 'probes.pairs').uniform(new Float32Array(members.size));
  return [...members.values()].flatMap((items, k): [number, number][] => {
    const [a, b] = items;
    if (items.length !== 2) return [];
    return [random[k]! < 0.5 ? [a!, b!] : [b!, a!]];
  });
}

/** Within every group of both, pairs of the statements that share the most words, each used once. */
function matched(task: PairedTask, other: PairedTask): [number, number][] {
  const theirs = membersOf(other.groups);
  const words = (text: string) => new Set(text.toLowerCase().split(/\s+/));
  return [...membersOf(task.groups)].flatMap(([group, items]): [number, number][] => {
    const candidates = theirs.get(group);
    if (!candidates || candidates.length > LARGEST_GROUP || items.length > LARGEST_GROUP) return [];
    const sets = candidates.map((item) => words(other.texts[item]!));
    const all = items.flatMap((item) => {
      const mine = words(task.texts[item]!);
      return candidates.map((candidate, k) => {
        const shared = [...mine].filter((word) => sets[k]!.has(word)).length;
        return { item, candidate, likeness: shared / (mine.size + sets[k]!.size - shared) };
      });
    });
    all.sort((a, b) => b.likeness - a.likeness || a.item - b.item || a.candidate - b.candidate);
    const [used, taken] = [new Set<number>(), new Set<number>()];
    return all.flatMap(({ item, candidate, likeness }): [number, number][] => {
      // The same text is no contradiction.
      if (likeness === 1 || used.has(item) || taken.has(candidate)) return [];
      used.add(item);
      taken.add(candidate);
      return [[item, candidate]];
    });
  });
}

/** A task's pairs at one place, with the activations of what contradicts. */
export interface PlacedPairs {
  /** Of the other task, or the own ones. */
  rows: RowMatrix;
  train: [own: number, other: number][];
  validation: [own: number, other: number][];
}

/** Those of which both statements are in the same part; null where fewer than ten are left to train on. */
export function placedPairs(
  pairs: Pairs,
  own: Split,
  other: { rows: RowMatrix; split: Split },
): PlacedPairs | null {
  const part = (name: 'train' | 'validation') => {
    const [mine, theirs] = [new Set(own[name]), new Set(other.split[name])];
    return pairs.items.filter(([a, b]) => mine.has(a) && theirs.has(b));
  };
  const train = part('train');
  return train.length >= FEWEST ? { rows: other.rows, train, validation: part('validation') } : null;
}

/** Pairs on the scale of the own task, each side less its own mean, so that the words that negate tell nothing. */
export function pairRows(
  rows: RowMatrix,
  other: RowMatrix,
  pairs: readonly (readonly [number, number])[],
  scaler: Scaler,
): PairRows {
  const side = (matrix: RowMatrix, items: number[]) => {
    const { mean } = scalerOf(matrix, items);
    return denseRows(standardised(matrix, items, { ...scaler, mean }), matrix.columns);
  };
  return {
    plus: side(
      rows,
      pairs.map(([own]) => own),
    ),
    minus: side(
      other,
      pairs.map(([, item]) => item),
    ),
  };
}
