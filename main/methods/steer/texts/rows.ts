/** @file The rows of one side: all texts of a file, or those of a label or of a set of a JSON file. */
import { MongeError } from '../../../../native-models/error';
import type { Dataset, DatasetInfo } from '../../../contract/data';
import { eachRow, textColumnOf } from '../../../data/texts';

export interface RowsAsked {
  /** The label whose rows are wanted; empty for all. */
  label: string;
  /** Its column; empty for the one that has it. */
  column: string;
  /** The setting that names the label. */
  key: 'from' | 'to';
  /** All other rows instead. */
  others?: boolean;
}

/**
 * Texts without spaces at their ends; empty rows are left out.
 * @throws `no-text`, `column-unknown`, `label-unknown` naming the labels that there are
 */
export async function rowsOf(
  dataset: Pick<Dataset, 'info' | 'rows'>,
  { label, column, key, others = false }: RowsAsked,
): Promise<string[]> {
  const { info } = dataset;
  const named = column === '' ? -1 : columnNamed(info, column, key);
  // The column of words that is the label is no text.
  const text = textColumnOf(named < 0 ? info : withoutWords(info, named));
  // Numbers of the texts that have the label in each column.
  const byColumn = info.columns.map(() => new Set<number>());
  const texts: string[] = [];
  const seen = info.columns.map(() => new Set<string>());
  for await (const cells of eachRow(dataset)) {
    const words = String(cells[text] ?? '').trim();
    if (words === '') continue;
    texts.push(words);
    if (label === '') continue;
    for (const [at, cell] of cells.entries()) {
      if (at === text || (named >= 0 && at !== named)) continue;
      const value = String(cell ?? '').trim();
      if (value === label) byColumn[at]!.add(texts.length - 1);
      if (seen[at]!.size < 20) seen[at]!.add(value);
    }
  }
  if (label === '') return texts;
  const labelled = named >= 0 ? named : bestColumn(info, byColumn);
  const rows = labelled >= 0 ? byColumn[labelled]! : new Set<number>();
  if (rows.size > 0) return texts.filter((_, row) => rows.has(row) !== others);
  const labels = named >= 0 ? named : info.columns.findIndex(({ role }) => role === 'label');
  throw new MongeError({
    code: 'label-unknown',
    blame: 'input',
    what: 'no row of the file has this label',
    where: { file: info.name, key },
    got: JSON.stringify(label),
    expected:
      labels >= 0
        ? `${info.columns[labels]!.name}: ${[...seen[labels]!].join(', ')}`
        : `a value of ${info.columns.map(({ name }) => name).join(', ')}`,
  });
}

/** A JSON file of two sets, positive and negative, says itself which is which. */
export function concept(info: DatasetInfo): boolean {
  const categories = info.columns.find(({ role }) => role === 'label')?.categories;
  return (
    info.format === 'json' &&
    categories?.length === 2 &&
    ['positive', 'negative'].every((name) => categories.includes(name))
  );
}

function columnNamed(info: DatasetInfo, column: string, key: string): number {
  const at = info.columns.findIndex(({ name }) => name === column);
  if (at >= 0) return at;
  throw new MongeError({
    code: 'column-unknown',
    blame: 'input',
    what: 'the file has no such column of labels',
    where: { file: info.name, key: 'labels' },
    got: `${JSON.stringify(column)}, for ${key}`,
    expected: info.columns.map(({ name }) => name).join(', '),
  });
}

function withoutWords(info: DatasetInfo, at: number): Pick<DatasetInfo, 'columns' | 'name'> {
  return {
    ...info,
    columns: info.columns.map((one, k) => (k === at ? { ...one, kind: 'number', role: 'label' } : one)),
  };
}

/** The column of labels where it has the label, else the first one that does. */
function bestColumn({ columns }: DatasetInfo, found: readonly ReadonlySet<number>[]): number {
  const label = columns.findIndex(({ role }) => role === 'label');
  if (label >= 0 && found[label]!.size > 0) return label;
  return found.findIndex(({ size }) => size > 0);
}
