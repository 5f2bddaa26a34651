/** @file Speed over time, few-step error over curvature, and crossings over time, as scenes. */
import type { AnswerOf } from '../../../../main/rpc/contract';
import type { ColorToken, Mark, Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import { crossings, stretches } from './crossings';
import type { Trajectories } from '../scene';

export type Curvature = AnswerOf<'flows', 'curvature'>;
export type FewStepError = AnswerOf<'flows', 'fewStepError'>;
export type Speed = AnswerOf<'flows', 'speed'>;

/** One run's answer with the name and colour it has in every figure. */
export interface Shown<A> {
  id: string;
  label: string;
  color: ColorToken;
  compared: boolean;
  answer: A;
}

/** Mean ‖v‖ over time; around the shown run the middle four fifths of its particles. */
export function speedScene(runs: readonly Shown<Speed>[]): Scene | null {
  const own = runs.find((run) => !run.compared);
  if (runs.length === 0) return null;
  const marks: Mark[] = [];
  let top = 0;
  for (const { id, label, color, compared, answer } of runs) {
    const x = Float64Array.from(answer.times);
    const y = Float64Array.from(answer.mean);
    top = Math.max(top, ...y, ...(compared ? [] : answer.high));
    if (!compared)
      marks.push({
        kind: 'band',
        id: `${id} spread`,
        label: '10 to 90 % of particles',
        color,
        opacity: 0.18,
        x,
        low: Float64Array.from(answer.low),
        high: Float64Array.from(answer.high),
      });
    marks.push({ kind: 'line', id, label, color, opacity: 1, x, y, stroke: compared ? 'dashed' : 'solid' });
  }
  const step = own ? ` · step ${formatCount(own.answer.step)}` : '';
  return {
    title: 'Speed over time',
    subtitle: `mean ‖v‖, flat where particles keep their speed${step}`,
    x: { label: 'time', scale: 'linear', domain: [0, 1] },
    y: { label: 'speed (data units)', scale: 'linear', domain: [0, top * 1.08 || 1] },
    equalAspect: false,
    marks,
  };
}

/** Each path: how much it bends against how far few evaluations miss its end. Both must be of the same paths. */
export function errorScene(
  runs: readonly Shown<{ curvature: Curvature; error: FewStepError }>[],
): Scene | null {
  const marks: Mark[] = [];
  const correlations: string[] = [];
  const ends = { x: [Infinity, -Infinity], y: [Infinity, -Infinity] };
  let paths = 0;
  for (const { id, label, color, compared, answer } of runs) {
    const { perPath } = answer.curvature;
    const { errors } = answer.error;
    const kept: number[] = [];
    for (let i = 0; i < Math.min(perPath.length, errors.length); i++)
      // A logarithm needs more than nothing.
      if (perPath[i]! > 0 && errors[i]! > 0) kept.push(perPath[i]!, errors[i]!);
    if (kept.length < 4) continue;
    const points = Float32Array.from(kept);
    for (let i = 0; i < points.length; i += 2) {
      ends.x = [Math.min(ends.x[0]!, points[i]!), Math.max(ends.x[1]!, points[i]!)];
      ends.y = [Math.min(ends.y[0]!, points[i + 1]!), Math.max(ends.y[1]!, points[i + 1]!)];
    }
    if (!compared) paths = points.length / 2;
    correlations.push(formatNumber(Math.round(logCorrelation(points) * 100) / 100));
    marks.push({ kind: 'points', id, label, color, opacity: 0.6, points, radius: 1.8 });
  }
  if (marks.length === 0) return null;
  const budget = runs[0]!.answer.error.evaluations;
  return {
    title: 'Error by curvature',
    subtitle: `${formatCount(paths)} paths at ${budget} against 64 evaluations · correlation of logs ${correlations.join(', ')}`,
    x: { label: 'curvature (squared data units)', scale: 'log', domain: widened(ends.x) },
    y: { label: 'error (data units)', scale: 'log', domain: widened(ends.y) },
    equalAspect: false,
    marks,
  };
}

/** Share of pairs of paths that cross within each sixteenth of the time. */
export function crossingsScene(runs: readonly Shown<Trajectories>[], projected: boolean): Scene | null {
  const own = runs.find((run) => !run.compared) ?? runs[0];
  if (!own) return null;
  let top = 0;
  const marks = runs.map(({ id, label, color, compared, answer }): Mark => {
    const { byTime } = crossings(answer);
    const y = byTime.map((share) => 100 * share);
    top = Math.max(top, ...y);
    const x = Float64Array.from({ length: stretches }, (_, k) => (k + 0.5) / stretches);
    return { kind: 'line', id, label, color, opacity: 1, x, y, stroke: compared ? 'dashed' : 'solid' };
  });
  const { ever, together, chords, pairs } = crossings(own.answer);
  const percent = (share: number): string => `${formatNumber(Math.round(1000 * share) / 10)} %`;
  return {
    title: projected ? 'Crossings in the projection' : 'Crossings',
    subtitle: `of ${formatCount(pairs)} pairs of paths ${percent(ever)} cross, ${percent(together)} in the same 1⁄16 of time; chords ${percent(chords)}`,
    x: { label: 'time', scale: 'linear', domain: [0, 1] },
    y: { label: 'pairs crossing (%)', scale: 'linear', domain: [0, top * 1.1 || 1] },
    equalAspect: false,
    marks,
  };
}

/** Pearson's correlation of the logarithms of [n, 2] positive values. */
export function logCorrelation(points: Float32Array): number {
  const n = points.length / 2;
  const logs = Float64Array.from(points, Math.log);
  const mean = [0, 0];
  logs.forEach((value, i) => (mean[i % 2]! += value / n));
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < logs.length; i += 2) {
    const [x, y] = [logs[i]! - mean[0]!, logs[i + 1]! - mean[1]!];
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

function widened(ends: number[]): [number, number] {
  const [low, high] = [ends[0]!, ends[1]!];
  const grow = Math.max(1.15, (high / low) ** 0.04);
  return [low / grow, high * grow];
}
