/** @file Figures of the Layers tab: AUCs, cosines and silhouettes block by block. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import { distinctSeries, seriesColor } from '../../../../figures/palette';
import type { Scene } from '../../../../figures/scene';
import type { Answer, ProbeMatrix } from '../probes.svelte';
import { familyTitles, positionTitles } from '../words';

type Layers = Answer<'layers'>;

/** So many numbers of blocks stand side by side at most. */
const MOST_TICKS = 8;

/** What of the run stands across all blocks, and where the probes are. */
interface Across {
  block: number | null;
  matrix: ProbeMatrix | null;
}

/** Mean AUC on the own task and on others, over what the words alone reach. Null where no block is there. */
export function aucScene(layers: Layers, { block, matrix }: Across): Scene | null {
  const marks = [
    curve(layers, layers.inTask, 'own task', 'series-1'),
    curve(layers, layers.crossTask, 'other tasks', 'series-2'),
  ].filter((one) => one !== null);
  if (marks.length === 0) return null;
  const words = matrix?.summary.textOnlyMean ?? NaN;
  return plot({
    title: 'AUC from block to block',
    subtitle: subtitleOf(layers),
    x: blockAxis(layers),
    y: { label: 'mean AUC', include: [0.5, 1] },
    marks: [
      { kind: 'rule', label: 'chance', y: 0.5, color: 'ink-third', stroke: 'dotted' },
      Number.isFinite(words) && {
        ...{ kind: 'rule', label: 'text only', y: words, color: 'series-0', stroke: 'dashed' },
      },
      here(block),
      ...marks,
    ],
  });
}

/** Mean |cosine| of directions across tasks beside two halves of the same, and what random directions have. */
export function cosineScene(layers: Layers, { block, matrix }: Across): Scene | null {
  const marks = [
    curve(layers, layers.cosineAbsolute, 'across tasks, |cosine|', 'series-3'),
    curve(layers, layers.halves, 'same task, two halves', 'series-0'),
  ].filter((one) => one !== null);
  if (marks.length === 0) return null;
  const chance = matrix?.cosine?.chanceAbsolute ?? NaN;
  return plot({
    title: 'Directions from block to block',
    subtitle: subtitleOf(layers),
    x: blockAxis(layers),
    y: { label: 'mean cosine', include: [0, 1] },
    marks: [
      Number.isFinite(chance) && {
        ...{ kind: 'rule', label: 'chance, |cosine|', y: chance, color: 'ink-third', stroke: 'dotted' },
      },
      here(block),
      ...marks,
    ],
  });
}

/** Whether activations lie together by task or by label. */
export function silhouetteScene(layers: Layers, { block }: Across): Scene | null {
  const marks = [
    curve(layers, layers.silhouetteByTask, 'by task', 'series-1'),
    curve(layers, layers.silhouetteByLabel, 'by label', 'series-4'),
  ].filter((one) => one !== null);
  if (marks.length === 0) return null;
  return plot({
    title: 'Silhouette from block to block',
    subtitle: 'near 1: clusters apart; near 0: none',
    x: blockAxis(layers),
    y: { label: 'silhouette', include: [0], room: 0.08 },
    marks: [
      { kind: 'rule', label: 'no clusters', y: 0, color: 'ink-third', stroke: 'dotted' },
      here(block),
      ...marks,
    ],
  });
}

/** Each task's own AUC; or with `train`, of that task's probe on every task. */
export function taskScene(layers: Layers, { block }: Across, train: number | null): Scene | null {
  const count = layers.tasks.length;
  const marks = layers.tasks.flatMap((name, task): MarkOptions[] => {
    const at = train === null ? task * count + task : train * count + task;
    const values = Float64Array.from(layers.blocks, (_, k) => layers.auc[k * count * count + at]!);
    const found = curve(layers, values, name, seriesColor(task));
    // Beyond the colours that can be told apart, lines are dashed.
    const stroke = task < distinctSeries ? ('solid' as const) : ('dashed' as const);
    return found ? [{ ...found, stroke }] : [];
  });
  if (marks.length === 0) return null;
  return plot({
    title:
      train === null ? 'Every task on itself' : `Trained on ${layers.tasks[train]}, tested on every task`,
    subtitle: subtitleOf(layers),
    x: blockAxis(layers),
    y: { label: 'AUC', include: [0.5, 1] },
    marks: [
      { kind: 'rule', label: 'chance', y: 0.5, color: 'ink-third', stroke: 'dotted' },
      here(block),
      ...marks,
    ],
  });
}

/** All blocks of the model, also where only some have numbers; a block is a whole number. */
function blockAxis({ blocks }: Layers): { label: string; room: number; include: number[]; ticks: number[] } {
  const apart = Math.ceil(blocks.length / MOST_TICKS);
  return {
    ...{ label: 'block', room: 0.02, include: [...blocks] },
    ticks: blocks.filter((_, k) => k % apart === 0),
  };
}

function curve(
  { blocks }: Layers,
  values: Float64Array,
  label: string,
  color: MarkOptions['color'],
): Extract<MarkOptions, { kind: 'line' }> | null {
  const known = blocks.flatMap((block, k) =>
    Number.isFinite(values[k]!) ? [{ block, value: values[k]! }] : [],
  );
  if (known.length === 0) return null;
  const [x, y] = [known.map(({ block }) => block), known.map(({ value }) => value)];
  return { kind: 'line', label, color, x, y, dots: 2.5 };
}

/** Where the probes are. */
function here(block: number | null): MarkOptions | null {
  return block === null
    ? null
    : { kind: 'rule', label: 'shown block', x: block, color: 'accent', opacity: 0.6 };
}

function subtitleOf({ family, position }: Layers): string {
  return `${familyTitles[family].title}, ${positionTitles[position].toLowerCase()} · a click moves the probe`;
}
