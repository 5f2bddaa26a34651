/** @file The table of a run: features as numbers, targets beside them, rows that lack an answer left out. */
import { MongeError } from '../../native-models/error';
import type { Dataset } from '../contract/data';
import { gatherRows } from '../numerics/gather';
import { chooseColumns, type ChoiceConfig } from './choose';

/** A column of the data set and, for categories, the words that become columns of zeros and ones. */
interface FeatureColumn {
  name: string;
  levels?: string[];
}

export interface PreparedTable {
  task: 'regression' | 'classification';
  rows: number;
  /** Row of the data set behind each. */
  index: Uint32Array;
  /** [rows, p] encoded features in the units of the data; NaN where missing. */
  raw: Float32Array;
  /** p names; those of categories with their word, as `colour=red`. */
  names: string[];
  /** The columns behind them. */
  columns: FeatureColumn[];
  /** [rows, d] in data units; for a classification the class of each row, d = 1. */
  y: Float32Array;
  targets: string[];
  /** [rows, d] predictions brought along, in data units. */
  given?: Float32Array;
  /** The classes in the data's words. */
  classes?: string[];
  /** Whether targets are standardised for the models; those of toys are left in their own units. */
  standardise: boolean;
  /** Sentences for the person. */
  notices: string[];
}

/**
 * Reads the columns that the settings name. Categories become one column per word that occurs; rows
 * without a target or prediction are left out and counted.
 *
 * @throws `input-missing`, `no-rows` and the errors of `chooseColumns`
 */
export async function prepareTable(
  dataset: Dataset | undefined,
  config: ChoiceConfig,
): Promise<PreparedTable> {
  if (!dataset)
    throw new MongeError({
      code: 'input-missing',
      blame: 'input',
      what: 'sets are made for a table',
      where: { key: 'data' },
      expected: 'a data set with a column per feature and target',
    });
  const chosen = chooseColumns(dataset.info, config);
  const { task, targets, predictions } = chosen;
  const features = await readFeatures(dataset, chosen.features);
  const answers = task === 'classification' ? await readClasses(dataset, targets[0]!) : null;
  const y = answers ? answers.codes : await readNumbers(dataset, targets);
  const given = predictions.length > 0 ? await readNumbers(dataset, predictions) : undefined;
  const all = dataset.info.rows;
  const complete = completeRows(targets.length, given ? [y, given] : [y]);
  const notices = [...chosen.notices];
  if (complete.length === 0)
    throw new MongeError({
      code: 'no-rows',
      blame: 'input',
      what: 'no row has a value in all of these columns',
      where: { file: dataset.info.name, column: [...targets, ...predictions].join(', ') },
      got: `${all} rows, 0 complete`,
    });
  if (complete.length < all)
    notices.push(
      `${(all - complete.length).toLocaleString('en')} of ${all.toLocaleString('en')} rows are left out: a ${given ? 'target or prediction' : 'target'} is missing.`,
    );
  if (chosen.features.length === 0)
    notices.push('There are no features: all rows are equally near to each other.');
  const take = (values: Float32Array, width: number) => gatherRows(values, width, complete);
  return {
    ...{ task, rows: complete.length, index: complete, notices, targets },
    ...{ names: features.names, columns: features.columns, standardise: task === 'regression' },
    raw: take(features.raw, features.names.length),
    y: take(y, targets.length),
    ...(given && { given: take(given, targets.length) }),
    ...(answers && { classes: answers.names }),
  };
}

/**
 * The same features of another data set, such as a later one: `raw` [rows, p] for all of its rows. Words that the first
 * one did not have give zeros in all columns of their category.
 *
 * @throws `column-unknown`, `column-unsuitable`
 */
export async function prepareLike(dataset: Dataset, table: Pick<PreparedTable, 'columns'>) {
  const { raw } = await encodeColumns(dataset, table.columns);
  return { rows: dataset.info.rows, raw };
}

