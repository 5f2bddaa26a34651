/** @file What there is to see before the first run: the targets that the settings name, as they lie in the data. */
import type { Cell, DatasetInfo, Json } from '../../../main/rpc/contract';
import { resolvedColumns } from '../../form/columns';
import { plot } from '../../../figures/plot';
import type { Scene } from '../../../figures/scene';
import { count as formatCount } from '../../../figures/format';
import { levelText } from './words';

/** Rows that are read for the picture. */
export const previewedRows = 2000;

/** The targets that the settings name, as columns of the data set. */
export function targetsOf(settings: Readonly<Record<string, Json>>, dataset: DatasetInfo): string[] {
  const { targets } = settings;
  const names = Array.isArray(targets)
    ? targets.filter((one): one is string => typeof one === 'string')
    : ['last:2'];
  return resolvedColumns(names, dataset.columns);
}

/** The first two targets of rows as points; null where there are not two of numbers. */
export function previewScene(
  dataset: DatasetInfo,
  targets: readonly string[],
  rows: readonly (readonly Cell[])[],
): Scene | null {
  const [x, y] = targets
    .map((name) => dataset.columns.findIndex((column) => column.name === name))
    .filter((place) => ['number', 'integer'].includes(dataset.columns[place]?.kind ?? ''));
  if (x === undefined || y === undefined) return null;
  const points = rows.flatMap((row, index) => {
    const at = [row[x], row[y]];
    return at.every((one) => typeof one === 'number') ? [{ at: at as [number, number], index }] : [];
  });
  const all = dataset.rows > rows.length ? `first ${formatCount(rows.length)} of ` : '';
  const two = targets.length > 2 ? ` · two of ${formatCount(targets.length)} targets` : '';
  return plot({
    title: 'Targets in the data',
    subtitle: `${all}${formatCount(dataset.rows)} rows${two}`,
    x: { label: dataset.columns[x]!.name, room: 0.06, flat: 1 },
    y: { label: dataset.columns[y]!.name, room: 0.06, flat: 1 },
    marks: [
      {
        kind: 'points',
        label: 'rows',
        points: points.map(({ at }) => at),
        rows: Uint32Array.from(points, ({ index }) => index),
        radius: 1.8,
        color: 'series-2',
        opacity: 0.7,
      },
    ],
  });
}

/** What Run will do with these settings, in a sentence. */
export function planText(
  settings: Readonly<Record<string, Json>>,
  dataset: DatasetInfo,
  targets: readonly string[],
): string {
  const alpha = typeof settings.alpha === 'number' ? settings.alpha : 0.1;
  if (typeof settings.problem === 'string' && settings.problem !== 'data')
    return `Run draws a toy whose law is known, and makes ${levelText(alpha)} sets of its targets.`;
  if (targets.length === 0) return 'Choose the targets at the right, then press Run.';
  const shown =
    targets.slice(0, 4).join(', ') + (targets.length > 4 ? ` and ${targets.length - 4} more` : '');
  return `Run predicts ${shown} from the other columns of ${dataset.name}, and draws here the sets that hold the truth of a new row in ${levelText(alpha)} of cases. Other targets are chosen at the right.`;
}
