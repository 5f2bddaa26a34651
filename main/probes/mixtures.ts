/** @file Whether other tasks together tell what a task's own probe tells: mixtures of tasks, of directions, of probes by nearness. */
import type { Intervals, ProbeMixtures, ProbeScores } from '../contract/probes';
import { choleskyFactor, solveFactored } from '../numerics/cholesky';
import { cosineOf, unitVector } from './geometry';
import type { LinearFamily } from './families';
import { aucInterval, type Draws } from './matrix';
import { fitProbe, probeScores, type PlaceProbe, type TaskRows } from './place';
import { drawn } from './splits';
import { scalerOf, scoresOf, standardised } from './standardise';

/** Training items of all other tasks together. */
const UNION_ITEMS = 2000;

type Told = Omit<ProbeMixtures, 'family' | 'block' | 'position'>;

/** Needs three tasks: of two there is nothing to mix. Null with fewer. */
export function mixturesOf(
  family: LinearFamily,
  probes: readonly PlaceProbe[],
  tasks: readonly TaskRows[],
  draws: Draws,
  { seed, scores }: { seed: number; scores: ProbeScores },
): Told | null {
  const count = tasks.length;
  if (count < 3) return null;
  const empty = () => new Float64Array(count).fill(NaN);
  const intervals = (): Intervals => ({ values: empty(), low: empty(), high: empty() });
  const out = {
    ...{ own: intervals(), union: intervals(), mean: intervals(), gate: intervals(), oracle: intervals() },
    ...{ r2: empty(), angle: empty(), r2NonNegative: empty() },
  };
  for (const [target, task] of tasks.entries()) {
    const truth = Uint8Array.from(task.split.test, (item) => task.labels[item]!);
    const put = (into: Intervals, found: ArrayLike<number>) => {
      const { auc, low, high } = aucInterval(
        found,
        truth,
        draws.resamples[target]!,
        draws.relabellings[target]!,
      );
      [into.values[target], into.low[target], into.high[target]] = [auc, low, high];
    };
    const others = tasks.map((_, k) => k).filter((k) => k !== target);
    const { test } = task.split;
    put(out.own, probeScores(probes[target]!, task, test, { own: true, scores }));
    const union = unionOf(
      others.map((k) => tasks[k]!),
      seed,
    );
    const joint = fitProbe(family, union);
    put(out.union, probeScores(joint, task, test, { own: false, scores }));
    const directions = others.map((k) => unitVector(probes[k]!.score.direction));
    put(
      out.mean,
      scoresOf(task.rows, test, {
        direction: combined(
          directions,
          others.map(() => 1),
        ),
        offset: 0,
      }),
    );
    put(out.gate, gateScores(target, probes, tasks, scores));
    const own = unitVector(probes[target]!.score.direction);
    const free = combinationOf(directions, own);
    put(out.oracle, scoresOf(task.rows, test, { direction: free, offset: 0 }));
    const cosine = cosineOf(free, own);
    out.r2[target] = cosine ** 2;
    out.angle[target] = (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
    const positive = nonNegativeCombinationOf(directions, own);
    out.r2NonNegative[target] = Math.max(0, cosineOf(positive, own)) ** 2;
  }
  const width = tasks[0]!.rows.columns;
  return { tasks: tasks.map(({ name }) => name), ...out, r2Chance: (count - 1) / width };
}

/** The training and validation items of several tasks as one, equally many of each. */
function unionOf(tasks: readonly TaskRows[], seed: number): Pick<TaskRows, 'rows' | 'labels' | 'split'> {
  const columns = tasks[0]!.rows.columns;
  const parts = (['train', 'validation'] as const).map((part) => {
    const least = Math.min(...tasks.map(({ split }) => split[part].length));
    const each = Math.min(least, Math.floor(UNION_ITEMS / tasks.length));
    return tasks.flatMap((task) =>
      Array.from(drawn(task.split[part], each, seed, `probes.union.${part}.${task.name}`), (item) => ({
        task,
        item,
      })),
    );
  });
  const all = parts.flat();
  const data = new Float32Array(all.length * columns);
  all.forEach(({ task, item }, row) =>
    data.set(task.rows.data.subarray(item * columns, (item + 1) * columns), row * columns),
  );
  const ids = Uint32Array.from(all.keys());
  const [train] = parts;
  return {
    rows: { data, rows: all.length, columns },
    labels: Uint8Array.from(all, ({ task, item }) => task.labels[item]!),
    split: {
      train: ids.subarray(0, train!.length),
      validation: ids.subarray(train!.length),
      test: new Uint32Array(0),
    },
  };
}

/** Scores of the other probes, each on the scale of its own task, weighted by a softmax of how near the item lies to their tasks. */
function gateScores(
  target: number,
  probes: readonly PlaceProbe[],
  tasks: readonly TaskRows[],
  scores: ProbeScores,
): Float64Array {
  const task = tasks[target]!;
  const { test } = task.split;
  const others = tasks.map((_, k) => k).filter((k) => k !== target);
  const found = others.map((k) => {
    const own = probeScores(probes[k]!, tasks[k]!, tasks[k]!.split.train, { own: false, scores: 'raw' });
    const deviation = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0) / own.length) || 1;
    return probeScores(probes[k]!, task, test, { own: false, scores }).map((value) => value / deviation);
  });
  const near = others.map((k) => {
    const { columns } = task.rows;
    const values = standardised(task.rows, test, scalerOf(tasks[k]!.rows, tasks[k]!.split.train));
    // Mean square distance per unit: a unit that never varied there tells nothing.
    return Float64Array.from(test, (_, row) => {
      let sum = 0;
      for (let unit = row * columns; unit < (row + 1) * columns; unit++) sum += values[unit]! ** 2;
      return -sum / columns;
    });
  });
  return Float64Array.from(test, (_, row) => {
    const most = Math.max(...near.map((values) => values[row]!));
    const weights = near.map((values) => Math.exp(values[row]! - most));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return found.reduce((sum, values, k) => sum + (weights[k]! / total) * values[row]!, 0);
  });
}

