/** @file A file as rows of text: the lines of plain text, or the column of text of anything that has one. */
import { MongeError } from '../../native-models/error';
import type { Cell, Dataset, DatasetInfo } from '../contract/data';
import { openDataset } from '.';

/** Rows asked for at once. */
const PAGE = 10_000;

/** Every row of the column that is text by its role, else by its name, else the first of words. @throws `no-text`, and the codes of the readers */
export async function openTexts(path: string): Promise<{ sha256: string; texts: string[] }> {
  const dataset = await openDataset(path);
  try {
    const column = textColumnOf(dataset.info);
    const texts: string[] = [];
    for await (const cells of eachRow(dataset)) texts.push(String(cells[column] ?? ''));
    return { sha256: dataset.info.sha256, texts };
  } finally {
    await dataset.close();
  }
}

/** The number of the column that holds texts. @throws `no-text` */
export function textColumnOf({ columns, name }: Pick<DatasetInfo, 'columns' | 'name'>): number {
  const worded = columns.filter(({ kind }) => kind === 'text' || kind === 'category');
  const chosen = worded.find(({ role }) => role === 'text') ?? worded.find((one) => one.name === 'text');
  const column = columns.indexOf(chosen ?? worded[0]!);
  if (column >= 0) return column;
  throw new MongeError({
    code: 'no-text',
    blame: 'input',
    what: 'no column of this file is text',
    where: { file: name },
    got: columns.map((one) => `${one.name}: ${one.kind}`).join(', '),
    expected: 'plain text, or a table or JSON Lines with a column of text',
  });
}

/** The cells of every row, in order. */
export async function* eachRow({ info, rows }: Pick<Dataset, 'info' | 'rows'>): AsyncGenerator<Cell[]> {
  for (let from = 0; from < info.rows; from += PAGE) yield* await rows(from, PAGE);
}
