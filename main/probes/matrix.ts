/** @file From probes of every task to the matrix: AUCs with intervals and nulls, cosines, supports, geometry. Row-major [trained, tested]. */
import type { ProbeMatrix, ProbeScores } from '../contract/probes';
import {
  aucOf,
  centralInterval,
  permutedLabels,
  Ranked,
  stratifiedResamples,
  type Relabellings,
  type Resamples,
} from '../numerics/ranking';
import {
  correlationOf,
  cosineChance,
  cosineChanceAbsolute,
  cosineOf,
  jaccardChance,
  jaccardOf,
  overlapChance,
  overlapOf,
  pairs,
} from './geometry';
import type { LinearFamily } from './families';
import { supportSizes } from './families/lr-l1';
import { fitProbe, probeScores, type PlaceProbe, type ScoringProbe, type TaskRows } from './place';
import { silhouetteOf } from './silhouette';
import { drawn, halvesOf } from './splits';
import { scalerOf, standardised } from './standardise';

/** Items per task that silhouettes are computed on. */
const SILHOUETTE_ITEMS = 100;

/** What is drawn once per task and serves every cell of its column. */
export interface Draws {
  resamples: Resamples[];
  relabellings: Relabellings[];
}

/** Over the test items of each task. */
export function drawsOf(
  tasks: readonly Pick<TaskRows, 'name' | 'labels' | 'split'>[],
  { bootstrap, permutations, seed }: { bootstrap: number; permutations: number; seed: number },
): Draws {
  return {
    resamples: tasks.map((task) => stratifiedResamples(testLabels(task), bootstrap, seed, task.name)),
    relabellings: tasks.map((task) => permutedLabels(testLabels(task), permutations, seed, task.name)),
  };
}

type Aucs = Pick<ProbeMatrix, 'auc' | 'nullLow' | 'nullHigh' | 'meetsNull' | 'accuracy'>;

/** From scores [trained][tested] of the test items; above 0 means true. Rows of null and what needs draws stay NaN without. */
export function aucMatrix(
  scores: readonly (readonly ArrayLike<number>[] | null)[],
  tasks: readonly Pick<TaskRows, 'labels' | 'split'>[],
  draws: Draws | null,
): Aucs {
  const count = tasks.length;
  const empty = () => new Float64Array(count * count).fill(NaN);
  const out = {
    ...{ auc: { values: empty(), low: empty(), high: empty() }, nullLow: empty(), nullHigh: empty() },
    ...{ meetsNull: new Uint8Array(count * count), accuracy: empty() },
  };
  for (const [i, row] of scores.entries())
    for (const [j, found] of (row ?? []).entries()) {
      const at = i * count + j;
      const truth = testLabels(tasks[j]!);
      out.accuracy[at] =
        truth.reduce((sum, label, k) => sum + Number(found[k]! > 0 === (label === 1)), 0) / truth.length;
      if (!draws) {
        out.auc.values[at] = aucOf(found, truth);
        continue;
      }
      const interval = aucInterval(found, truth, draws.resamples[j]!, draws.relabellings[j]!);
      out.auc.values[at] = interval.auc;
      out.auc.low[at] = interval.low;
      out.auc.high[at] = interval.high;
      out.nullLow[at] = interval.nullLow;
      out.nullHigh[at] = interval.nullHigh;
      out.meetsNull[at] = Number(interval.low <= interval.nullHigh && interval.high >= interval.nullLow);
    }
  return out;
}

/** Truth of a task's test items. */
export function testLabels({ labels, split }: Pick<TaskRows, 'labels' | 'split'>): Uint8Array {
  return Uint8Array.from(split.test, (item) => labels[item]!);
}

/** AUC with its bootstrap interval and the central 95 % under permuted labels. */
export function aucInterval(
  scores: ArrayLike<number>,
  labels: Uint8Array,
  resamples: Resamples,
  relabellings: Relabellings,
): { auc: number; low: number; high: number; nullLow: number; nullHigh: number } {
  const ranked = new Ranked(scores, labels);
  const [low, high] = centralInterval(resamples.draws, (draw) => ranked.resampled(resamples, draw));
  const [nullLow, nullHigh] = centralInterval(relabellings.draws, (draw) =>
    ranked.relabelled(relabellings, draw),
  );
  return { auc: ranked.area(), low, high, nullLow, nullHigh };
}

/** Scores of every task's test items by every probe. */
export function allScores(
  probes: readonly (ScoringProbe | null)[],
  tasks: readonly TaskRows[],
  scores: ProbeScores,
): (Float64Array[] | null)[] {
  return probes.map(
    (probe, i) =>
      probe && tasks.map((task, j) => probeScores(probe, task, task.split.test, { own: i === j, scores })),
  );
}

