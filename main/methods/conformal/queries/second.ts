/** @file A second table in the columns of the first. */
import { MongeError } from '../../../../native-models/error';
import type { PreparedTable } from '../table/prepared';

/**
 * The second table with the encoded columns of the first, in their order: words that only the second has are left out,
 * words that only the first has are 0 there. Throws `second-columns` where a number column is missing.
 */
export function secondMatches(second: PreparedTable, first: PreparedTable): PreparedTable {
  const places = first.names.map((name) => second.names.indexOf(name));
  const words = new Set(
    first.columns.flatMap(({ name, levels = [] }) => levels.map((level) => `${name}=${level}`)),
  );
  const missing = first.names.find((name, k) => places[k] === -1 && !words.has(name));
  if (missing !== undefined)
    throw new MongeError({
      code: 'second-columns',
      what: 'the second file lacks a feature of the first',
      where: { key: 'second', column: missing },
      expected: first.names.slice(0, 20).join(', '),
    });
  const width = second.names.length;
  const raw = new Float32Array(second.rows * places.length);
  for (let row = 0, at = 0; row < second.rows; row++)
    for (const place of places) raw[at++] = place === -1 ? 0 : second.raw[row * width + place]!;
  return { ...second, raw, names: first.names, columns: first.columns, targets: first.targets };
}
