/** @file The activations of all tasks at one place, read from the run's files, with what was asked to be taken out. */
import { MongeError } from '../../../native-models/error';
import type { RowMatrix } from '../../contract/projection';
import type { ProbePosition, Removed } from '../../contract/probes';
import { placedPairs } from '../../probes/pairs';
import type { TaskRows } from '../../probes/place';
import { formatOf, residualised } from '../../probes/residualise';
import { activationsFile, rowOffset, type CapturedHook, type CapturedWeights } from './capture';
import type { RunItems } from './items';

/** A stretch of a file of the run; null where there is none. */
export type ReadPart = (name: string, range: { at: number; bytes: number }) => Promise<Uint8Array | null>;

/**
 * The rows of all tasks, one below the other.
 * @throws `probe-place-missing` where the place was not captured, or its file is gone
 */
export async function rowsAt(
  read: ReadPart,
  { tasks }: Pick<RunItems, 'tasks'>,
  hook: CapturedHook,
  position: ProbePosition,
  removed: readonly Removed[],
  weights: CapturedWeights = 'own',
): Promise<RowMatrix> {
  const rows = tasks.reduce((sum, { items }) => sum + items.length, 0);
  const bytes = rows * hook.width * 4;
  const name = activationsFile(hook.id, position, weights);
  const content = await read(name, { at: rowOffset(0, hook.width), bytes });
  if (content?.length !== bytes)
    throw new MongeError({
      code: 'probe-place-missing',
      blame: 'input',
      what: 'the activations of this place are not stored',
      where: { file: name },
      help: 'run again with this position and block among those that are captured',
    });
  const aligned = content.byteOffset % 4 === 0 ? content : content.slice();
  const data = new Float32Array(aligned.buffer, aligned.byteOffset, rows * hook.width);
  return without({ data, rows, columns: hook.width }, { tasks }, removed);
}

/** Rows of every task, one matrix each over the same memory. @throws `probe-place-missing` */
export async function tasksAt(
  read: ReadPart,
  items: Pick<RunItems, 'tasks'>,
  hook: CapturedHook,
  position: ProbePosition,
  removed: readonly Removed[],
  weights: CapturedWeights = 'own',
): Promise<TaskRows[]> {
  const { tasks } = items;
  const all = await rowsAt(read, items, hook, position, removed, weights);
  let from = 0;
  const placed = tasks.map(({ name: task, items, split }): TaskRows => {
    const part = all.data.subarray(from * hook.width, (from + items.length) * hook.width);
    from += items.length;
    return {
      name: task,
      rows: { data: part, rows: items.length, columns: hook.width },
      labels: Uint8Array.from(items, ({ label }) => label),
      groups: items.map(({ group }) => group),
      split: {
        train: Uint32Array.from(split.train),
        validation: Uint32Array.from(split.validation),
        test: Uint32Array.from(split.test),
      },
    };
  });
  return placed.map((task, k) => {
    const { pairs } = tasks[k]!;
    return { ...task, pairs: pairs && placedPairs(pairs, task.split, placed[pairs.with]!) };
  });
}

/** What the covariates tell is fitted on the training items of all tasks together. */
function without(
  rows: RowMatrix,
  { tasks }: Pick<RunItems, 'tasks'>,
  removed: readonly Removed[],
): RowMatrix {
  if (removed.length === 0) return rows;
  const covariates: number[][] = [];
  const train: number[] = [];
  for (const [k, { items, split }] of tasks.entries()) {
    train.push(...split.train.map((item) => covariates.length + item));
    for (const { text, options } of items)
      covariates.push([
        ...(removed.includes('length') ? [text.length, text.split(/\s+/).length] : []),
        ...(removed.includes('format') ? [...formatOf(text), options ?? 0] : []),
        // One fewer than there are tasks: the intercept is the last.
        ...(removed.includes('source') ? tasks.slice(1).map((_, other) => Number(other + 1 === k)) : []),
      ]);
  }
  return residualised(rows, covariates, train);
}
