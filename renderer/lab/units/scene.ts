/** @file A unit's histogram as a scene: counts on a log scale, what lies above the line in full colour. */
import { plot, type MarkOptions } from '../../../figures/plot';
import type { Scene } from '../../../figures/scene';
import type { UnitHistogram } from '../../../main/rpc/contract';

interface HistogramOptions {
  title: string;
  subtitle: string;
  histogram: UnitHistogram;
  /** Counts of the two groups where they are compared. */
  groups: { to: Uint32Array; from: Uint32Array; names: [string, string] } | null;
  line: number | null;
}

/** Where the logarithmic axis begins: a bar of one row must still be seen. */
const FLOOR = 0.7;

export function histogramScene({ title, subtitle, histogram, groups, line }: HistogramOptions): Scene {
  const { edges, counts } = histogram;
  const bar = (counted: ArrayLike<number>, kept: (edge: number) => boolean): number[] =>
    Array.from(counted, (count, bin) => (kept(edges[bin]!) ? count : 0));
  const bins = (
    label: string,
    heights: number[],
    color: 'series-3' | 'series-1' | 'series-2',
    opacity: number,
    outline = false,
  ): MarkOptions => ({
    kind: 'bins',
    ...{ label, edges, heights, color, opacity, outline },
  });
  const above = (edge: number): boolean => line === null || edge >= line;
  return plot({
    title,
    subtitle,
    x: { label: 'activation', domain: [edges[0]!, edges.at(-1)!] },
    y: { label: 'rows, log scale', scale: 'log', domain: [FLOOR, null], room: 0.05 },
    marks: groups
      ? [
          bins(
            groups.names[0],
            bar(groups.to, () => true),
            'series-1',
            1,
            true,
          ),
          bins(
            groups.names[1],
            bar(groups.from, () => true),
            'series-2',
            1,
            true,
          ),
        ]
      : [
          bins(
            'rows below the line',
            bar(counts, (edge) => !above(edge)),
            'series-3',
            0.45,
          ),
          bins('rows above the line', bar(counts, above), 'series-3', 1),
        ],
  });
}
