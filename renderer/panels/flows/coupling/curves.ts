/** @file The linked figures of the Coupling tab as scenes: against ε, against the batch, blur, and pool by pool. */
import { histogramScene } from '../../../../figures/bins';
import { padded, plot } from '../../../../figures/plot';
import type { Axis, ColorToken, Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Against, Coupling, CouplingBlur, CouplingCurve, CouplingScaling } from './coupling.svelte';
import type { PerPoint } from './coupling.svelte';
import { drawsText, targetsText } from '../words';

const dashed = (color: ColorToken) => ({ color, stroke: 'dashed' }) as const;

const againstWords: Record<Against, { title: string; label: string; scale: Axis['scale'] }> = {
  sharpness: { title: 'E(P) over ε', label: 'E(P)', scale: 'linear' },
  iterations: { title: 'Iterations over ε', label: 'iterations', scale: 'log' },
  seconds: { title: 'Time over ε', label: 'seconds', scale: 'log' },
};

/** E(P), iterations or seconds against the relative ε, an answer for each, with the coupling that is shown. Null without one. */
export function couplingCurveScene(
  curve: readonly CouplingCurve[],
  answer: Coupling | null,
  of: Against,
): Scene | null {
  if (curve.length === 0) return null;
  const { title, label, scale } = againstWords[of];
  const column = (name: 'epsilon' | Against): number[] => curve.map((one) => one[name]);
  return plot({
    title,
    subtitle: 'click a dot to take its ε',
    x: { label: 'ε (σ of the cost)', scale: 'log', include: [0.00316, 10], room: 0.06 },
    y: { label, scale, domain: of === 'sharpness' ? [0, 1.04] : undefined, room: 0.06 },
    marks: [
      { kind: 'line', id: 'curve', label, x: column('epsilon'), y: column(of), dots: 3 },
      answer !== null &&
        answer.epsilon > 0 && {
          kind: 'points',
          id: 'now',
          label: 'shown',
          points: [[answer.epsilon, answer[of]]],
          color: 'series-2',
          radius: 5,
        },
    ],
  });
}

/** Slope of log y on log x by least squares; NaN with fewer than two points. */
export function logSlope(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanU, meanV] = [mean(u), mean(v)];
  let [product, square] = [0, 0];
  u.forEach((value, k) => {
    product += (value - meanU) * (v[k]! - meanV);
    square += (value - meanU) ** 2;
  });
  return square > 0 ? product / square : NaN;
}

/** Var(x₁|x₀) against the batch size, the line fitted through it, and the slope of the lower bound. */
export function scalingScene(scaling: readonly CouplingScaling[], how: string): Scene | null {
  const shown = scaling.filter(({ conditionalVariance }) => conditionalVariance > 0);
  if (shown.length === 0) return null;
  const x = shown.map(({ size }) => size);
  const y = shown.map(({ conditionalVariance }) => conditionalVariance);
  const slope = logSlope(x, y);
  const { intrinsicDimension: r, dimensionRows } = shown[0]!;
  const ends = [x[0]!, x.at(-1)!];
  const middle = (values: number[]): number =>
    Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
  const [cx, cy] = [middle(x), middle(y)];
  const guide =
    Number.isFinite(r) && ends[0] !== ends[1] ? ends.map((n) => y[0]! * (n / ends[0]!) ** (-2 / r)) : null;
  return plot({
    title: 'Var(x₁|x₀) over n',
    subtitle: `r = ${formatNumber(r)} by two-NN, ${formatCount(dimensionRows)} rows`,
    x: { label: 'n, batch size', scale: 'log', room: 0.06, ticks: x },
    // The fit may run out of the picture; what was measured may not.
    y: {
      label: 'of Var(x₁)',
      scale: 'log',
      domain: padded([...y, ...(guide ?? [])], { scale: 'log', room: 0.06 }),
    },
    marks: [
      { kind: 'line', id: 'measured', label: how, x, y, dots: 3 },
      Number.isFinite(slope) &&
        x.length > 2 && {
          kind: 'line',
          id: 'fit',
          label: `fit, slope ${formatNumber(slope)}`,
          x: ends,
          y: ends.map((n) => cy * (n / cx) ** slope),
          ...dashed('series-3'),
        },
      guide && {
        kind: 'line',
        id: 'bound',
        label: `lower bound’s slope, −2/r = ${formatNumber(-2 / r)}`,
        x: ends,
        y: guide,
        ...dashed('series-0'),
      },
    ],
  });
}

/** Mass on the diagonal and E(P) where images are coupled with their own blur. */
export function blurScene(blur: readonly CouplingBlur[]): Scene | null {
  if (blur.length === 0) return null;
  const of = (column: keyof CouplingBlur): number[] => blur.map((one) => one[column]);
  const x = of('epsilon');
  return plot({
    title: 'Blur benchmark',
    subtitle: `${formatCount(blur[0]!.count)} images paired with their own blur (1 pixel, circular): the true coupling is the diagonal`,
    x: { label: 'ε (σ of the cost)', scale: 'log', room: 0.06 },
    y: { label: 'share', domain: [0, 1.04] },
    marks: [
      { kind: 'line', id: 'diagonal', label: 'mass on the diagonal', x, y: of('diagonal'), dots: 3 },
      { kind: 'line', id: 'sharpness', label: 'E(P)', x, y: of('sharpness'), ...dashed('series-3'), dots: 3 },
    ],
  });
}

/** One number per pool of a run; null before the first pool. */
export function poolScene(
  { x, y }: { x: Float64Array; y: Float64Array },
  label: string,
  log: boolean,
  subtitle: string,
): Scene | null {
  if (x.length === 0) return null;
  return plot({
    title: 'Pools',
    subtitle,
    x: { label: 'pool', domain: [x[0]! - 0.5, x.at(-1)! + 0.5] },
    y: log
      ? { label, scale: 'log', room: 0.06 }
      : { label, domain: [Math.min(0, ...y), Math.max(...y) * 1.1 || 1] },
    marks: [{ kind: 'line', id: 'pools', label, x, y, dots: 3 }],
  });
}

export const perPointWords: Record<PerPoint, { title: string; label: string; xLabel: string }> = {
  targets: { title: 'Effective targets', label: 'source points', xLabel: 'data points per source point' },
  draws: { title: 'Times drawn', label: 'data points', xLabel: 'times drawn' },
};

/** How the points of one side share in the other: over how many data points each is spread, or how often each was drawn. */
export function perPointScene(answer: Coupling, of: PerPoint): Scene {
  const { title, label, xLabel } = perPointWords[of];
  const values = of === 'targets' ? answer.effectiveTargets : answer.draws;
  const most = answer.draws.reduce((largest, times) => Math.max(largest, times), 1);
  return histogramScene({
    title,
    subtitle: of === 'targets' ? targetsText(answer) : drawsText(answer),
    series: [{ id: of, label, values, color: 'series-1', outline: false }],
    xLabel,
    yLabel: 'points',
    xScale: of === 'targets' ? 'log' : 'linear',
    // Whole numbers and the halves between them, as far as there is room.
    bins: of === 'targets' ? 40 : Math.min(40, 2 * most + 1),
  });
}
