/** @file What can be made of other tasks' directions: their AUCs task by task, and how much of the own direction they explain. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { ColorToken, Scene } from '../../../../figures/scene';
import type { Answer } from '../probes.svelte';
import { placeText, spanOf, taskAxis, two } from '../words';

type Mixtures = Answer<'mixtures'>;
type Kind = 'own' | 'union' | 'mean' | 'gate' | 'oracle';

/** How each mixture is made, in a sentence. */
export const mixtureTitles: Readonly<Record<Kind, { title: string; help: string; color: ColorToken }>> = {
  own: { title: 'own probe', help: 'The task’s own probe', color: 'ink-second' },
  union: {
    title: 'union',
    help: 'A probe of all other tasks’ items, equally many of each',
    color: 'series-1',
  },
  mean: { title: 'mean', help: 'The mean of the other tasks’ unit directions', color: 'series-3' },
  gate: {
    title: 'gate',
    help: 'Other tasks’ probes weighted by how near the item lies to their centroids',
    color: 'series-4',
  },
  oracle: {
    title: 'oracle',
    help: 'The best combination of the others’ directions, fitted on the task’s own labels: no transfer',
    color: 'series-2',
  },
};
const kinds = Object.keys(mixtureTitles) as Kind[];

export function mixtureScene(mixtures: Mixtures): Scene {
  const { tasks, own, union } = mixtures;
  const marks = kinds.flatMap((kind, k): MarkOptions[] => {
    const { title, color } = mixtureTitles[kind];
    const { values, low, high } = mixtures[kind];
    const x = (task: number): number => task + 1 + (k - (kinds.length - 1) / 2) * 0.15;
    const known = tasks.flatMap((_, task) => (Number.isFinite(values[task]!) ? [task] : []));
    const bounded = known.filter((task) => Number.isFinite(low[task]!));
    return [
      {
        ...{ kind: 'intervals', label: title, id: `interval ${kind}`, color, opacity: 0.8 },
        at: bounded.map((task) => ({ x: x(task), low: low[task]!, high: high[task]! })),
      },
      {
        ...{ kind: 'points', label: title, id: kind, color, radius: 4 },
        points: known.map((task): [number, number] => [x(task), values[task]!]),
      },
    ];
  });
  const mean = (values: Float64Array): string => two(spanOf(values)?.mean ?? NaN);
  return plot({
    title: 'AUC of mixtures that leave the task out',
    subtitle: `${placeText(mixtures)} · mean: own ${mean(own.values)}, union ${mean(union.values)}, oracle ${mean(mixtures.oracle.values)}`,
    x: taskAxis(tasks, 130),
    y: { label: 'AUC', include: [0.4, 1] },
    marks: [{ kind: 'rule', label: 'chance', y: 0.5, color: 'ink-third', stroke: 'dotted' }, ...marks],
  });
}

/** Share of each task's direction that the others explain, with signs free and with weights of at least 0. */
export function explainedScene({ tasks, r2, r2NonNegative, r2Chance }: Mixtures): Scene {
  const bars = (values: Float64Array, aside: number) => ({
    from: tasks.map((_, task) => task + 1 + aside),
    heights: Array.from(values, (value) => (Number.isFinite(value) ? value : 0)),
    width: 0.3,
  });
  return plot({
    title: 'How much of a direction the others explain',
    subtitle: `share of its square · ${two(r2Chance)} of as many random directions`,
    x: taskAxis(tasks, 56),
    y: { label: 'share explained', domain: [0, 1] },
    marks: [
      { kind: 'bars', label: 'any weights', color: 'series-1', opacity: 0.85, ...bars(r2, -0.32) },
      {
        kind: 'bars',
        label: 'weights of at least 0',
        color: 'series-3',
        opacity: 0.85,
        ...bars(r2NonNegative, 0.02),
      },
      { kind: 'rule', label: 'chance', y: r2Chance, color: 'ink-third', stroke: 'dotted' },
    ],
  });
}
