/** @file The stage of the Coupling tab as a scene: source and data points, and a line per pair in the colour of what it weighs. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import { number as formatNumber } from '../../../../figures/format';
import { stageExtent } from '../scene';
import type { Coupling, CouplingTable } from './coupling.svelte';

type PairsMark = Extract<MarkOptions, { kind: 'segments' }>;
export type ColourBy = 'share' | 'cost';

/** A class of pairs that share a colour: from `low` up to, but without, `high`. */
interface Step {
  label: string;
  low: number;
  high: number;
}

/** What is likelier or dearer stands out. */
const opacities = [0.3, 0.45, 0.6, 0.8];
/** Other columns of the row under the pointer are shown down to this share of its mass. */
const smallestShown = 0.02;

/** The classes between these values of what is called so. */
function stepsAt(name: string, cuts: readonly number[]): Step[] {
  return [-Infinity, ...cuts].map((low, k) => {
    const high = cuts[k] ?? Infinity;
    const [from, to] = [formatNumber(low), formatNumber(high)];
    return {
      label: k === 0 ? `${name} < ${to}` : high === Infinity ? `≥ ${from}` : `${from}–${to}`,
      low,
      high,
    };
  });
}

/** Quarters of the pairs by cost. */
function costSteps(cost: Float32Array): Step[] {
  const sorted = Float32Array.from(cost).sort();
  const quartiles = [1, 2, 3].map((k) => sorted[Math.floor((k * sorted.length) / 4)] ?? 0);
  return stepsAt('cost', quartiles);
}

/** Lines of the pairs [n], in four colours by probability or by cost; empty classes are left out. */
export function pairMarks(answer: Coupling, by: ColourBy): PairsMark[] {
  const values = by === 'share' ? answer.share : answer.cost;
  const steps = by === 'share' ? stepsAt('P', [0.01, 0.1, 0.5]) : costSteps(answer.cost);
  return steps.flatMap(({ label, low, high }, k): PairsMark[] => {
    const rows: number[] = [];
    values.forEach((value, row) => {
      if (value >= low && value < high) rows.push(row);
    });
    if (rows.length === 0) return [];
    const tone = 0.3 + (0.7 * k) / (steps.length - 1);
    const [from, to] = [
      points(answer.source, rows),
      points(
        answer.target,
        rows.map((i) => answer.columns[i]!),
      ),
    ];
    return [{ kind: 'segments', id: `pairs ${k}`, label, from, to, tone, opacity: opacities[k]! }];
  });
}

/** All that the source point under the pointer may be paired with, and what it was paired with. */
function rowMarks(answer: Coupling, table: CouplingTable | null, row: number): MarkOptions[] {
  const columns = new Set([answer.columns[row]!]);
  if (table && table.count === answer.count) {
    const place = table.rowOrder.indexOf(row);
    for (let j = 0; j < table.count; j++)
      if (table.shares[place * table.count + j]! >= smallestShown) columns.add(table.columnOrder[j]!);
  }
  const ends = [...columns];
  const from = points(
    answer.source,
    ends.map(() => row),
  );
  const to = points(answer.target, ends);
  const look = { label: 'row under the pointer', color: 'accent' } as const;
  return [
    { kind: 'segments', id: 'row', from, to, ...look },
    { kind: 'points', id: 'row ends', points: to, radius: 3, ...look },
    { kind: 'points', id: 'row start', points: points(answer.source, [row]), radius: 5, ...look },
  ];
}

export function couplingStage(
  answer: Coupling,
  table: CouplingTable | null,
  by: ColourBy,
  hoveredRow: number | null,
  subtitle: string,
): Scene {
  const [left, right, bottom, top] = stageExtent(answer);
  const [x, y] = answer.axes;
  const dots = { kind: 'points', radius: 2, opacity: 0.9 } as const;
  return plot({
    title: 'Pairs',
    subtitle,
    x: { label: x, domain: [left, right] },
    y: { label: y, domain: [bottom, top] },
    equalAspect: true,
    marks: [
      ...pairMarks(answer, by),
      { ...dots, label: 'source', points: answer.source, color: 'series-0' },
      { ...dots, label: 'data', points: answer.target, rows: answer.targetRows, color: 'series-2' },
      ...(hoveredRow === null ? [] : rowMarks(answer, table, hoveredRow)),
    ],
  });
}

function points(all: Float32Array, places: readonly number[]): Float32Array {
  const out = new Float32Array(places.length * 2);
  places.forEach((place, k) => out.set(all.subarray(2 * place, 2 * place + 2), 2 * k));
  return out;
}
