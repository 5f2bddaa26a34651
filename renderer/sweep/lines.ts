/** @file The columns of a study as lines over parallel axes: which are inside the brush, and how good each is. */
import type { LineKind, ParallelAxis } from '../../figures/parallel';
import type { Brush } from '../state/sweeps.svelte';
import type { Space, StudySummary, TrialColumns, TrialState } from '../../main/rpc/contract';

/** The order is that of the codes in the columns. */
export const states: readonly TrialState[] = [
  ...(['queued', 'running', 'complete', 'pruned', 'diverged', 'failed', 'cancelled', 'lost'] as const),
];

/** More lines than this are drawn evenly thinned, and the figure says so. */
const MOST_LINES = 2000;

export interface Lines {
  axes: ParallelAxis[];
  values: Float64Array[];
  kinds: LineKind[];
  ranks: Float64Array;
  best: number | null;
}

/** One axis a setting of the space, and the first objective last, with the better end at the top. */
export function linesOf({ definition, best }: StudySummary, columns: TrialColumns): Lines {
  const { space, objectives } = definition;
  const [objective] = objectives;
  const kinds = Array.from(columns.states, (code) => kindOf(states[code]!));
  const value = Float64Array.from(columns.values[0]!, (final, trial) =>
    // The value so far of what runs or was pruned; a diverged trial has none.
    Number.isNaN(final) && kinds[trial] !== 'diverged' ? columns.lastValues[trial]! : final,
  );
  const axes = columns.points.map(({ key, values }): ParallelAxis => {
    const dimension = space[key];
    const common = { key, title: key, inverted: false };
    if (dimension && 'choices' in dimension) {
      const choices = dimension.choices.map((choice) =>
        typeof choice === 'string' ? choice : JSON.stringify(choice),
      );
      return { ...common, scale: 'choices', low: 0, high: Math.max(1, choices.length - 1), choices };
    }
    const [low, high] = dimension ? [dimension.low, dimension.high] : extentOf(values);
    const scale = dimension?.scale === 'log' && low > 0 ? 'log' : 'linear';
    return { ...common, scale, low, high, choices: [] };
  });
  const [low, high] = extentOf(value);
  axes.push({
    ...{ key: objective!.metric, title: objective!.metric, choices: [], low, high },
    scale: low > 0 && high / low > 20 ? 'log' : 'linear',
    inverted: objective!.direction === 'minimize',
  });
  return {
    axes,
    values: [...columns.points.map(({ values }) => values), value],
    kinds,
    ranks: ranksOf(columns, objective!.direction),
    best: best?.number ?? null,
  };
}

function kindOf(state: TrialState): LineKind {
  if (state === 'complete' || state === 'pruned' || state === 'diverged' || state === 'running') return state;
  return state === 'queued' ? 'queued' : 'failed';
}

/** 0 for the best complete trial to 1 for the worst. */
function ranksOf({ states: codes, values }: TrialColumns, direction: 'minimize' | 'maximize'): Float64Array {
  const ranks = new Float64Array(codes.length).fill(NaN);
  const sign = direction === 'minimize' ? 1 : -1;
  const complete = [...codes.keys()].filter((trial) => states[codes[trial]!] === 'complete');
  const order = complete.sort((a, b) => sign * (values[0]![a]! - values[0]![b]!));
  order.forEach((trial, place) => (ranks[trial] = order.length > 1 ? place / (order.length - 1) : 0));
  return ranks;
}

/** Trials to draw: those outside the brushes first and thinner, then those inside, of which the best one is always there. */
export function shownOf(
  { kinds, best }: Pick<Lines, 'kinds' | 'best'>,
  inside: (trial: number) => boolean,
): number[] {
  const [within, without]: [number[], number[]] = [[], []];
  for (let trial = 0; trial < kinds.length; trial++) (inside(trial) ? within : without).push(trial);
  const shown = [...thinned(without, MOST_LINES / 4), ...thinned(within, MOST_LINES)];
  if (best !== null && !shown.includes(best)) shown.push(best);
  return shown;
}

/** All of a list, or an even choice of so many. */
function thinned(trials: readonly number[], most: number): number[] {
  if (trials.length <= most) return [...trials];
  return Array.from({ length: most }, (_, k) => trials[Math.floor((k * trials.length) / most)]!);
}

function extentOf(values: Float64Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values)
    if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low <= high ? [low, high] : [0, 1];
}

/** Whether a trial is inside every brush; one that does not have a brushed setting is not. */
export function insideBrushes(
  { axes, values }: Pick<Lines, 'axes' | 'values'>,
  brushes: Readonly<Record<string, Brush>>,
): (trial: number) => boolean {
  const active = axes.flatMap(({ key, low, high }, at) =>
    brushes[key] ? [{ at, from: brushes[key].low, to: brushes[key].high, low, high }] : [],
  );
  return (trial) =>
    active.every(({ at, from, to, low, high }) => {
      // What lies beyond an axis, as after its range was narrowed, stands at its end.
      const value = Math.min(high, Math.max(low, values[at]![trial]!));
      return value >= from && value <= to;
    });
}

/** Settings whose best value may be looked for over others: numbers, and choices of positive numbers. */
export function scaleKeys(space: Space): { rates: string[]; axes: string[]; next: Record<string, number> } {
  const sizes = Object.entries(space).flatMap(([key, dimension]): [string, number][] => {
    if (!('choices' in dimension)) return [[key, dimension.high]];
    const { choices } = dimension;
    if (!choices.every((choice) => typeof choice === 'number' && choice > 0)) return [];
    return [[key, Math.max(...choices.map(Number))]];
  });
  const keys = sizes.map(([key]) => key);
  // What is named a rate is one; else the last setting is taken for it.
  const rates = [...keys].sort((a, b) => Number(/rate/i.test(b)) - Number(/rate/i.test(a)));
  const axes = keys.filter((key) => key !== rates[0]);
  return { rates, axes, next: Object.fromEntries(sizes.map(([key, largest]) => [key, 4 * largest])) };
}
