/**
 * @file Pairing data with classes: one plan over all rows, one per class, or one with a penalty between classes.
 *
 * A class can be asked for from any noise only if noise and class of a pair are independent. With one joint plan they
 * are not: the plan sends each region of the noise to the classes that lie there, so a flow told the class is trained
 * on a part of the noise only (a known bias of optimal-transport pairs for conditional generation; C2OT). Dealing the
 * noise out to the classes before pairing keeps them independent.
 */
import { stream } from '../../../../native-models';
import type { FlowsConfig } from '../config';
import { gatherRows } from '../../../numerics/gather';
import { centre } from '../../../numerics/points';
import { costDeviation } from '../../../transport/scale';
import type { CloudCoupler, CloudsToPair, PairedClouds } from './clouds';
import { plainReport, reportNumbers, type PairData, type PoolReport } from './coupling';

/** Pairs a pool whose second cloud is the given rows; the same pool number always deals the same classes. Null when stopped. */
export function pairConditionally(
  plain: CloudCoupler,
  clouds: CloudsToPair,
  { labels, classes, training }: Pick<PairData, 'labels' | 'classes' | 'training'>,
  { conditionCoupling, conditionWeight }: Pick<FlowsConfig, 'conditionCoupling' | 'conditionWeight'>,
  { seed, pool, rows }: { seed: number; pool: number; rows: Int32Array },
): Promise<PairedClouds | null> {
  if (conditionCoupling === 'joint') return plain(clouds);
  const classOf = rows.map((row) => labels![row]!);
  if (conditionCoupling === 'per-class') return perClass(plain, clouds, membersByClass(classOf, classes));
  const drawn = drawClasses(labels!, training, seed, pool, rows.length);
  return weighted(plain, clouds, drawn, classOf, classes, conditionWeight);
}

/** [count] classes drawn from their frequencies among the training rows, for the source points of a pool. */
export function drawClasses(
  labels: Int32Array,
  training: Int32Array,
  seed: number,
  pool: number,
  count: number,
): Int32Array {
  return stream(seed, 'flows.pool.class', pool)
    .integers(new Int32Array(count), training.length)
    .map((k) => labels[training[k]!]!);
}

/**
 * Each class is paired with as many source points as it has rows. Rows come in random order, so source point k may
 * simply take the class of row k: that is the random deal, in exact proportion.
 */
async function perClass(plain: CloudCoupler, clouds: CloudsToPair, membersOf: readonly number[][]) {
  const { x, y, dimension, label } = clouds;
  const count = x.length / dimension;
  const [columns, indices] = [new Int32Array(count), new Int32Array(count)];
  const parts: { share: number; paired: PairedClouds }[] = [];
  for (const [code, members] of membersOf.entries()) {
    if (members.length === 0) continue;
    const [left, right] = [gatherRows(x, dimension, members), gatherRows(y, dimension, members)];
    // Rows that are all the same leave no choice, and no scale for ε.
    const paired = allEqual(right, dimension)
      ? { columns: Int32Array.from(members.keys()), report: plainReport(1) }
      : await plain({ ...clouds, x: left, y: right, label: `${label}.class.${code}` });
    if (!paired) return null;
    paired.columns.forEach((column, k) => {
      columns[members[k]!] = members[column]!;
      indices[members[k]!] = members[paired.indices?.[k] ?? k]!;
    });
    parts.push({ share: members.length / count, paired });
  }
  const mean = (of: (report: PoolReport) => number) =>
    parts.reduce((sum, { share, paired }) => sum + share * of(paired.report), 0);
  const metrics = new Set(parts.flatMap(({ paired }) => Object.keys(paired.report.metrics)));
  return {
    columns,
    ...(parts.some(({ paired }) => paired.indices) ? { indices } : {}),
    report: {
      ...reportNumbers((name) => mean((report) => report[name])),
      converged: parts.every(({ paired }) => paired.report.converged),
      metrics: Object.fromEntries(
        [...metrics].map((name) => [name, mean((report) => report.metrics[name] ?? 0)]),
      ),
    },
  };
}

/**
 * Raises the cost between different classes by `weight`·σ, σ being the standard deviation of the cost alone: with
 * a² = weight·σ and the one-hot codes a·e_c appended to both clouds, −x·y − a²·[c = c'] differs from
 * −x·y + weight·σ·[c ≠ c'] by a constant. The appended part would also count towards the deviation that ε is relative
 * to, so ε is scaled back by the ratio of the deviation without it to the one with it.
 */
async function weighted(
  plain: CloudCoupler,
  clouds: CloudsToPair,
  left: Int32Array,
  right: Int32Array,
  classes: number,
  weight: number,
): Promise<PairedClouds | null> {
  const { x, y, dimension } = clouds;
  const deviation = costDeviation(centre(x, dimension), centre(y, dimension), dimension);
  const height = Math.sqrt(weight * deviation);
  // Without spread the plain coupling has its own answer.
  if (height === 0) return plain(clouds);
  const wide = dimension + classes;
  const a = withOneHot(x, dimension, left, classes, height);
  const b = withOneHot(y, dimension, right, classes, height);
  const scale = deviation / costDeviation(centre(a, wide), centre(b, wide), wide);
  return plain({ ...clouds, x: a, y: b, dimension: wide, scale });
}

/** [n, dimension + classes] the points with `height` at the place of their class. */
export function withOneHot(
  points: Float32Array,
  dimension: number,
  classOf: Int32Array,
  classes: number,
  height: number,
): Float32Array {
  const wide = dimension + classes;
  const out = new Float32Array(classOf.length * wide);
  for (let k = 0; k < classOf.length; k++) {
    out.set(points.subarray(k * dimension, (k + 1) * dimension), k * wide);
    out[k * wide + dimension + classOf[k]!] = height;
  }
  return out;
}

/** The positions of each class, ascending. */
export function membersByClass(classOf: Int32Array, classes: number): number[][] {
  const members: number[][] = Array.from({ length: classes }, () => []);
  classOf.forEach((code, k) => members[code]!.push(k));
  return members;
}

/** Whether all points are the same, so that every pairing costs the same. */
export function allEqual(points: Float32Array, dimension: number): boolean {
  return points.every((value, k) => value === points[k % dimension]);
}
