/** @file The texts of a data set with their ids and labels, as rows to capture. */
import { MongeError } from '../../../native-models/error';
import type { ColumnInfo, Dataset, DatasetInfo } from '../../contract/data';
import type { CaptureConfig } from './config';

/** Rows asked for at once. */
const PAGE = 10_000;
/** A column with more words names its rows rather than a class. */
const MOST_CLASSES = 50;
const ID_NAME = /^(?:id|uuid|guid|key)$/i;

export interface TextRow {
  /** Of the column `id`, else the number of the row, from 0. */
  id: string;
  text: string;
  label: string | null;
}

/**
 * Every row in order.
 * @throws `column-unknown`, `column-unsuitable`, `no-text`, `text-empty` naming the first row without a text
 */
export async function textRows(
  dataset: Pick<Dataset, 'info' | 'rows'>,
  config: Pick<CaptureConfig, 'text' | 'label'>,
): Promise<TextRow[]> {
  const { info } = dataset;
  const text = textColumn(info, config.text);
  const label = labelColumn(info, config.label, text);
  const id = info.columns.findIndex(({ name, missing }) => ID_NAME.test(name) && missing === 0);
  const rows: TextRow[] = [];
  for (let from = 0; from < info.rows; from += PAGE)
    for (const cells of await dataset.rows(from, PAGE)) {
      const value = cells[text];
      if (value === null || value === undefined || value === '')
        throw new MongeError({
          code: 'text-empty',
          blame: 'input',
          what: 'a row has no text',
          where: { file: info.name, row: rows.length + 1, column: info.columns[text]!.name },
          help: 'leave such rows out',
        });
      rows.push({
        id: id >= 0 && id !== text ? String(cells[id]) : String(rows.length),
        text: String(value),
        label: label < 0 || cells[label] === null ? null : String(cells[label]),
      });
    }
  return rows;
}

function textColumn(info: DatasetInfo, named: readonly string[]): number {
  const words = info.columns.filter(isWords);
  if (named.length > 0) return columnOf(info, named, 'text', isWords, 'a column of text');
  const found =
    words.find(({ role }) => role === 'text') ?? words.find(({ name }) => name === 'text') ?? words[0];
  if (found) return info.columns.indexOf(found);
  throw new MongeError({
    code: 'no-text',
    blame: 'input',
    what: 'no column of this file is text',
    where: { file: info.name, key: 'text' },
    got: info.columns.map(({ name, kind }) => `${name}: ${kind}`).join(', '),
    expected: 'a column of text',
  });
}

/** -1 where there is none. */
function labelColumn(info: DatasetInfo, named: readonly string[], text: number): number {
  if (named.length > 0) return columnOf(info, named, 'label', isSingle, 'a column of single values');
  const role = info.columns.findIndex((column, at) => column.role === 'label' && at !== text);
  if (role >= 0) return role;
  const classes = info.columns.filter(
    (column, at) =>
      at !== text &&
      (column.kind === 'category' || column.kind === 'boolean') &&
      (column.distinct ?? Infinity) >= 2 &&
      (column.distinct ?? Infinity) <= MOST_CLASSES,
  );
  return classes.length === 1 ? info.columns.indexOf(classes[0]!) : -1;
}

function columnOf(
  info: DatasetInfo,
  named: readonly string[],
  key: string,
  suits: (column: ColumnInfo) => boolean,
  expected: string,
): number {
  const at = info.columns.findIndex(({ name }) => name === named[0]);
  const where = { file: info.name, key };
  if (at < 0 || named.length > 1)
    throw new MongeError({
      code: 'column-unknown',
      blame: 'input',
      what: named.length > 1 ? 'one column is enough' : 'the data set has no such column',
      where,
      got: named.join(', '),
      expected: `one of ${info.columns
        .map(({ name }) => name)
        .slice(0, 20)
        .join(', ')}`,
    });
  const column = info.columns[at]!;
  if (suits(column)) return at;
  throw new MongeError({
    code: 'column-unsuitable',
    blame: 'input',
    what: 'this column cannot serve here',
    where: { ...where, column: column.name },
    got: `a ${column.kind} column`,
    expected,
  });
}

function isWords({ kind }: ColumnInfo): boolean {
  return kind === 'text' || kind === 'category';
}

function isSingle({ kind }: ColumnInfo): boolean {
  return kind !== 'vector' && kind !== 'image';
}
