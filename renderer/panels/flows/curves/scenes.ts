/** @file Distance over evaluations, training steps, pool size and cost, as scenes. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { ColorToken, Scene } from '../../../../figures/scene';
import { count as formatCount, plural } from '../../../../figures/format';
import { runLine, type Look } from '../runs';
import type { Band, CostPoint } from './quality';

/** One line of a quality figure: a run, or the mean of runs that differ only in their seed. */
export interface QualityLine extends Look {
  band: Band;
}

interface Words {
  title: string;
  subtitle: string;
  xLabel: string;
  yLabel: string;
  /** Where ticks stand on the logarithmic axis; null for a linear one. */
  xTicks: readonly number[] | null;
  floor: number | null;
}

/** Lines with their dots, the range over seeds behind them, and the real-real floor dotted across. */
export function qualityScene(lines: readonly QualityLine[], words: Words): Scene | null {
  const drawn = lines.filter(({ band }) => band.x.length > 0);
  if (drawn.length === 0) return null;
  const xs = drawn.flatMap(({ band }) => [...band.x]);
  const floor = words.floor !== null && words.floor > 0 ? words.floor : null;
  if (floor === null && !drawn.some(({ band }) => [...band.low, ...band.high].some((y) => y > 0)))
    return null;
  return plot({
    title: words.title,
    subtitle: words.subtitle,
    x: {
      label: words.xLabel,
      ...(words.xTicks
        ? { scale: 'log', ticks: words.xTicks, domain: [Math.min(...xs) / 1.15, Math.max(...xs) * 1.15] }
        : { domain: [Math.min(0, ...xs), Math.max(...xs) * 1.03 || 1] }),
    },
    y: {
      label: words.yLabel,
      scale: 'log',
      room: 0.06,
      least: 1.2,
      include: drawn.flatMap(({ band }) => [...band.low, ...band.high]),
    },
    marks: [
      floorMark(floor),
      ...drawn.flatMap(({ band: { x, mean, low, high, runs }, ...run }): MarkOptions[] => {
        const line = { ...runLine(run, x, mean), dots: 3 };
        const look = { id: `${run.id} band`, color: run.color, opacity: 0.18 };
        if (runs === 1) return [line];
        return [{ kind: 'band', label: `range over ${plural(runs, 'seed')}`, ...look, x, low, high }, line];
      }),
    ],
  });
}

/** The distance that real rows have to each other. */
function floorMark(floor: number | null): MarkOptions | false {
  const look = { color: 'ink-third', stroke: 'dashed' } as const;
  return (
    floor !== null &&
    floor > 0 && { kind: 'rule', id: 'floor', label: 'floor: real against real', y: floor, ...look }
  );
}

/** Every run on the same data by what it cost and how near it came; the front joins those that none beats in both. */
export function costScene(
  points: readonly CostPoint[],
  shown: readonly Look[],
  distance: string,
  floor: number | null,
): Scene | null {
  if (points.length === 0) return null;
  const front = points.filter((point) => point.front);
  const dots = (id: string, label: string, color: ColorToken, of: (point: CostPoint) => boolean) => {
    const chosen = points.filter(of).map((point): [number, number] => [point.seconds, point.distance]);
    const look = { id, label, color, radius: id === 'others' ? 3 : 4.5 };
    return chosen.length > 0 && ({ kind: 'points', ...look, points: chosen } satisfies MarkOptions);
  };
  return plot({
    title: 'Cost and quality',
    subtitle: `${plural(points.length, 'run')} on this data, ${formatCount(front.length)} on the front`,
    x: { label: 'seconds of pairing and training', scale: 'log', room: 0.08, least: 1.3 },
    y: { label: distance, scale: 'log', room: 0.08, least: 1.3 },
    marks: [
      floorMark(floor),
      // A front is a staircase: between two runs nothing better than the cheaper one is known.
      {
        kind: 'line',
        id: 'front',
        label: 'Pareto front',
        color: 'ink-second',
        x: front.flatMap(({ seconds: at }, i) => (i === 0 ? [at] : [at, at])),
        y: front.flatMap(({ distance: at }, i) => (i === 0 ? [at] : [front[i - 1]!.distance, at])),
      },
      dots(
        'others',
        'other runs on this data',
        'series-0',
        ({ run }) => !shown.some(({ id }) => id === run.id),
      ),
      // The shown run, which comes first, lies over those compared with it.
      ...[...shown.slice(1), ...shown.slice(0, 1)].map(({ id, label, color }) =>
        dots(id, label, color, ({ run }) => run.id === id),
      ),
    ],
  });
}
