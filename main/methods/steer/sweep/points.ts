/** @file One strength of one arm in numbers, from its continuations and from neutral texts; and the table of them. */
import type { TextLikelihood } from '../../../contract/language';
import type { SteerArm, SteerPoint } from '../../../contract/steer';
import type { HookMap } from '../../../contract/steering';
import { hasSupport } from '../../../steering/support';
import { distinctShare, selfBleu } from '../../../texts/diversity';
import { banded } from './bands';
import type { TextLine } from './lines';

/** Above this a text is taken for the target. */
const TAKEN = 0.5;

export interface PointParts {
  arm: SteerArm;
  lambda: number;
  lines: readonly TextLine[];
  /** Under the steered model. */
  neutral: readonly TextLikelihood[];
  /** Whether there are words to look for. */
  hasWords: boolean;
  maps: readonly HookMap[];
}

export function pointOf(
  { arm, lambda, lines, neutral, hasWords, maps }: PointParts,
  seed: number,
): SteerPoint {
  const texts = lines.map(({ text }) => text);
  const share = (of: (line: TextLine) => number) =>
    banded(
      lines.map((line) => ({ top: of(line), bottom: 1 })),
      seed,
    );
  const perplexity = (parts: readonly { sum: number; tokens: number }[]) =>
    banded(
      parts.map(({ sum, tokens }) => ({ top: -sum, bottom: tokens })),
      seed,
      Math.exp,
    );
  return {
    ...{ arm, lambda, texts: lines.length },
    presence: share(({ hits }) => (hasWords ? Number(hits.length > 0) : NaN)),
    judged: share(({ judged }) => (judged === null ? NaN : Number(judged > TAKEN))),
    perplexity: perplexity(
      lines.map(({ logProbability, tokens }) => ({ sum: logProbability ?? NaN, tokens })),
    ),
    perplexityData: perplexity(neutral),
    selfBleu: selfBleu(texts),
    distinct: [distinctShare(texts, 1), distinctShare(texts, 2)],
    // Where maps have supports, what share of these tokens lies inside is not counted.
    transported: maps.some(hasSupport) ? NaN : 1,
  };
}

/** The sweep as a table for other programs. */
export function sweepCsv(points: readonly SteerPoint[]): Uint8Array {
  const bandedNames = ['presence', 'judged', 'perplexity', 'perplexityData'] as const;
  const head = [
    'arm',
    'lambda',
    'texts',
    ...bandedNames.flatMap((name) => [name, `${name}.low`, `${name}.high`]),
    ...['selfBleu', 'distinct1', 'distinct2'],
  ];
  const rows = points.map((point) => [
    ...[point.arm, point.lambda, point.texts],
    ...bandedNames.flatMap((name) => [point[name].value, point[name].low, point[name].high]),
    ...[point.selfBleu, ...point.distinct],
  ]);
  const cell = (value: string | number) =>
    typeof value === 'string' ? value : Number.isFinite(value) ? String(Number(value.toPrecision(8))) : '';
  const lines = [head, ...rows].map((row) => row.map(cell).join(','));
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

/** By arm, then by λ. */
export function inOrder(points: readonly SteerPoint[]): SteerPoint[] {
  return [...points].sort((a, b) => (a.arm === b.arm ? a.lambda - b.lambda : a.arm === 'fitted' ? -1 : 1));
}

/** Final numbers of a point, under the names of the method's metrics. */
export function pointMetrics(point: SteerPoint): Record<string, number> {
  const { arm, lambda } = point;
  const prefix = arm === 'fitted' ? '' : 'random.';
  const values = {
    presence: point.presence.value,
    judged: point.judged.value,
    perplexity: point.perplexity.value,
    perplexityData: point.perplexityData.value,
    selfBleu: point.selfBleu,
    distinct: point.distinct[1],
  };
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => Number.isFinite(value))
      .map(([name, value]) => [`${prefix}${name}.lambda${lambda}`, value]),
  );
}
