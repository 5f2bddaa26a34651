/** @file Scores of a cell as histograms on one axis, as ROC curves, and the intervals of a whole row or column. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { Answer, Pair, ProbeMatrix } from '../probes.svelte';
import { range, taskAxis, two, wholeText } from '../words';

export type Cell = Answer<'scores'>;
type Scored = Cell['own'];

/** One histogram: whose scores, and the threshold of the probe that gave them. */
interface ScoreSide {
  title: string;
  scored: Scored;
  threshold: number;
}

const bins = 30;

/** A histogram a side, all on the same axis. Scores beyond it, one in 200, are counted in its outer bins. */
export function scoreScenes(sides: readonly ScoreSide[], trained: string): Scene[] {
  const all = sides.flatMap(({ scored, threshold }) => [...scored.scores, threshold]);
  const sorted = all.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(0.0025), at(0.9975)];
  const room = 0.02 * (high - low || 1);
  const edges = Float64Array.from(
    { length: bins + 1 },
    (_, k) => low - room + ((high - low + 2 * room) * k) / bins,
  );
  const counted = sides.map(({ scored }) => [1, 0].map((label) => shares(scored, label, edges)));
  const top = Math.max(1, ...counted.flatMap((pair) => pair.flatMap((heights) => [...heights]))) * 1.08;
  return sides.map(({ title, threshold }, side) => {
    const [right, wrong] = counted[side]!;
    return plot({
      title,
      x: {
        label: side === sides.length - 1 ? `probe score, standardised on ${trained}` : '',
        domain: [edges[0]!, edges[bins]!],
      },
      y: { label: 'share (%)', domain: [0, top] },
      marks: [
        {
          kind: 'bins',
          label: 'true',
          id: 'true bins',
          edges,
          heights: right!,
          color: 'warn',
          opacity: 0.16,
        },
        { kind: 'bins', label: 'false', edges, heights: wrong!, color: 'series-4', opacity: 0.62 },
        { kind: 'line', label: 'true', ...steps(edges, right!), color: 'warn' },
        { kind: 'rule', label: 'threshold', x: threshold, color: 'ink-second', stroke: 'dashed' },
      ],
    });
  });
}

/** Per cent of the items of a label in each bin. */
function shares({ scores, labels }: Scored, label: number, edges: Float64Array): Float64Array {
  const heights = new Float64Array(bins);
  const total = labels.reduce((sum, one) => sum + Number(one === label), 0);
  const width = edges[1]! - edges[0]!;
  scores.forEach((score, k) => {
    if (labels[k] !== label) return;
    const bin = Math.floor((score - edges[0]!) / width);
    heights[Math.min(bins - 1, Math.max(0, bin))]! += 100 / total;
  });
  return heights;
}

/** The outline of a histogram, from the ground to the ground. */
function steps(edges: Float64Array, heights: Float64Array): { x: Float64Array; y: Float64Array } {
  const x = Float64Array.from({ length: 2 * edges.length }, (_, k) => edges[k >> 1]!);
  const y = Float64Array.from({ length: x.length }, (_, k) =>
    k === 0 || k === x.length - 1 ? 0 : heights[(k - 1) >> 1]!,
  );
  return { x, y };
}

/** "198 true, 198 false · AUC 0.07 – 0.15 · chance 0.44 – 0.56". */
export function scoredText({ labels, low, high, nullLow, nullHigh }: Scored): string {
  const ones = labels.reduce((sum, one) => sum + one, 0);
  return `${ones} true, ${labels.length - ones} false · AUC ${range(low, high)} · chance ${range(nullLow, nullHigh)}`;
}

/** True-positive over false-positive rates; chance is the diagonal. */
export function rocScene(sides: readonly ScoreSide[], title: string): Scene {
  return plot({
    title,
    x: { label: 'false-positive rate', domain: [0, 1] },
    y: { label: 'true-positive rate', domain: [0, 1] },
    marks: [
      { kind: 'line', label: 'chance', x: [0, 1], y: [0, 1], color: 'ink-third', stroke: 'dotted' },
      ...sides.map(({ title: label, scored: { roc } }, side): MarkOptions => ({
        ...{ kind: 'line', label, id: `side ${side}`, x: roc.falsePositive, y: roc.truePositive },
        color: side === 0 ? 'ink-second' : 'series-1',
        stroke: side === 0 ? 'long' : 'solid',
      })),
    ],
  });
}

/** All AUCs of a row or a column with their intervals, over the band where permuted labels lie. */
export function wholeScene(
  { tasks, auc, nullLow, nullHigh }: ProbeMatrix,
  whole: 'row' | 'column',
  task: number,
): Scene {
  const count = tasks.length;
  const cells = tasks.map((_, k) => (whole === 'row' ? task * count + k : k * count + task));
  const name = tasks[task] ?? '';
  const dots = (own: boolean) =>
    cells.flatMap((at, k): [number, number][] => {
      const value = auc.values[at]!;
      return (k === task) === own && Number.isFinite(value) ? [[k + 1, value]] : [];
    });
  const known = cells.flatMap((at, k) =>
    Number.isFinite(auc.low[at]!) ? [{ x: k + 1, low: auc.low[at]!, high: auc.high[at]! }] : [],
  );
  return plot({
    title: whole === 'row' ? `Trained on ${name}` : `Tested on ${name}`,
    subtitle: wholeText(auc.values, tasks, whole, task),
    x: taskAxis(tasks, 56),
    y: { label: 'AUC', domain: [0, 1] },
    marks: [
      {
        ...{ kind: 'band', label: 'permuted labels', color: 'series-0', opacity: 0.25 },
        x: tasks.flatMap((_, k) => [k + 0.5, k + 1.5]),
        low: cells.flatMap((at) => [nullLow[at]!, nullLow[at]!]),
        high: cells.flatMap((at) => [nullHigh[at]!, nullHigh[at]!]),
      },
      { kind: 'rule', label: 'chance', y: 0.5, color: 'ink-third', stroke: 'dotted' },
      { kind: 'intervals', label: '95 % interval', at: known, color: 'series-1' },
      { kind: 'points', label: 'other tasks', points: dots(false), color: 'series-1', radius: 4 },
      { kind: 'points', label: 'the task itself', points: dots(true), color: 'series-2', radius: 4 },
    ],
  });
}

/** "0.11 less than cities → companies": how two cells differ, and whether their intervals meet. */
export function differenceText(of: Scored, against: Scored, name: string): string {
  const difference = of.auc - against.auc;
  const apart = of.low > against.high || against.low > of.high;
  const size = `${two(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'} than ${name}`;
  return `${size}; their intervals ${apart ? 'do not meet' : 'meet'}`;
}

/** Two cells side by side name what each was tested on. */
export function sidesOf(cell: Cell, compared: Cell | null): ScoreSide[] {
  const titleOf = ({ train, test }: Cell) => (train === test ? `${train}, held out` : `${train} → ${test}`);
  if (compared)
    return [compared, cell].map((one) => ({
      ...{ title: titleOf(one), scored: one.other, threshold: one.threshold },
    }));
  const { own, other, threshold, train, test } = cell;
  const first = { title: `on ${train}, held out`, scored: own, threshold };
  return train === test ? [first] : [first, { title: `on ${test}`, scored: other, threshold }];
}

/** Whether two choices are the same cell. */
export function samePair(a: Pair | null, b: Pair | null): boolean {
  return a?.train === b?.train && a?.test === b?.test;
}