/** Cosines of directions under three inner products, NaN where there is no probe, with two halves of every task as the reference. */
export function cosinesOf(
  family: LinearFamily,
  probes: readonly (PlaceProbe | null)[],
  tasks: readonly TaskRows[],
  seed: number,
  halved = true,
): NonNullable<ProbeMatrix['cosine']> {
  const count = tasks.length;
  const width = tasks[0]!.rows.columns;
  const test = (probe: PlaceProbe, task: TaskRows) =>
    probeScores(probe, task, task.split.test, { own: false, scores: 'raw' });
  const byTask = tasks.map((task) => probes.map((probe) => probe && test(probe, task)));
  const empty = () => new Float64Array(count).fill(NaN);
  const halves = { plain: empty(), standardised: empty(), mahalanobis: empty(), auc: empty() };
  for (const [k, task] of tasks.entries()) {
    const whole = probes[k];
    if (!whole || !halved) continue;
    // The setting of the whole is kept: a search would choose another strength for half as many items.
    const { strength } = whole;
    const [a, b] = halvesOf(task.split.train, task, seed).map((items) =>
      fitProbe(family, task, { items, ...(Number.isNaN(strength) ? {} : { strength }) }),
    ) as [PlaceProbe, PlaceProbe];
    halves.plain[k] = cosineOf(a.score.direction, b.score.direction);
    halves.standardised[k] = cosineOf(a.weights, b.weights);
    const [left, right] = [test(a, task), test(b, task)];
    halves.mahalanobis[k] = correlationOf(left, right);
    const truth = testLabels(task);
    halves.auc[k] = (aucOf(left, truth) + aucOf(right, truth)) / 2;
  }
  return {
    plain: ofBoth(probes, (a, b) => cosineOf(a.score.direction, b.score.direction)),
    standardised: ofBoth(probes, (a, b) => cosineOf(a.weights, b.weights)),
    mahalanobis: pairs(count, (i, j) => {
      const [a, b] = [byTask[j]![i], byTask[j]![j]];
      return a && b ? correlationOf(a, b) : NaN;
    }),
    halves,
    chance: cosineChance(width),
    chanceAbsolute: cosineChanceAbsolute(width),
  };
}

/** A measure of every two probes, NaN where one is missing. */
function ofBoth(
  probes: readonly (PlaceProbe | null)[],
  measure: (a: PlaceProbe, b: PlaceProbe) => number,
): Float64Array {
  return pairs(probes.length, (i, j) => {
    const [a, b] = [probes[i], probes[j]];
    return a && b ? measure(a, b) : NaN;
  });
}

/** Overlaps of supports at every size below the width. */
export function supportsOf(probes: readonly (PlaceProbe | null)[], width: number): ProbeMatrix['supports'] {
  return supportSizes
    .filter((size) => size < width)
    .map((size) => {
      const of = (measure: (a: Int32Array, b: Int32Array) => number) =>
        ofBoth(probes, (a, b) => measure(a.supports.get(size)!, b.supports.get(size)!));
      return {
        size,
        jaccard: of(jaccardOf),
        overlap: of(overlapOf),
        jaccardChance: jaccardChance(size, width),
        overlapChance: overlapChance(size, width),
      };
    });
}

/** Whether items lie by task or by label, on units standardised over all tasks; some items of each task's test part stand for all. */
export function geometryOf(tasks: readonly TaskRows[], seed: number): ProbeMatrix['geometry'] {
  const columns = tasks[0]!.rows.columns;
  const chosen = tasks.map(({ name, split }) =>
    drawn(split.test, SILHOUETTE_ITEMS, seed, `probes.silhouette.${name}`),
  );
  const count = chosen.reduce((sum, items) => sum + items.length, 0);
  const data = new Float32Array(count * columns);
  const [byTask, byLabel] = [new Uint32Array(count), new Uint8Array(count)];
  let row = 0;
  for (const [k, items] of chosen.entries())
    for (const item of items) {
      const { rows, labels } = tasks[k]!;
      data.set(rows.data.subarray(item * columns, (item + 1) * columns), row * columns);
      byTask[row] = k;
      byLabel[row] = labels[item]!;
      row += 1;
    }
  const all = { data, rows: count, columns };
  const every = [...byTask.keys()];
  const values = standardised(all, every, scalerOf(all, every));
  return {
    silhouetteByTask: silhouetteOf(values, columns, byTask),
    silhouetteByLabel: silhouetteOf(values, columns, byLabel),
  };
}

/** [T, T] 1 where two tasks share at least half of the groups of the one that has fewer. */
export function siblingsOf(tasks: readonly Pick<TaskRows, 'groups'>[]): Uint8Array {
  const sets = tasks.map(({ groups }) => new Set(groups));
  return Uint8Array.from(
    pairs(sets.length, (i, j) => {
      const [small, large] = sets[i]!.size < sets[j]!.size ? [sets[i]!, sets[j]!] : [sets[j]!, sets[i]!];
      const shared = [...small].filter((group) => large.has(group)).length;
      return i !== j && shared >= small.size / 2 ? 1 : 0;
    }),
  );
}
