/** @file Names of columns as a setting holds them, with `last:K` standing for the last K of the data set. */
import type { ColumnInfo } from '../../main/rpc/contract';
import { count as formatCount, number as formatNumber } from '../../figures/format';

const lastColumns = /^last:(\d+)$/;

/** The names that a setting means, in order, each once; `last:K` is replaced by the columns it stands for. */
export function resolvedColumns(
  names: readonly string[],
  columns: readonly Pick<ColumnInfo, 'name'>[],
): string[] {
  const resolved = names.flatMap((name) => {
    const count = lastCount(name, columns);
    return count === null
      ? [name]
      : columns.slice(Math.max(0, columns.length - count)).map((one) => one.name);
  });
  return [...new Set(resolved)];
}

/** "last:2 → Y1, Y2" for every shorthand in the setting; empty without one. */
export function shorthandText(
  names: readonly string[],
  columns: readonly Pick<ColumnInfo, 'name'>[],
): string {
  return names
    .filter((name) => lastCount(name, columns) !== null)
    .map((name) => `${name} → ${resolvedColumns([name], columns).join(', ')}`)
    .join('; ');
}

/** Names that are no columns of the data set. */
export function unknownColumns(
  names: readonly string[],
  columns: readonly Pick<ColumnInfo, 'name'>[],
): string[] {
  const known = new Set(columns.map(({ name }) => name));
  return resolvedColumns(names, columns).filter((name) => !known.has(name));
}

/** Names typed with commas between them; a name in double quotes may hold commas. */
export function typedColumns(text: string): string[] {
  const parts = text.match(/\s*"[^"]*"\s*|[^,]+/g) ?? [];
  const names = parts.map((part) => part.trim().replace(/^"(.*)"$/, '$1')).filter(Boolean);
  return [...new Set(names)];
}

/** What stands in a text field for the names; the opposite of `typedColumns`. */
export function columnsText(names: readonly string[]): string {
  return names.map((name) => (name.includes(',') ? `"${name}"` : name)).join(', ');
}

/** "number, 6 to 43.1", "category, 3 values", with what is missing. */
export function columnFacts(column: ColumnInfo): string {
  const range =
    column.minimum !== undefined && column.maximum !== undefined
      ? `${formatNumber(column.minimum)} to ${formatNumber(column.maximum)}`
      : column.distinct !== undefined
        ? `${formatCount(column.distinct)} values`
        : '';
  const missing = column.missing > 0 ? `${formatCount(column.missing)} missing` : '';
  return [column.kind, range, missing].filter(Boolean).join(', ');
}

/** K of `last:K` where no column is really called so; else null. */
function lastCount(name: string, columns: readonly Pick<ColumnInfo, 'name'>[]): number | null {
  const match = lastColumns.exec(name);
  return match && !columns.some((one) => one.name === name) ? Number(match[1]) : null;
}
