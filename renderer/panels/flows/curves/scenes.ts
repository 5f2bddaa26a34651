/** @file Distance over evaluations, training steps, pool size and cost, as scenes. */
import type { RunRecord } from '../../../../main/rpc/contract';
import type { ColorToken, Mark, Scene } from '../../../../figures/scene';
import { count as formatCount, plural } from '../../../../figures/format';
import type { Band, CostPoint } from './quality';

/** One line of a quality figure: a run, or the mean of runs that differ only in their seed. */
export interface QualityLine {
  id: string;
  label: string;
  color: ColorToken;
  dashed: boolean;
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
  const log = words.xTicks !== null;
  const xs = drawn.flatMap(({ band }) => [...band.x]);
  const [left, right] = log
    ? [Math.min(...xs) / 1.15, Math.max(...xs) * 1.15]
    : [Math.min(0, ...xs), Math.max(...xs) * 1.03 || 1];
  const ys = drawn.flatMap(({ band }) => [...band.low, ...band.high]).filter((y) => y > 0);
  const floor = words.floor !== null && words.floor > 0 ? words.floor : null;
  if (floor !== null) ys.push(floor);
  if (ys.length === 0) return null;
  const grow = Math.max(1.2, (Math.max(...ys) / Math.min(...ys)) ** 0.06);
  const marks: Mark[] = [];
  if (floor !== null)
    marks.push({
      kind: 'line',
      id: 'floor',
      label: 'floor: real against real',
      color: 'ink-third',
      opacity: 1,
      x: Float64Array.of(left, right),
      y: Float64Array.of(floor, floor),
      stroke: 'dashed',
    });
  for (const { id, label, color, dashed, band } of drawn) {
    const { x, mean, low, high, runs } = band;
    if (runs > 1)
      marks.push({
        kind: 'band',
        id: `${id} band`,
        label: `range over ${plural(runs, 'seed')}`,
        color,
        opacity: 0.18,
        x,
        low,
        high,
      });
    marks.push({
      kind: 'line',
      id: `${id} line`,
      label,
      color,
      opacity: 1,
      x,
      y: mean,
      stroke: dashed ? 'dashed' : 'solid',
    });
    const points = new Float32Array(2 * x.length);
    x.forEach((value, i) => points.set([value, mean[i]!], 2 * i));
    marks.push({ kind: 'points', id, label, color, opacity: 1, points, radius: 3 });
  }
  const ticks = words.xTicks;
  return {
    title: words.title,
    subtitle: words.subtitle,
    x: { label: words.xLabel, scale: log ? 'log' : 'linear', domain: [left, right], ...(ticks && { ticks }) },
    y: { label: words.yLabel, scale: 'log', domain: [Math.min(...ys) / grow, Math.max(...ys) * grow] },
    equalAspect: false,
    marks,
  };
}

/** Every run on the same data by what it cost and how near it came; the front joins those that none beats in both. */
export function costScene(
  points: readonly CostPoint[],
  own: RunRecord,
  compare: readonly { run: RunRecord; color: ColorToken }[],
  distance: string,
  floor: number | null,
): Scene | null {
  if (points.length === 0) return null;
  const seconds = points.map((point) => point.seconds);
  const distances = points.map((point) => point.distance);
  if (floor !== null && floor > 0) distances.push(floor);
  const domain = (values: number[]): [number, number] => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const grow = Math.max(1.3, (high / low) ** 0.08);
    return [low / grow, high * grow];
  };
  const front = points.filter((point) => point.front);
  const [left, right] = domain(seconds);
  const marks: Mark[] = [];
  if (floor !== null && floor > 0)
    marks.push({
      kind: 'line',
      id: 'floor',
      label: 'floor: real against real',
      color: 'ink-third',
      opacity: 1,
      x: Float64Array.of(left, right),
      y: Float64Array.of(floor, floor),
      stroke: 'dashed',
    });
  // A front is a staircase: between two runs nothing better than the cheaper one is known.
  marks.push({
    kind: 'line',
    id: 'front',
    label: 'Pareto front',
    color: 'ink-second',
    opacity: 1,
    stroke: 'solid',
    x: Float64Array.from(front.flatMap(({ seconds: at }, i) => (i === 0 ? [at] : [at, at]))),
    y: Float64Array.from(
      front.flatMap(({ distance: at }, i) => (i === 0 ? [at] : [front[i - 1]!.distance, at])),
    ),
  });
  const dots = (id: string, label: string, color: ColorToken, of: (point: CostPoint) => boolean): void => {
    const chosen = points.filter(of);
    if (chosen.length === 0) return;
    marks.push({
      kind: 'points',
      id,
      label,
      color,
      opacity: 1,
      radius: id === 'others' ? 3 : 4.5,
      points: Float32Array.from(chosen.flatMap((point) => [point.seconds, point.distance])),
    });
  };
  const named = new Set([own.id, ...compare.map(({ run }) => run.id)]);
  dots('others', 'other runs on this data', 'series-0', ({ run }) => !named.has(run.id));
  for (const { run, color } of compare) dots(run.id, run.name, color, (point) => point.run.id === run.id);
  dots(own.id, 'this run', 'series-1', ({ run }) => run.id === own.id);
  return {
    title: 'Cost and quality',
    subtitle: `${plural(points.length, 'run')} on this data, ${formatCount(front.length)} on the front`,
    x: { label: 'seconds of pairing and training', scale: 'log', domain: [left, right] },
    y: { label: distance, scale: 'log', domain: domain(distances) },
    equalAspect: false,
    marks,
  };
}
