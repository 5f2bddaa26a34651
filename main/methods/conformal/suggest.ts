/** @file Better defaults for the data at hand. */
import type { DatasetInfo } from '../../contract/data';
import type { ConformalConfig } from './config';

/** Columns with the role target are the targets; a lone label makes a classification. */
export function suggest(inputs: Readonly<Record<string, DatasetInfo | undefined>>): Partial<ConformalConfig> {
  const table = inputs.table;
  if (!table) return {};
  const named = table.columns.filter(({ role }) => role === 'target').map(({ name }) => name);
  if (named.length > 0) return { targets: named };
  const numbers = table.columns.filter(({ kind }) => ['number', 'integer', 'boolean'].includes(kind));
  const label = table.columns.find(({ role, kind }) => role === 'label' && kind === 'category');
  if (label) return { targets: [label.name] };
  return numbers.length === 2 ? { targets: [numbers[1]!.name] } : {};
}
