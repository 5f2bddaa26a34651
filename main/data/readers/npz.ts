/** @file NPZ: several NPY arrays in a zip archive; those with as many rows as the largest become columns. */
import { MongeError } from '../../../native-models/error';
import type { Column } from '../column';
import type { DatasetWarning } from '../../contract/data';
import { arrayColumns, readHeader, readValues } from './npy';
import { zipReader } from './reader';

export const npzReader = zipReader('npz', 'npz', async (source, members) => {
  const file = source.name;
  const entries = members.filter((entry) => entry.name.endsWith('.npy'));
  if (entries.length === 0)
    throw new MongeError({
      code: 'no-arrays',
      what: 'the archive holds no NPY arrays',
      where: { file },
      help: 'write it with np.savez(name, x=…, label=…)',
    });
  const warnings: DatasetWarning[] = [];
  const arrays = entries.map((entry) => {
    const where = `${file}/${entry.name}`;
    const content = entry.read();
    const header = readHeader(where, content, content.length);
    return { name: entry.name.slice(0, -4), header, content, where };
  });
  const largest = arrays.reduce((a, b) => (b.content.length > a.content.length ? b : a));
  const rows = largest.header.shape[0];
  const columns: Column[] = [];
  for (const { name, header, content, where } of arrays) {
    if (header.shape[0] !== rows) {
      warnings.push({
        code: 'array-skipped',
        message: `${name} has shape ${header.shape.join('×') || '()'}, not ${rows ?? 0} rows like ${largest.name}; not used`,
      });
      continue;
    }
    columns.push(...arrayColumns(where, name, readValues(where, content, header), warnings));
  }
  return { format: 'npz', columns, warnings };
});
