/** @file Which items of a task train, validate and test a probe: whole groups together, stratified by their labels, balanced, the same for a seed. */
import { stream } from '../../native-models';

/** Numbers of items, ascending. */
export interface Split {
  train: Uint32Array;
  validation: Uint32Array;
  test: Uint32Array;
}

export interface SplitItems {
  /** 0 or 1. */
  labels: ArrayLike<number>;
  /** Items of one group are never apart. */
  groups: readonly string[];
}

const SHARES = [0.6, 0.8] as const;

/**
 * 60/20/20 by group. Groups are ordered by a number that follows from the seed and the group's name alone, within those of
 * true items, of false ones and of both, so that tasks about the same things (a statement and its negation) keep the same of them for testing:
 * else a probe of one would be tested on what it was trained on in the other.
 */
export function splitByGroup({ labels, groups }: SplitItems, seed: number): Split {
  const members = membersOf(groups);
  const order = [...members]
    .map(([name, items]) => ({ items, name, place: placeOf(seed, name) }))
    .sort((a, b) => a.place - b.place || a.name.localeCompare(b.name, 'en'));
  const parts: [number[], number[], number[]] = [[], [], []];
  // Groups of one label alone are dealt out label by label, so that every part has its share of both.
  for (const kind of byLabel(order, labels)) {
    const total = kind.reduce((sum, { items }) => sum + items.length, 0);
    let before = 0;
    for (const { items } of kind) {
      const middle = (before + items.length / 2) / total;
      const part = parts[middle < SHARES[0] ? 0 : middle < SHARES[1] ? 1 : 2];
      for (const item of items) part.push(item);
      before += items.length;
    }
  }
  const [train, validation, test] = parts.map((items) => Uint32Array.from(items).sort());
  return { train: train!, validation: validation!, test: test! };
}

/** Items by their group. */
export function membersOf(groups: readonly string[]): Map<string, number[]> {
  const members = new Map<string, number[]>();
  for (const [item, group] of groups.entries()) {
    const list = members.get(group);
    if (list) list.push(item);
    else members.set(group, [item]);
  }
  return members;
}

function byLabel<G extends { items: number[] }>(groups: readonly G[], labels: ArrayLike<number>): G[][] {
  const kinds = new Map<number, G[]>();
  for (const group of groups) {
    const share = group.items.every((item) => labels[item] === 1)
      ? 1
      : group.items.every((item) => labels[item] === 0)
        ? 0
        : 0.5;
    const list = kinds.get(share);
    if (list) list.push(group);
    else kinds.set(share, [group]);
  }
  return [...kinds].sort(([a], [b]) => a - b).map(([, list]) => list);
}

/** A number of 0 to 1 for a name. */
function placeOf(seed: number, name: string): number {
  return stream(seed, `probes.group.${name}`).uniform(new Float32Array(1))[0]!;
}

/** Fewer groups than this share of the items that are kept are too few to leave any out. */
const FEW_GROUPS = 0.2;

/**
 * At most `count` of the items: whole groups, in an order that follows from the seed and their names; of few large groups some
 * items of each, so that enough groups are left to split. All where there are no more.
 */
export function keptItems({ groups }: Pick<SplitItems, 'groups'>, count: number, seed: number): Uint32Array {
  if (groups.length <= count) return Uint32Array.from(groups.keys());
  const members = membersOf(groups);
  const kept: number[] = [];
  if (members.size < FEW_GROUPS * count) {
    for (const [name, items] of members) {
      const share = Math.max(1, Math.floor((count * items.length) / groups.length));
      for (const item of drawn(Uint32Array.from(items), share, seed, `probes.kept.${name}`)) kept.push(item);
    }
  } else {
    const order = [...members]
      .map(([name, items]) => ({ items, name, place: placeOf(seed + 1, name) }))
      .sort((a, b) => a.place - b.place || a.name.localeCompare(b.name, 'en'));
    for (const { items } of order)
      if (kept.length + items.length <= count) for (const item of items) kept.push(item);
  }
  return Uint32Array.from(kept).sort();
}

/** The split with as many ones as zeros in each part: what there is too much of is left out, drawn by the seed. */
export function balancedSplit(split: Split, labels: ArrayLike<number>, seed: number): Split {
  const balanced = (items: Uint32Array, part: number) => {
    const ones = items.filter((item) => labels[item] === 1);
    const zeros = items.filter((item) => labels[item] === 0);
    const count = Math.min(ones.length, zeros.length);
    const kept = [ones, zeros].flatMap((list, label) => [
      ...drawn(list, count, seed, `probes.balance.${part}.${label}`),
    ]);
    return Uint32Array.from(kept).sort();
  };
  const { train, validation, test } = split;
  return { train: balanced(train, 0), validation: balanced(validation, 1), test: balanced(test, 2) };
}

/** `count` of the items without repetition, in the order of the draw. */
export function drawn(items: Uint32Array, count: number, seed: number, name: string): Uint32Array {
  if (count >= items.length) return items;
  const places = stream(seed, name).uniform(new Float32Array(items.length));
  const order = Uint32Array.from(items.keys()).sort((a, b) => places[a]! - places[b]! || a - b);
  return order.subarray(0, count).map((at) => items[at]!);
}

/** Two halves of the items by group, of about equal size. */
export function halvesOf(
  items: Uint32Array,
  { groups }: Pick<SplitItems, 'groups'>,
  seed: number,
): [Uint32Array, Uint32Array] {
  const names = [...new Set(Array.from(items, (item) => groups[item]!))].sort(
    (a, b) => placeOf(seed + 2, a) - placeOf(seed + 2, b) || a.localeCompare(b, 'en'),
  );
  const side = new Map(names.map((name, k) => [name, k % 2]));
  return [
    items.filter((item) => side.get(groups[item]!) === 0),
    items.filter((item) => side.get(groups[item]!) === 1),
  ];
}
