/** @file Heat maps of a run: hooks from below, units of each in order of W₂ cut into as many bins. */
import type { SteerLayers } from '../../../../main/rpc/contract';

export const layerMeasures = {
  before: { title: 'W₂ before', help: 'How far the sides are apart without steering' },
  after: { title: 'W₂ after', help: 'How far they are apart through the maps' },
  gain: { title: 'W₂ taken away', help: 'Before less after' },
  slope: { title: '|w − 1|', help: 'How much the maps stretch' },
  shift: { title: '|β| ÷ sd', help: 'How far the maps move, in deviations of the source' },
} as const;
export type LayerMeasure = keyof typeof layerMeasures;

/** One hook as a row: its bins, the largest W₂ first. */
export interface LayerRow {
  hook: string;
  values: number[];
}

export function layerRows(layers: SteerLayers, measure: LayerMeasure, roles: readonly string[]): LayerRow[] {
  const { bins, hooks, before, after } = layers;
  return hooks.flatMap((hook, row) => {
    if (roles.length > 0 && !roles.includes(hook.split(':')[0]!)) return [];
    const values = Array.from({ length: bins }, (_, bin) => {
      const at = row * bins + bin;
      return measure === 'gain' ? before[at]! - after[at]! : layers[measure][at]!;
    });
    return [{ hook, values }];
  });
}

/** The value that is as bright as it gets: the largest, where there is any. */
export function largestOf(rows: readonly LayerRow[]): number {
  return rows.reduce(
    (most, { values }) => values.reduce((m, one) => (Number.isFinite(one) ? Math.max(m, one) : m), most),
    0,
  );
}
