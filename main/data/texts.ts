/** @file A file as rows of text: the lines of plain text, or the column of text of anything that has one. */
import { MongeError } from '../../native-models/error';
import { openDataset } from '.';

/** Rows asked for at once. */
const PAGE = 10_000;

/** Every row of the column that is text by its role, else by its name, else the first of words. @throws `no-text`, and the codes of the readers */
export async function openTexts(path: string): Promise<{ sha256: string; texts: string[] }> {
  const dataset = await openDataset(path);
  try {
    const { columns, rows, sha256, name } = dataset.info;
    const worded = columns.filter(({ kind }) => kind === 'text' || kind === 'category');
    const chosen = worded.find(({ role }) => role === 'text') ?? worded.find((one) => one.name === 'text');
    const column = columns.indexOf(chosen ?? worded[0]!);
    if (column === -1)
      throw new MongeError({
        code: 'no-text',
        blame: 'input',
        what: 'no column of this file is text',
        where: { file: name },
        got: columns.map((one) => `${one.name}: ${one.kind}`).join(', '),
        expected: 'plain text, or a table or JSON Lines with a column of text',
      });
    const texts: string[] = [];
    for (let row = 0; row < rows; row += PAGE)
      for (const cells of await dataset.rows(row, PAGE)) texts.push(String(cells[column] ?? ''));
    return { sha256, texts };
  } finally {
    await dataset.close();
  }
}
