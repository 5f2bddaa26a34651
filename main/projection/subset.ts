/** @file Chosen rows as a file of JSON Lines that opens as a data set: id, text, label. */
import { MongeError } from '../../native-models/error';
import type { RowStore } from './row-store';

const utf8 = new TextEncoder();

/**
 * `chosen`: the rows alone. `marked`: every row, with a boolean column of the subset's name.
 * @throws `projection-row` for a row that is not there.
 */
export function subsetFile(store: RowStore, rows: Uint32Array, name: string, form: 'chosen' | 'marked') {
  const total = store.ids.length;
  const chosen = new Set<number>();
  for (const row of rows) {
    if (row >= total)
      throw new MongeError({
        code: 'projection-row',
        blame: 'input',
        what: 'there is no such row',
        got: String(row),
        expected: `0 to ${total - 1}`,
      });
    chosen.add(row);
  }
  const listed =
    form === 'marked' ? Array.from({ length: total }, (_, row) => row) : [...chosen].sort((a, b) => a - b);
  const lines = listed.map((row) => {
    const { labels, texts, ids } = store;
    const code = labels?.codes[row] ?? -1;
    return JSON.stringify({
      id: ids[row],
      ...(texts ? { text: texts[row] } : {}),
      ...(labels ? { label: code < 0 ? null : labels.names[code] } : {}),
      ...(form === 'marked' ? { [markName(name)]: chosen.has(row) } : {}),
    });
  });
  return {
    name: `${fileStem(name)}.jsonl`,
    mediaType: 'application/jsonl',
    bytes: utf8.encode(`${lines.join('\n')}\n`),
    rows: listed.length,
  };
}

/** The subset's name, unless a column of the file is called that already. */
const markName = (name: string): string => (['id', 'text', 'label'].includes(name) ? `in ${name}` : name);

/** A plain file name from any name. */
function fileStem(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return plain || 'subset';
}
