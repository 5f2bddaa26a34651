/** @file One unit of a fitted hook: where source, target and pushed source lie, and the sorted pairs with the lines through them. */
import { number } from '../../../../figures/format';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { SteeringLine, SteeringUnitView, SteerUnits } from '../../../../main/rpc/contract';
import { lambdaText, shareText } from '../words';

/** How units are sorted: what is largest comes first. */
export const unitOrders = {
  before: 'W₂',
  gain: 'W₂ taken away',
  after: 'W₂ that is left',
  slope: '|w − 1|',
  shift: '|β| ÷ sd',
  auroc: 'AUROC',
  score: 'residual',
} as const;
export type UnitOrder = keyof typeof unitOrders;

/** What a unit is sorted by; AUROC by how far it is from chance, on either side. */
export function orderValue(units: SteerUnits, order: UnitOrder, unit: number): number {
  const { before, after, auroc } = units;
  if (order === 'gain') return before[unit]! - after[unit]!;
  if (order === 'auroc') return Math.abs(auroc[unit]! - 0.5);
  return Math.abs(units[order][unit]!);
}

/** Units, the largest first; those without a value last. */
export function orderedUnits(units: SteerUnits, order: UnitOrder): Uint32Array {
  const values = Float64Array.from(units.before, (_, unit) => orderValue(units, order, unit));
  const key = (unit: number) => (Number.isNaN(values[unit]) ? -Infinity : values[unit]!);
  return Uint32Array.from(values.keys()).sort((a, b) => {
    const [one, other] = [key(a), key(b)];
    return one === other ? a - b : other > one ? 1 : -1;
  });
}

/** `w 0.81 · β +0.90 · W₂ 0.95 → 0.20 · 87 % of tokens inside the support`. */
export function unitWords(
  { map, distances }: Pick<SteeringUnitView, 'map' | 'distances'>,
  inside: number,
): string {
  const beta = `${map.beta < 0 ? '−' : '+'}${number(Math.abs(Number(map.beta.toPrecision(3))))}`;
  return [
    `w ${number(map.w)}`,
    `β ${beta}`,
    `W₂ ${number(distances.before)} → ${number(distances.after)}`,
    ...(Number.isFinite(inside) ? [`${shareText(inside)} of tokens transported`] : []),
  ].join(' · ');
}

/** Share of texts by activation: source, target, and the source pushed through the map. */
export function unitHistogram(view: SteeringUnitView, lambda: number): Scene {
  const { edges, joined } = fewerBins(view.edges);
  const share = (counts: Uint32Array): number[] => {
    const all = counts.reduce((sum, one) => sum + one, 0);
    return joined(counts).map((one) => (all > 0 ? (100 * one) / all : 0));
  };
  return plot({
    title: `Unit ${view.unit} · ${view.hook}`,
    x: { label: 'pooled activation', domain: [view.edges[0]!, view.edges.at(-1)!] },
    y: { label: 'texts (%)', domain: [0, null], room: 0.08 },
    marks: [
      {
        kind: 'bins',
        label: 'source',
        edges,
        heights: share(view.source),
        color: 'series-0',
        opacity: 0.6,
      },
      {
        kind: 'bins',
        label: 'target',
        edges,
        heights: share(view.target),
        color: 'series-2',
        outline: true,
      },
      {
        kind: 'bins',
        label: lambda === 1 ? 'pushed' : `pushed at λ 1`,
        ...{ edges, heights: share(view.pushed), color: 'series-3', outline: true },
      },
    ],
  });
}

/** The i-th smallest of either side, the map at the shown strength, the identity, and where chance puts lines. */
export function unitPairs(view: SteeringUnitView, lambda: number): Scene {
  const { source, target } = view.pairs;
  const { band, support } = view;
  const [low, high] = ends([...source, ...band.at]);
  const at = (line: SteeringLine, x: number, strength = 1): number =>
    x + strength * ((line.w - 1) * x + line.beta);
  const straight = (label: string, line: SteeringLine, more: Partial<MarkOptions>): MarkOptions =>
    ({
      ...{ kind: 'line', label, x: [low, high], y: [low, high].map((x) => at(line, x)) },
      ...more,
    }) as MarkOptions;
  return plot({
    title: `Sorted pairs of unit ${view.unit}`,
    subtitle: band.inside ? 'the map lies inside the null band: no finding' : '',
    x: { label: 'source, sorted', domain: [low, high] },
    y: { label: 'target, sorted', include: [low, high] },
    marks: [
      support.lo > low && {
        kind: 'zone',
        label: 'outside the support',
        x: [low, support.lo],
        color: 'ink-third',
        opacity: 0.15,
      },
      support.hi < high && {
        kind: 'zone',
        label: 'outside the support',
        id: 'above',
        x: [support.hi, high],
        color: 'ink-third',
        opacity: 0.15,
      },
      {
        kind: 'band',
        label: `null band, ${Math.round(100 * band.level)} %`,
        ...{ x: band.at, low: band.low, high: band.high, color: 'series-0', opacity: 0.35 },
      },
      straight(
        'identity',
        { w: 1, beta: 0 },
        {
          color: 'ink-third',
          stroke: 'dashed',
        },
      ),
      straight('Gaussian', view.lines.gaussian, {
        color: 'series-4',
        stroke: 'dotted',
      }),
      straight('mean', view.lines.mean, { color: 'series-1', stroke: 'dotted' }),
      {
        kind: 'line',
        label: 'exact',
        x: view.exact.from,
        y: view.exact.to,
        color: 'ink-third',
        opacity: 0.5,
      },
      {
        kind: 'points',
        label: 'sorted pairs',
        points: Array.from(source, (x, k): [number, number] => [x, target[k]!]),
        color: 'series-2',
        radius: 1.6,
      },
      {
        kind: 'line',
        label: `map, λ ${lambdaText(lambda)}`,
        ...{ x: [low, high], y: [low, high].map((x) => at(view.map, x, lambda)), color: 'series-3' },
      },
    ],
    notes: band.inside ? ['inside the null band: no finding'] : [],
  });
}

/** At most so many bars are told apart in a small figure. */
const mostBins = 22;

/** Neighbouring bins as one, where there are more of them than can be told apart. */
export function fewerBins(edges: Float64Array): {
  edges: Float64Array;
  joined: (counts: Uint32Array) => number[];
} {
  const every = Math.max(1, Math.ceil((edges.length - 1) / mostBins));
  const last = edges.length - 1;
  const kept = edges.filter((_, k) => k % every === 0 || k === last);
  return {
    edges: kept,
    joined: (counts) =>
      Array.from({ length: kept.length - 1 }, (_, bin) =>
        counts.subarray(bin * every, (bin + 1) * every).reduce((sum, one) => sum + one, 0),
      ),
  };
}

/** Ends of what is drawn; a single value has room on either side. */
function ends(values: readonly number[]): [number, number] {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return finite.length === 0 ? [0, 1] : high > low ? [low, high] : [low - 0.5, high + 0.5];
}
