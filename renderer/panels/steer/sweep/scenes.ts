/** @file The λ sweep: what a strength brings about and what it costs, with intervals, the control, and how far it is safe. */
import { number } from '../../../../figures/format';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { ColorToken, Scene } from '../../../../figures/scene';
import type { Banded, SteerArm, SteerPoint, SteerStrength, SteerSweep } from '../../../../main/rpc/contract';
import { lambdaText, shareText } from '../words';

/** What can be drawn over λ. */
export const sweepMeasures = {
  presence: { title: 'Presence', label: 'presence (%)', share: true },
  judged: { title: 'Judged', label: 'judged (%)', share: true },
  perplexity: { title: 'PPL', label: 'perplexity', share: false },
  perplexityData: { title: 'PPL of data', label: 'PPL of data', share: false },
  selfBleu: { title: 'Self-BLEU', label: 'self-BLEU (%)', share: true },
  transported: { title: 'Transported', label: 'transported (%)', share: true },
} as const;
export type SweepMeasure = keyof typeof sweepMeasures;

export function bandedOf(point: SteerPoint, measure: SweepMeasure): Banded {
  const value = point[measure];
  return typeof value === 'number' ? { value, low: NaN, high: NaN } : value;
}

/** Measures of which any point has a value. */
export function measuresOf({ points }: Pick<SteerSweep, 'points'>): SweepMeasure[] {
  const all = Object.keys(sweepMeasures) as SweepMeasure[];
  return all.filter((one) => points.some((point) => Number.isFinite(bandedOf(point, one).value)));
}

export interface SweptRun {
  name: string;
  points: readonly SteerPoint[];
}

interface SweepOptions {
  measure: SweepMeasure;
  strength: SteerStrength | null;
  /** Runs that are laid over the shown one. */
  compared?: readonly SweptRun[];
  /** Ends of the axis. */
  range: readonly [number, number];
  /** Names the safe range in the plot: once is enough in a stack. */
  named?: boolean;
}

/** One measure over λ. The fitted arm with its 95 % band, the random one dashed, compared runs dashed in other colours. */
export function sweepScene(
  points: readonly SteerPoint[],
  { measure, strength, compared = [], range, named }: SweepOptions,
): Scene {
  const { label, share, title } = sweepMeasures[measure];
  const scale = share ? 100 : 1;
  const armOf = (all: readonly SteerPoint[], arm: SteerArm) =>
    all.filter((one) => one.arm === arm).sort((a, b) => a.lambda - b.lambda);
  const fitted = armOf(points, 'fitted');
  const random = armOf(points, 'random');
  const valueOf = (point: SteerPoint): number => scale * bandedOf(point, measure).value;
  const curve = (
    id: string,
    named: string,
    all: readonly SteerPoint[],
    color: ColorToken,
    dashed: boolean,
  ): MarkOptions => ({
    ...{ kind: 'line', id, label: named, x: all.map(({ lambda }) => lambda), y: all.map(valueOf) },
    ...{ color, stroke: dashed ? 'dashed' : 'solid', dots: dashed ? 2.5 : 3 },
  });
  const banded = fitted.filter((point) => Number.isFinite(bandedOf(point, measure).low));
  const zero = fitted.find(({ lambda }) => lambda === 0);
  const level = strength ? Math.round(100 * strength.level) : 0;
  return plot({
    title,
    x: { label: 'λ', domain: [...range] },
    y: {
      label,
      room: 0.1,
      flat: share ? 10 : 1,
      ...(share ? { domain: [null, null] as const, include: [0] } : {}),
    },
    marks: [
      strength !== null &&
        strength.safe > 0 && {
          kind: 'zone',
          label: `side effects inside the calibrated set, ${level} %`,
          ...{ x: [range[0], strength.safe] as const, color: 'good', opacity: 0.12 },
        },
      banded.length > 1 && {
        kind: 'band',
        label: '95 %',
        x: banded.map(({ lambda }) => lambda),
        low: banded.map((point) => scale * bandedOf(point, measure).low),
        high: banded.map((point) => scale * bandedOf(point, measure).high),
        ...{ color: 'series-3', opacity: 0.22 },
      },
      zero &&
        !share &&
        Number.isFinite(valueOf(zero)) && {
          kind: 'rule',
          label: 'at λ = 0',
          y: valueOf(zero),
          color: 'ink-third',
          stroke: 'dashed',
        },
      random.length > 0 && curve('random', 'random maps, same norm', random, 'series-0', true),
      ...compared.map(({ name, points: other }, k) =>
        curve(`run ${k}`, name, armOf(other, 'fitted'), k % 2 === 0 ? 'series-1' : 'series-4', true),
      ),
      fitted.length > 0 && curve('fitted', 'fitted maps', fitted, 'series-3', false),
    ],
    notes:
      named && strength && strength.safe > 0 ? ['side effects inside the', `calibrated set, ${level} %`] : [],
  });
}

