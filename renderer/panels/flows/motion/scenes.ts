/** @file Curvature, speed over time, few-step error over curvature, and crossings over time, as scenes. */
import type { AnswerOf } from '../../../../main/rpc/contract';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Curve } from '../../../../figures/curves';
import { histogramScene } from '../../../../figures/bins';
import type { Scene } from '../../../../figures/scene';
import { runLine, type Shown } from '../runs';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import { crossings, stretches } from './crossings';
import type { Trajectories } from '../scene';

export type Curvature = AnswerOf<'flows', 'curvature'>;
export type FewStepError = AnswerOf<'flows', 'fewStepError'>;
export type Speed = AnswerOf<'flows', 'speed'>;

/** How bent the paths of each run are, as distributions. */
export function curvatureScene(runs: readonly Shown<Curvature>[], subtitle: string): Scene | null {
  if (runs.length === 0) return null;
  return histogramScene({
    title: 'Curvature per path',
    subtitle,
    series: runs.map(({ id, label, color, compared, answer }) => {
      return { id, label, values: answer.perPath, color, outline: compared };
    }),
    xLabel: 'curvature (squared data units)',
    yLabel: 'paths',
    xScale: 'log',
  });
}

/** Where along the way the paths of each run bend. */
export function bendingCurves(runs: readonly Shown<Curvature>[]): Curve[] {
  return runs.map(({ id, label, color, compared, answer }) => {
    const [x, y] = [Float64Array.from(answer.times), Float64Array.from(answer.profile)];
    return { id, label, x, y, color, dashed: compared };
  });
}

/** Mean ‖v‖ over time; around the shown run the middle four fifths of its particles. */
export function speedScene(runs: readonly Shown<Speed>[]): Scene | null {
  const own = runs.find((run) => !run.compared);
  if (runs.length === 0) return null;
  const step = own ? ` · step ${formatCount(own.answer.step)}` : '';
  return plot({
    title: 'Speed over time',
    subtitle: `mean ‖v‖, flat where particles keep their speed${step}`,
    x: { label: 'time', domain: [0, 1] },
    y: { label: 'speed (data units)', domain: [0, null], room: 0.08 },
    marks: runs.flatMap(({ answer: { times: x, mean, low, high }, ...run }): MarkOptions[] => {
      const line = runLine(run, x, mean);
      const look = { id: `${run.id} spread`, color: run.color, opacity: 0.18 };
      if (run.compared) return [line];
      return [{ kind: 'band', label: '10 to 90 % of particles', ...look, x, low, high }, line];
    }),
  });
}

/** Each path: how much it bends against how far few evaluations miss its end. Both must be of the same paths. */
export function errorScene(
  runs: readonly Shown<{ curvature: Curvature; error: FewStepError }>[],
): Scene | null {
  const marks: MarkOptions[] = [];
  const correlations: string[] = [];
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
    if (!compared) paths = points.length / 2;
    correlations.push(formatNumber(Math.round(logCorrelation(points) * 100) / 100));
    marks.push({ kind: 'points', id, label, color, opacity: 0.6, points, radius: 1.8 });
  }
  if (marks.length === 0) return null;
  const budget = runs[0]!.answer.error.evaluations;
  return plot({
    title: 'Error by curvature',
    subtitle: `${formatCount(paths)} paths at ${budget} against 64 evaluations · correlation of logs ${correlations.join(', ')}`,
    x: { label: 'curvature (squared data units)', scale: 'log', room: 0.04 },
    y: { label: 'error (data units)', scale: 'log', room: 0.04 },
    marks,
  });
}

/** Share of pairs of paths that cross within each sixteenth of the time. */
export function crossingsScene(runs: readonly Shown<Trajectories>[], projected: boolean): Scene | null {
  const own = runs.find((run) => !run.compared) ?? runs[0];
  if (!own) return null;
  const { ever, together, chords, pairs } = crossings(own.answer);
  const percent = (share: number): string => `${formatNumber(Math.round(1000 * share) / 10)} %`;
  return plot({
    title: projected ? 'Crossings in the projection' : 'Crossings',
    subtitle: `of ${formatCount(pairs)} pairs of paths ${percent(ever)} cross, ${percent(together)} in the same 1⁄16 of time; chords ${percent(chords)}`,
    x: { label: 'time', domain: [0, 1] },
    y: { label: 'pairs crossing (%)', domain: [0, null], room: 0.1 },
    marks: runs.map(({ answer, ...run }) => {
      const middles = Array.from({ length: stretches }, (_, k) => (k + 0.5) / stretches);
      return runLine(
        run,
        middles,
        crossings(answer).byTime.map((share) => 100 * share),
      );
    }),
  });
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
