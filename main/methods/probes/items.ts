/** @file The items that a run works on, as they lie in its file: chosen, split, with what was answered; read again by its questions. */
import { MongeError } from '../../../native-models/error';
import type { InputsOf } from '../../contract/opened';
import type { RefusedTask } from '../../contract/probes';
import { pairsOf, type PairedTask, type Pairs } from '../../probes/pairs';
import { balancedSplit, keptItems, splitByGroup, type Split } from '../../probes/splits';
import { refusalOf } from '../../probes/tasks';
import { familiesOf, type inputs, type ProbesConfig } from './config';
import { taskTable, type TableItem, type TaskTable } from './table';

/** Below these an AUC is a matter of single items. */
const FEWEST_IN_PART = 3;

export const ITEMS_FILE = 'items.json';

export interface RunItem {
  /** Of its file, from 1. */
  row: number;
  /** The statement, or the prompt with the answer. */
  text: string;
  /** Where the prompt ends in it; 0 of statements. */
  prompt: number;
  /** Where the graded span ends. */
  end: number;
  label: 0 | 1;
  group: string;
  /** Of a choice. */
  options?: number;
}

interface RunTask {
  name: string;
  mode: ProbesConfig['mode'];
  groupedBy: string;
  given: number;
  baseRate: number;
  items: RunItem[];
  /** Numbers of items. */
  split: { train: number[]; validation: number[]; test: number[] };
  /** Statements that contradict each other, by numbers of items; null where there are too few. */
  pairs: Pairs | null;
}

export interface RunItems {
  tasks: RunTask[];
  refused: RefusedTask[];
}

/** Task tables by name. @throws `task-missing`, `task-twice`, and the codes of `taskTable` */
export async function readTables(
  { tasks }: Pick<InputsOf<typeof inputs>, 'tasks'>,
  config: Pick<ProbesConfig, 'names' | 'mode' | 'group' | 'form' | 'truth'>,
): Promise<TaskTable[]> {
  const names = tasks.map(({ info }, k) => nameOf(config.names[k] ?? '', info.name));
  const wrong =
    tasks.length === 0 || config.names.length > tasks.length
      ? `${tasks.length} files and ${config.names.length} names`
      : null;
  if (wrong !== null)
    throw new MongeError({
      code: 'task-missing',
      blame: 'input',
      what: 'there are fewer task files than are needed',
      where: { key: 'tasks' },
      got: wrong,
      expected: 'a file for every name, and at least one',
    });
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined)
    throw new MongeError({
      code: 'task-twice',
      blame: 'input',
      what: 'two tasks have the same name',
      where: { key: 'names' },
      got: twice,
      help: 'name them: --task name=file.csv',
    });
  const tables: TaskTable[] = [];
  for (const [k, dataset] of tasks.entries()) tables.push(await taskTable(dataset, names[k]!, config));
  return tables;
}

/** Names become parts of metrics' names: a dot would end them. */
function nameOf(given: string, file: string): string {
  const name = given || file.replace(/\.gz$/, '').replace(/\.[^.]*$/, '');
  return name.replaceAll(/[^\w-]+/g, '_');
}

/** Items of a table that a run looks at: whole groups, as many as the setting allows. */
export function chosenItems(
  { items }: TaskTable,
  { items: most }: Pick<ProbesConfig, 'items'>,
  seed: number,
): TableItem[] {
  const groups = items.map(({ group }) => group);
  return Array.from(keptItems({ groups }, most, seed), (item) => items[item]!);
}

/** An item as it is captured, with what errors call it by. */
export type NamedItem = RunItem & { task: string };

/** Of all tasks, in the order of the stored rows. */
export function namedItems({ tasks }: RunItems): NamedItem[] {
  return tasks.flatMap(({ name, items }) => items.map((item) => ({ ...item, task: name })));
}

/** Whether some task can be searched for consistency. */
export function hasPairs(items: RunItems | null): boolean {
  return items?.tasks.some(({ pairs }) => pairs !== null) ?? false;
}

/** The families of the settings that the tasks have what is needed for; before the tasks are read all. */
export function usedFamilies(
  config: Pick<ProbesConfig, 'family' | 'families'>,
  items: RunItems | null,
): ReturnType<typeof familiesOf> {
  return familiesOf(config).filter((family) => family !== 'ccs' || !items || hasPairs(items));
}

/** Refuses what cannot be probed, then splits and balances. @throws `tasks-refused` where none is left */
export function itemsOf(
  found: readonly { table: TaskTable; items: RunItem[] }[],
  config: Pick<ProbesConfig, 'fewest' | 'balance'>,
  seed: number,
): RunItems {
  const out: RunItems = { tasks: [], refused: [] };
  for (const { table, items } of found) {
    const { name, mode, groupedBy } = table;
    const labels = items.map(({ label }) => label);
    const given = table.items.length;
    const baseRate = labels.reduce<number>((sum, label) => sum + label, 0) / Math.max(1, labels.length);
    const refusal = refusalOf(labels, config.fewest);
    if (refusal) {
      out.refused.push({ name, given, baseRate, ...refusal });
      continue;
    }
    const whole = splitByGroup({ labels, groups: items.map(({ group }) => group) }, seed);
    const split = config.balance ? balancedSplit(whole, labels, seed) : whole;
    const part = Object.entries(split).find(([, one]: [string, Uint32Array]) => !bothLabels(one, labels));
    if (part) {
      const reason = `its ${new Set(items.map(({ group }) => group)).size} groups (${groupedBy}) leave no ${part[0]} items of one label`;
      out.refused.push({ name, given, baseRate, code: 'task-too-few', reason });
      continue;
    }
    out.tasks.push(packed({ name, mode, groupedBy, given, baseRate }, items, split));
  }
  if (out.tasks.length > 0) return { ...out, tasks: paired(out.tasks, seed) };
  throw new MongeError({
    code: 'tasks-refused',
    blame: 'input',
    what: 'no task can be probed',
    where: { key: 'tasks' },
    got: out.refused.map(({ name, reason }) => `${name}: ${reason}`).join('; '),
    ...(out.refused.some(({ code }) => code === 'task-too-few') && {
      help: 'add items; --set fewest=N takes tasks with fewer of either label, at wider intervals',
    }),
  });
}

/** Whether a part has some items of either label. */
function bothLabels(part: Uint32Array, labels: readonly number[]): boolean {
  const ones = part.reduce((sum, item) => sum + labels[item]!, 0);
  return Math.min(ones, part.length - ones) >= FEWEST_IN_PART;
}

/** Only items of the split are kept: what was balanced away costs a pass of the model. */
function packed(
  about: Omit<RunTask, 'items' | 'split' | 'pairs'>,
  items: readonly RunItem[],
  split: Split,
): RunTask {
  const used = [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b);
  const place = new Map(used.map((item, k) => [item, k]));
  const moved = (part: Uint32Array) => Array.from(part, (item) => place.get(item)!);
  return {
    ...about,
    items: used.map((item) => items[item]!),
    split: { train: moved(split.train), validation: moved(split.validation), test: moved(split.test) },
    pairs: null,
  };
}

function paired(tasks: readonly RunTask[], seed: number): RunTask[] {
  const all = tasks.map(({ items }): PairedTask => ({
    texts: items.map(({ text }) => text),
    labels: items.map(({ label }) => label),
    groups: items.map(({ group }) => group),
  }));
  // What a model answers has no negation.
  return tasks.map((task, k) => (task.mode === 'answer' ? task : { ...task, pairs: pairsOf(all, k, seed) }));
}
