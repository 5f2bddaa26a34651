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
  /** Of the file, from 1. */
  row: number;
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
  config: Pick<ProbesConfig, 'mode' | 'group' | 'form' | 'truth'>,
): Promise<TaskTable> {
  const { info } = dataset;
  const rows: Cell[][] = [];
  for (let from = 0; from < info.rows; from += PAGE) rows.push(...(await dataset.rows(from, PAGE)));
  const isAnswer = config.mode === 'answer';
  const form = formOf(info, config.form);
  const text = form
    ? -1
    : textColumn(info, isAnswer ? ['prompt', 'question', 'text'] : ['statement', 'text']);
  const truth = namedColumn(info, isAnswer ? ['answer', 'answers', 'target'] : ['label', 'truth', 'class']);
  const choices = info.columns.findIndex((column) => column.name === 'choices');
  const isTrue = isAnswer ? null : labelReader(info, truth, rows, config.truth);
  const items = rows.map((cells, row): TableItem => {
    const empty = (form?.columns ?? [text]).find((at) => (cells[at] ?? '') === '');
    if (empty !== undefined)
      throw new MongeError({
        code: 'text-empty',
        blame: 'input',
        what: 'a row has no text',
        where: { file: info.name, row: row + 1, column: info.columns[empty]!.name },
        help: 'leave such rows out',
      });
    const cell = cells[truth] ?? null;
    return {
      row: row + 1,
      text: form ? form.fill(cells) : String(cells[text]),
      label: isTrue && isTrue(cell, row),
      accepted: isAnswer ? acceptedOf(String(cell ?? '')) : [],
      choices: choices < 0 || cells[choices] === null ? [] : acceptedOf(String(cells[choices])),
      group: '',
    };
  });
  const groupedBy = group(info, rows, items, {
    texts: form?.columns ?? [text],
    truth,
    asked: config.group,
    answers: isAnswer,
  });
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

const TRUE_WORDS = ['1', 'true', 'yes', 'correct', 'right'];
const FALSE_WORDS = ['0', 'false', 'no', 'incorrect', 'wrong'];

/** Reads the labels of a column: usual words, the word that the settings name, or two of which one is “Not …” or “Non-…” of the other. */
function labelReader(
  info: DatasetInfo,
  column: number,
  rows: readonly Cell[][],
  asked: string,
): (cell: Cell, row: number) => 0 | 1 {
  const word = (cell: Cell | undefined) =>
    String(cell ?? '')
      .trim()
      .toLowerCase();
  const found = new Set<string>();
  for (const cells of rows) if (found.size <= 2) found.add(word(cells[column]));
  const [first = '', second = ''] = found;
  const negates = (one: string, other: string) =>
    other !== '' && ['not', 'non', 'no'].some((not) => one.replaceAll(/[\s_-]+/g, ' ') === `${not} ${other}`);
  const named = word(asked);
  const truth =
    named !== '' && found.has(named)
      ? named
      : found.size !== 2
        ? null
        : negates(second, first)
          ? first
          : negates(first, second)
            ? second
            : null;
  return (cell, row) => {
    const value = word(cell);
    if (truth !== null && found.size === 2 && value !== '') return value === truth ? 1 : 0;
    if (TRUE_WORDS.includes(value)) return 1;
    if (FALSE_WORDS.includes(value)) return 0;
    throw new MongeError({
      code: 'label-unreadable',
      blame: 'input',
      what: 'a label is neither true nor false',
      where: { file: info.name, row: row + 1, column: info.columns[column]!.name },
      got: JSON.stringify(cell),
      expected: '1 or 0, true or false',
      help: 'of two other words say which is true: --set truth=WORD',
    });
  };
}

interface Form {
  /** Numbers of the columns in it. */
  columns: number[];
  fill: (cells: readonly Cell[]) => string;
}

/**
 * A form of texts with columns in braces; where none is given, that of SVAMP, whose problems lie in two columns. Null where the
 * column of text is taken as it is. @throws `column-unknown`
 */
function formOf(info: DatasetInfo, given: string): Form | null {
  const at = (name: string) => info.columns.findIndex((column) => column.name === name);
  const isSvamp = at('Body') >= 0 && at('Question') >= 0;
  const form = given !== '' ? given : isSvamp ? '{Body}. {Question}\nAnswer:' : '';
  if (form === '') return null;
  const names = [...form.matchAll(/\{([^{}]+)\}/g)].map((found) => found[1]!);
  const unknown = names.find((name) => at(name) < 0);
  if (names.length === 0 || unknown !== undefined)
    throw new MongeError({
      code: 'column-unknown',
      blame: 'input',
      what: 'a form of texts names no column of a task',
      where: { file: info.name, key: 'form' },
      got: unknown ?? form,
      expected: info.columns.map(({ name }) => `{${name}}`).join(', '),
    });
  return {
    columns: names.map(at),
    // A sentence that ends already needs no second stop.
    fill: (cells) =>
      form.replaceAll(/\{([^{}]+)\}(\.?)/g, (_, name: string, stop: string) => {
        const value = String(cells[at(name)]);
        return stop === '' ? value : `${value.replace(/[.\s]+$/, '')}.`;
      }),
  };
}

/** Fills the items' groups in and says by what. */
function group(
  info: DatasetInfo,
  rows: readonly Cell[][],
  items: TableItem[],
  {
    texts,
    truth,
    asked,
    answers,
  }: { texts: readonly number[]; truth: number; asked: string; answers: boolean },
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
    if (texts.includes(at) || at === truth || !['category', 'text', 'integer'].includes(kind)) continue;
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
