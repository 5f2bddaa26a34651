/** @file The linked figures of the Coupling tab as scenes: against ε, against the batch, blur, and pool by pool. */
import type { Axis, ColorToken, Mark, Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Against, BlurPoint, CurvePoint, Coupling, CouplingScaling } from './coupling.svelte';

/** A line through dots. */
function dotted(
  id: string,
  label: string,
  x: number[],
  y: number[],
  color: ColorToken,
  dashed = false,
): Mark[] {
  const points = Float32Array.from({ length: 2 * x.length }, (_, k) => (k % 2 === 0 ? x : y)[k >> 1]!);
  return [
    {
      kind: 'line',
      id: `${id} line`,
      label,
      x: Float64Array.from(x),
      y: Float64Array.from(y),
      color,
      stroke: dashed ? 'dashed' : 'solid',
      opacity: 1,
    },
    { kind: 'points', id, label, points, color, radius: 3, opacity: 1 },
  ];
}

const againstWords: Record<Against, { title: string; label: string; scale: Axis['scale'] }> = {
  sharpness: { title: 'E(P) over ε', label: 'E(P)', scale: 'linear' },
  iterations: { title: 'Iterations over ε', label: 'iterations', scale: 'log' },
  seconds: { title: 'Time over ε', label: 'seconds', scale: 'log' },
};

/** E(P), iterations or seconds against the relative ε, with the coupling that is shown. Null without a point. */
export function curveScene(curve: readonly CurvePoint[], answer: Coupling | null, of: Against): Scene | null {
  if (curve.length === 0) return null;
  const { title, label, scale } = againstWords[of];
  const x = curve.map(({ epsilon }) => epsilon);
  const y = curve.map((point) => point[of]);
  const marks = dotted('curve', label, x, y, 'series-1');
  if (answer && answer.epsilon > 0)
    marks.push({
      kind: 'points',
      id: 'now',
      label: 'shown',
      points: Float32Array.of(answer.epsilon, answer[of]),
      color: 'series-2',
      radius: 5,
      opacity: 1,
    });
  const now = answer && answer.epsilon > 0 ? [answer[of]] : [];
  return {
    title,
    subtitle: 'click a dot to take its ε',
    x: {
      label: 'ε (σ of the cost)',
      scale: 'log',
      domain: padded([0.00316, 10, ...x, ...(answer?.epsilon ? [answer.epsilon] : [])]),
    },
    y: { label, scale, domain: of === 'sharpness' ? [0, 1.04] : padded([...y, ...now]) },
    equalAspect: false,
    marks,
  };
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
  const marks = dotted('measured', how, x, y, 'series-1');
  const slope = logSlope(x, y);
  const { intrinsicDimension: r, dimensionRows } = shown[0]!;
  const ends = [x[0]!, x.at(-1)!];
  let all = y;
  if (Number.isFinite(slope) && x.length > 2) {
    const middle = (values: number[]): number =>
      Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
    const [cx, cy] = [middle(x), middle(y)];
    marks.push(
      line(
        'fit',
        `fit, slope ${formatNumber(slope)}`,
        ends,
        ends.map((n) => cy * (n / cx) ** slope),
        'series-3',
      ),
    );
  }
  if (Number.isFinite(r) && ends[0] !== ends[1]) {
    const guide = ends.map((n) => y[0]! * (n / ends[0]!) ** (-2 / r));
    marks.push(line('bound', `lower bound’s slope, −2/r = ${formatNumber(-2 / r)}`, ends, guide, 'series-0'));
    all = [...y, ...guide];
  }
  return {
    title: 'Var(x₁|x₀) over n',
    subtitle: `r = ${formatNumber(r)} by two-NN, ${formatCount(dimensionRows)} rows`,
    x: { label: 'n, batch size', scale: 'log', domain: padded(x), ticks: x },
    y: { label: 'of Var(x₁)', scale: 'log', domain: padded(all) },
    equalAspect: false,
    marks,
  };
}

/** Mass on the diagonal and E(P) where images are coupled with their own blur. */
export function blurScene(blur: readonly BlurPoint[], count: number): Scene | null {
  if (blur.length === 0) return null;
  const x = blur.map(({ epsilon }) => epsilon);
  return {
    title: 'Blur benchmark',
    subtitle: `${formatCount(count)} images paired with their own blur (1 pixel, circular): the true coupling is the diagonal`,
    x: { label: 'ε (σ of the cost)', scale: 'log', domain: padded(x) },
    y: { label: 'share', scale: 'linear', domain: [0, 1.04] },
    equalAspect: false,
    marks: [
      ...dotted(
        'diagonal',
        'mass on the diagonal',
        x,
        blur.map(({ diagonal }) => diagonal),
        'series-1',
      ),
      ...dotted(
        'sharpness',
        'E(P)',
        x,
        blur.map(({ sharpness }) => sharpness),
        'series-3',
        true,
      ),
    ],
  };
}

/** One number per pool of a run; null before the first pool. */
export function poolScene(
  x: Float64Array,
  y: Float64Array,
  label: string,
  log: boolean,
  subtitle: string,
): Scene | null {
  if (x.length === 0) return null;
  const [low, high] = padded([...y]);
  const plain: [number, number] = [Math.min(0, ...y), Math.max(...y) * 1.1 || 1];
  return {
    title: 'Pools',
    subtitle,
    x: { label: 'pool', scale: 'linear', domain: [x[0]! - 0.5, x.at(-1)! + 0.5] },
    y: { label, scale: log ? 'log' : 'linear', domain: log ? [low, high] : plain },
    equalAspect: false,
    marks: dotted('pools', label, [...x], [...y], 'series-1'),
  };
}

function line(id: string, label: string, x: number[], y: number[], color: ColorToken): Mark {
  return {
    kind: 'line',
    id,
    label,
    x: Float64Array.from(x),
    y: Float64Array.from(y),
    color,
    stroke: 'dashed',
    opacity: 1,
  };
}

/** The range of positive values with a little room on both sides. */
function padded(values: readonly number[]): [number, number] {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [0.1, 1];
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  const grow = Math.max(1.15, (high / low) ** 0.06);
  return [low / grow, high * grow];
}
