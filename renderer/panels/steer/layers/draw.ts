/** @file Draws rows of values as coloured cells with their hooks named at the left, the first hook at the bottom. */
import { toneColor } from '../../../../figures/palette';
import type { Surface } from '../../../../figures/surface';
import type { FigureTable } from '../../../../figures/table';
import type { Theme } from '../../../../figures/theme';
import type { LayerRow } from './scenes';

/** Pixels for the names of hooks, and beyond the cells. */
const names = 118;
const beyond = 14;

interface Drawn {
  width: number;
  height: number;
  /** The value that is as bright as it gets. */
  largest: number;
  /** The hook that is looked at. */
  shown: string | null;
  top?: number;
}

export function drawnRows(
  surface: Surface,
  rows: readonly LayerRow[],
  { width, height, largest, shown, top = 0 }: Drawn,
  theme: Theme,
): void {
  const tall = height / rows.length;
  const every = Math.ceil(13 / tall);
  rows.forEach(({ hook, values }, row) => {
    const y = top + height - (row + 1) * tall;
    const wide = (width - names - beyond) / values.length;
    values.forEach((value, bin) => {
      if (!Number.isFinite(value)) return;
      const share = largest > 0 ? Math.max(0, value) / largest : 0;
      surface.rectangle(names + bin * wide, y, wide + 0.5, Math.max(1, tall - 1), toneColor(share, theme), 1);
    });
    const own = hook === shown;
    if (own) surface.rectangle(names - 4, y, 3, Math.max(1, tall - 1), theme.accent, 1);
    if (row % every === 0 || own)
      surface.text(names - 8, y + tall / 2 + 4, hook, {
        ...{ color: theme[own ? 'ink' : 'ink-second'], size: 11, weight: 400, anchor: 'end' },
      });
  });
}

export function rowsTable(rows: readonly LayerRow[]): FigureTable {
  return {
    columns: ['hook', 'bin', 'value'],
    rows: rows.flatMap(({ hook, values }) => values.map((value, bin) => [hook, bin, value])),
  };
}
