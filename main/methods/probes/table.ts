/** @file A task file as items: texts with labels, or prompts with accepted answers, and the group that each item stays with. */
import { MongeError } from '../../../native-models/error';
import type { Cell, Dataset, DatasetInfo } from '../../contract/data';
import { acceptedOf } from '../../probes/graders';
import type { ProbesConfig } from './config';

/** Rows asked for at once. */
const PAGE = 10_000;
/** A column whose values are nearly all different pairs nothing. */
const MOST_GROUPS = 0.9;

export interface TableItem {
  /** The statement, or the prompt. */
  text: string;
  /** Null until an answer is graded. */
  label: 0 | 1 | null;
  accepted: string[];
  choices: string[];
  group: string;
}

export interface TaskTable {
  name: string;
  mode: ProbesConfig['mode'];
  groupedBy: string;
  items: TableItem[];
}

/** @throws `column-unknown`, `no-text`, `text-empty`, `label-unreadable` naming file and row */
export async function taskTable(
  dataset: Pick<Dataset, 'info' | 'rows'>,
  name: string,
  config: Pick<ProbesConfig, 'mode' | 'group'>,
): Promise<TaskTable> {
  const { info } = dataset;
  const rows: Cell[][] = [];
  for (let from = 0; from < info.rows; from += PAGE) rows.push(...(await dataset.rows(from, PAGE)));
  const isAnswer = config.mode === 'answer';
  const text = textColumn(info, isAnswer ? ['prompt', 'question', 'text'] : ['statement', 'text']);
  const truth = namedColumn(info, isAnswer ? ['answer', 'answers', 'target'] : ['label', 'truth', 'class']);
  const choices = info.columns.findIndex((column) => column.name === 'choices');
  const items = rows.map((cells, row): TableItem => {
    const value = cells[text];
    if (value === null || value === undefined || value === '')
      throw new MongeError({
        code: 'text-empty',
        blame: 'input',
        what: 'a row has no text',
        where: { file: info.name, row: row + 1, column: info.columns[text]!.name },
        help: 'leave such rows out',
      });
    const cell = cells[truth] ?? null;
    return {
      text: String(value),
      label: isAnswer
        ? null
        : labelOf(cell, { file: info.name, row: row + 1, column: info.columns[truth]!.name }),
      accepted: isAnswer ? acceptedOf(String(cell ?? '')) : [],
      choices: choices < 0 || cells[choices] === null ? [] : acceptedOf(String(cells[choices])),
      group: '',
    };
  });
  const groupedBy = group(info, rows, items, { text, truth, asked: config.group, answers: isAnswer });
  return { name, mode: config.mode, groupedBy, items };
}

function textColumn(info: DatasetInfo, names: readonly string[]): number {
  const named = names.map((name) => info.columns.findIndex((column) => column.name.toLowerCase() === name));
  const found = named.find((at) => at >= 0) ?? info.columns.findIndex(({ role }) => role === 'text');
  if (found >= 0) return found;
  const words = info.columns.findIndex(({ kind }) => kind === 'text');
  if (words >= 0) return words;
  throw new MongeError({
    code: 'no-text',
    blame: 'input',
    what: 'no column of this task is text',
    where: { file: info.name },
    got: info.columns.map(({ name, kind }) => `${name}: ${kind}`).join(', '),
    expected: `a column ${names[0]}`,
  });
}

function namedColumn(info: DatasetInfo, names: readonly string[]): number {
  const found = names
    .map((name) => info.columns.findIndex((column) => column.name.toLowerCase() === name))
    .find((at) => at >= 0);
  if (found !== undefined) return found;
  const role = info.columns.findIndex((column) => column.role === 'label');
  if (role >= 0) return role;
  throw new MongeError({
    code: 'column-unknown',
    blame: 'input',
    what: 'a task has no column that says what is true',
    where: { file: info.name },
    got: info.columns.map(({ name }) => name).join(', '),
    expected: `a column ${names[0]!}`,
  });
}

function labelOf(cell: Cell, where: { file: string; row: number; column: string }): 0 | 1 {
  const word = String(cell).trim().toLowerCase();
  if (['1', 'true', 'yes'].includes(word)) return 1;
  if (['0', 'false', 'no'].includes(word)) return 0;
  throw new MongeError({
    code: 'label-unreadable',
    blame: 'input',
    what: 'a label is neither true nor false',
    where,
    got: JSON.stringify(cell),
    expected: '1 or 0, true or false',
  });
}

/** Fills the items' groups in and says by what. */
function group(
  info: DatasetInfo,
  rows: readonly Cell[][],
  items: TableItem[],
  { text, truth, asked, answers }: { text: number; truth: number; asked: string; answers: boolean },
): string {
  const put = (of: (row: number) => string) => items.forEach((item, row) => (item.group = of(row)));
  if (asked !== '') {
    const at = info.columns.findIndex(({ name }) => name === asked);
    if (at < 0)
      throw new MongeError({
        code: 'column-unknown',
        blame: 'input',
        what: 'a task has no such column to group by',
        where: { file: info.name, key: 'group' },
        got: asked,
        expected: info.columns.map(({ name }) => name).join(', '),
      });
    put((row) => String(rows[row]![at]));
    return asked;
  }
  // What pairs the most true items with false ones: every statement about a city, both ways of a fact. Numbers come second,
  // and of them the first: the later ones are often made from it.
  let best: { at: number; count: number } | null = null;
  for (const [at, { kind, name }] of info.columns.entries()) {
    if (at === text || at === truth || !['category', 'text', 'integer'].includes(kind)) continue;
    if (/label/i.test(name)) continue;
    const kinds = new Map<string, Set<number | string | null>>();
    for (const [row, cells] of rows.entries()) {
      const value = String(cells[at]);
      // Answers have no label yet: a question that is asked several times stays together.
      kinds.set(value, (kinds.get(value) ?? new Set()).add(answers ? row : (cells[truth] ?? null)));
    }
    if (kinds.size < 2 || kinds.size > MOST_GROUPS * rows.length) continue;
    const mixed = [...kinds.values()].filter(({ size }) => size > 1).length;
    const count = kind === 'integer' ? Math.min(mixed, 1) : mixed;
    if (count > (best?.count ?? 0)) best = { at, count };
  }
  if (best) {
    const { at } = best;
    put((row) => String(rows[row]![at]));
    return info.columns[at]!.name;
  }
  const quoted = items.map(({ text: words }) => /(?<!\p{L})['"‘“](.+?)['"’”](?!\p{L})/u.exec(words)?.[1]);
  if (quoted.every((one) => one !== undefined)) {
    put((row) => quoted[row]!);
    return 'first quoted words';
  }
  put((row) => items[row]!.text);
  return 'each text alone';
}
