/** @file What the Probes panel says: numbers, places, families, and why something is not there. */
import { capital, number as formatNumber, plural } from '../../../figures/format';
import type { RunRecord } from '../../../main/rpc/contract';
import type { Pair, ProbeFamily, ProbeMatrix, ProbeOverview, ProbePosition } from './probes.svelte';

export const familyTitles: Readonly<Record<ProbeFamily, { title: string; help: string }>> = {
  'lr-l2': {
    title: 'LR-L2',
    help: 'Logistic regression with a squared penalty, chosen on validation items',
  },
  'lr-l1': { title: 'LR-L1', help: 'Sparse logistic regression along a path of penalties' },
  'mass-mean': { title: 'Mass-mean', help: 'The difference of the class means' },
  lda: { title: 'LDA', help: 'Linear discriminant analysis with shrinkage' },
  ridge: { title: 'Ridge', help: 'Least squares on the labels' },
  ccs: {
    title: 'CCS',
    help: 'Contrast-consistent search on statements and their negations, without their labels',
  },
  mlp: {
    title: 'MLP',
    help: 'A network with a hidden layer: what a probe could read at most; it has no direction',
  },
};

export const positionTitles: Readonly<Record<ProbePosition, string>> = {
  first: 'First token',
  '-6': 'Sixth from the end',
  '-5': 'Fifth from the end',
  '-4': 'Fourth from the end',
  '-3': 'Third from the end',
  '-2': 'Last but one',
  last: 'Last token',
  mean: 'Mean of the tokens',
  prompt: 'Before the answer',
  'answer-end': 'End of the answer',
};

export const cosineTitles = {
  plain: 'Plain',
  standardised: 'Standardised',
  mahalanobis: 'Mahalanobis',
} as const;

/** "0.91", "−0.04"; a dash where there is none. */
export function two(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const text = value.toFixed(2);
  return (text === '-0.00' ? '0.00' : text).replace('-', '−');
}

/** "0.87 – 0.95"; empty where it is not known. */
export function range(low: number, high: number): string {
  return Number.isFinite(low) && Number.isFinite(high) ? `${two(low)} – ${two(high)}` : '';
}

/** "LR-L2, block 18, last token". */
export function placeText({
  family,
  block,
  position,
}: Pick<ProbeMatrix, 'family' | 'block' | 'position'>): string {
  return `${familyTitles[family].title}, block ${block}, ${positionTitles[position].toLowerCase()}`;
}

/** "cities → neg_cities"; of a task on itself its name alone. */
export function pairText({ train, test }: Pair, tasks: readonly string[]): string {
  return train === test ? (tasks[train] ?? '') : `${tasks[train] ?? ''} → ${tasks[test] ?? ''}`;
}

/** Names of tasks whose texts are not shown unasked. */
const offensive = /toxic|offens|hate|hateful|abus|slur|insult|profan|nsfw|obscen/i;

/** Whether a task's name or its grouping says that its texts may offend. */
export function mayOffend(task: ProbeOverview['tasks'][number] | undefined): boolean {
  return task !== undefined && (offensive.test(task.name) || offensive.test(task.groupedBy));
}

/** An axis on which tasks are numbered from 1; it names them where there is room for so many letters. */
export function taskAxis(
  tasks: readonly string[],
  letters: number,
): { label: string; domain: [number, number]; ticks: number[] } {
  const names = tasks.map((name, k) => `${k + 1} ${name}`).join(' · ');
  return {
    label: names.length <= letters ? names : 'task, numbered as in the matrix',
    domain: [0.4, tasks.length + 0.6],
    ticks: tasks.map((_, k) => k + 1),
  };
}

/** Mean and range of some values; null without any. */
export function spanOf(values: ArrayLike<number>): { mean: number; low: number; high: number } | null {
  const known = Array.from(values).filter(Number.isFinite);
  if (known.length === 0) return null;
  return {
    mean: known.reduce((sum, value) => sum + value / known.length, 0),
    low: Math.min(...known),
    high: Math.max(...known),
  };
}

/** The mean over a whole row or column, the task itself left out where there are others: "mean 0.49 over 5 other tasks, 0.14 – 0.61". */
export function wholeText(
  values: Float64Array,
  tasks: readonly string[],
  whole: 'row' | 'column',
  task: number,
): string {
  const count = tasks.length;
  const others = tasks.flatMap((_, k) =>
    k === task && count > 1 ? [] : [values[whole === 'row' ? task * count + k : k * count + task]!],
  );
  const found = spanOf(others);
  if (!found) return 'no values yet';
  const over = count > 1 ? `over ${plural(others.length, 'other task')}` : 'of the task itself';
  return `mean ${two(found.mean)} ${over}, ${range(found.low, found.high)}`;
}

const stopped = 'The run was stopped before its activations were stored; Resume goes on with it.';
const failed = 'The run failed before its first probe.';
const running = 'Comes with the first block.';

/** What stands where figures come, before there is a probe. */
export function waitingText(run: RunRecord | null): string {
  if (!run) return 'Starts with Run.';
  return {
    queued: 'Waiting for another run to end …',
    running: run.progress.stage
      ? `${capital(run.progress.stage)} ${formatNumber(run.progress.step)} of ${formatNumber(run.progress.steps)} …`
      : running,
    stopping: running,
    failed,
    diverged: failed,
    stopped,
    interrupted: stopped,
    done: 'Reading what the run found …',
  }[run.status];
}