async function readFeatures(dataset: Dataset, names: readonly string[]) {
  const columns: FeatureColumn[] = [];
  for (const name of names) {
    const column = await dataset.column(name);
    if (column.kind === 'numbers') columns.push({ name });
    else {
      const seen = new Set(column.codes);
      columns.push({ name, levels: column.names.filter((_, code) => seen.has(code)) });
    }
  }
  return { ...(await encodeColumns(dataset, columns)), columns };
}

/** The columns side by side: `raw` [rows, names.length]. */
async function encodeColumns(dataset: Dataset, columns: readonly FeatureColumn[]) {
  const { rows } = dataset.info;
  const names = columns.flatMap(({ name, levels }) => levels?.map((level) => `${name}=${level}`) ?? [name]);
  // Local scores need something to measure nearness by, so a table without features has one of zeros.
  if (columns.length === 0) return { raw: new Float32Array(rows), names: ['nothing'] };
  const width = names.length;
  const raw = new Float32Array(rows * width);
  let at = 0;
  for (const { name, levels } of columns) {
    const column = await dataset.column(name);
    if ((column.kind === 'categories') !== (levels !== undefined))
      throw new MongeError({
        code: 'column-unsuitable',
        blame: 'input',
        what: 'a column holds something else than in the first data set',
        where: { file: dataset.info.name, column: name },
        got: column.kind,
        expected: levels ? 'categories' : 'numbers',
      });
    if (column.kind === 'numbers') {
      for (let row = 0; row < rows; row++) raw[row * width + at] = column.values[row]!;
      at += 1;
    } else {
      const place = column.names.map((word) => levels!.indexOf(word));
      for (let row = 0; row < rows; row++) {
        const code = column.codes[row]!;
        const start = row * width + at;
        if (code < 0) raw.fill(NaN, start, start + levels!.length);
        else if (place[code]! >= 0) raw[start + place[code]!] = 1;
      }
      at += levels!.length;
    }
  }
  return { raw, names };
}

/** Columns of numbers side by side, [rows, names.length]. */
async function readNumbers(dataset: Dataset, names: readonly string[]): Promise<Float32Array> {
  const columns = names.map((name) => ({ name }));
  return (await encodeColumns(dataset, columns)).raw;
}

/** A column as classes 0 … K−1, NaN where missing; numbers in ascending order, words in the column's own. */
async function readClasses(dataset: Dataset, name: string) {
  const column = await dataset.column(name);
  const boolean = dataset.info.columns.find((one) => one.name === name)?.kind === 'boolean';
  const values: ArrayLike<number> = column.kind === 'numbers' ? column.values : column.codes;
  const missing = (value: number) => !(column.kind === 'numbers' ? value === value : value >= 0);
  const seen = [...new Set(Array.from(values))].filter((value) => !missing(value)).sort((a, b) => a - b);
  if (seen.length < 2)
    throw new MongeError({
      code: 'one-class',
      blame: 'input',
      what: 'there is nothing to tell apart',
      where: { file: dataset.info.name, column: name, key: 'targets' },
      got: `${seen.length} different values`,
      expected: 'two or more',
    });
  const code = new Map(seen.map((value, k) => [value, k]));
  const word = (value: number) => (boolean ? (value === 1 ? 'true' : 'false') : String(value));
  return {
    codes: Float32Array.from(values, (value) => code.get(value) ?? NaN),
    names: seen.map((value) => (column.kind === 'numbers' ? word(value) : column.names[value]!)),
  };
}

/** The rows in which none of the tables [rows, width] lacks a value. */
function completeRows(width: number, tables: readonly Float32Array[]): Uint32Array {
  const rows = Uint32Array.from({ length: tables[0]!.length / width }, (_, row) => row);
  const isMissing = (value: number) => Number.isNaN(value);
  return rows.filter((row) =>
    tables.every((values) => !values.subarray(row * width, (row + 1) * width).some(isMissing)),
  );
}