function combined(vectors: readonly Float64Array[], weights: readonly number[]): Float64Array {
  return vectors[0]!.map((_, k) => vectors.reduce((sum, vector, i) => sum + weights[i]! * vector[k]!, 0));
}

/** The combination of vectors that is nearest to `aim` (least squares). */
export function combinationOf(vectors: readonly Float64Array[], aim: Float64Array): Float64Array {
  const m = vectors.length;
  const { gram, along } = productsOf(vectors, aim);
  for (let k = 0; k < m; k++) gram[k * m + k]! += 1e-12;
  const factor = choleskyFactor(gram, m)!;
  return combined(vectors, [...solveFactored(factor, m, along)]);
}

/** The same with weights of at least 0, by coordinate descent. */
export function nonNegativeCombinationOf(vectors: readonly Float64Array[], aim: Float64Array): Float64Array {
  const m = vectors.length;
  const { gram, along } = productsOf(vectors, aim);
  const weights = new Float64Array(m);
  for (let sweep = 0; sweep < 500; sweep++)
    for (let k = 0; k < m; k++) {
      let rest = along[k]!;
      for (let j = 0; j < m; j++) if (j !== k) rest -= gram[k * m + j]! * weights[j]!;
      weights[k] = Math.max(0, rest / (gram[k * m + k]! || 1));
    }
  return combined(vectors, [...weights]);
}

function productsOf(vectors: readonly Float64Array[], aim: Float64Array) {
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  return {
    gram: Float64Array.from(vectors.flatMap((a) => vectors.map((b) => dot(a, b)))),
    along: Float64Array.from(vectors, (vector) => dot(vector, aim)),
  };
}