/** The point of an arm whose dot was clicked; null for dots of other runs. */
export function pickedPoint(points: readonly SteerPoint[], mark: string, index: number): SteerPoint | null {
  if (mark !== 'fitted' && mark !== 'random') return null;
  const arm = points.filter((one) => one.arm === mark).sort((a, b) => a.lambda - b.lambda);
  return arm[index] ?? null;
}

/** Ends of the axis: of what was swept, and at least what the slider goes to. */
export function sweepRange(points: readonly SteerPoint[], most: number): [number, number] {
  const lambdas = points.map(({ lambda }) => lambda);
  return [Math.min(0, ...lambdas), Math.max(most, ...lambdas)];
}

/** The swept strength that is nearest to λ. */
export function nearestPoint(
  points: readonly SteerPoint[],
  arm: SteerArm,
  lambda: number,
): SteerPoint | null {
  return points
    .filter((one) => one.arm === arm)
    .reduce<SteerPoint | null>(
      (best, one) => (!best || Math.abs(one.lambda - lambda) < Math.abs(best.lambda - lambda) ? one : best),
      null,
    );
}

/** `45 % (39 – 52)`. */
export function bandedText({ value, low, high }: Banded, share: boolean): string {
  if (!Number.isFinite(value)) return '';
  const text = (one: number): string =>
    share ? number(Math.round(1000 * one) / 10) : number(Number(one.toPrecision(3)));
  const interval = Number.isFinite(low) && Number.isFinite(high) ? ` (${text(low)} – ${text(high)})` : '';
  return `${text(value)}${share ? ' %' : ''}${interval}`;
}

/** What a strength brings and costs against none, for headline numbers. */
export interface Headline {
  /** The swept strength that the numbers are of. */
  lambda: number;
  presence: number;
  presenceAtZero: number;
  perplexity: number;
  perplexityAtZero: number;
}

/** Numbers at the swept strength next to λ; null before anything was swept. */
export function headlineAt(points: readonly SteerPoint[], lambda: number): Headline | null {
  const [here, zero] = [nearestPoint(points, 'fitted', lambda), nearestPoint(points, 'fitted', 0)];
  if (!here || !zero) return null;
  return {
    ...{ lambda: here.lambda, presence: here.presence.value, presenceAtZero: zero.presence.value },
    ...{ perplexity: here.perplexity.value, perplexityAtZero: zero.perplexity.value },
  };
}

/** `λ 0.75 · fitted maps · presence 45 %`. */
export function pointWords({ arm, lambda, presence, texts }: SteerPoint): string {
  return `λ ${lambdaText(lambda)} · ${arm} maps · presence ${shareText(presence.value)} of ${texts}`;
}

/** A side effect as a row: its limit, and what the quantile over calibration prompts is at a strength. */
export function effectRows(
  strength: SteerStrength,
  lambda: number,
): { id: string; title: string; unit: string; limit: number; here: number; inside: boolean }[] {
  const { lambdas, effects } = strength;
  const at = lambdas.reduce(
    (best, one, k) => (Math.abs(one - lambda) < Math.abs(lambdas[best]! - lambda) ? k : best),
    0,
  );
  return effects.map(({ id, title, unit, limit, quantile }) => {
    const here = quantile[at] ?? NaN;
    return { id, title, unit, limit, here, inside: here <= limit };
  });
}
