/** @file Figures of the Conditional tab: coverage along the worst direction, and by clusters of rows. */
import { padded, plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import { count as formatCount, number as formatNumber } from '../../../../figures/format';
import type { Answer } from '../conformal.svelte';
import { asked, coverageAxis } from '../marks';
import { percentText, shareText, twoDigits } from '../words';

type Conditional = Answer<'conditional'>;

/** Below these test rows the worst slab is noise, and the engine gives none. */
const rowsForSlab = 400;
/** Below these nothing can be learnt of where sets miss. */
const rowsForRisk = 50;

/** Values of a feature that has fewer are taken one by one. */
const fewValues = 12;

/** Coverage in a window that moves along the direction, at the window's middle; value by value where there are few of them. */
export function runningCoverage(
  along: Float32Array,
  missed: Uint8Array,
  window = Math.max(10, Math.round(along.length / 10)),
): { x: number[]; y: number[] } {
  const values = [...new Set(along)].sort((a, b) => a - b);
  if (values.length <= fewValues && values.length < along.length / 4) {
    const shares = values.map((value) => {
      const rows = Array.from(along.keys()).filter((row) => along[row] === value);
      return rows.filter((row) => missed[row] !== 1).length / rows.length;
    });
    return { x: values, y: shares };
  }
  const order = Array.from(along.keys()).sort((a, b) => along[a]! - along[b]!);
  const hit = (place: number): number => (missed[order[place]!] ? 0 : 1);
  const [x, y]: [number[], number[]] = [[], []];
  let hits = 0;
  order.forEach((_, k) => {
    hits += hit(k);
    if (k >= window) hits -= hit(k - window);
    if (k < window - 1) return;
    x.push(along[order[k - Math.floor(window / 2)]!]!);
    y.push(hits / window);
  });
  return { x, y };
}

/** Test rows along the slab's direction: hits above, misses below, coverage in a moving window, the slab shaded. */
export function slabScene(answer: Conditional, rows: Uint32Array): Scene | null {
  const { along, missed, slab, target, bins } = answer;
  if (along.length === 0) return null;
  // Rows of one kind are spread a little, always the same way, so that crowds are seen.
  const spread = (row: number): number => ((row * 0.618034) % 1) * 0.06;
  const running = runningCoverage(along, missed);
  const cloud = (miss: boolean): MarkOptions => {
    const chosen = Array.from(along.keys()).filter((row) => (missed[row] === 1) === miss);
    return {
      kind: 'points',
      label: miss ? 'missed' : 'covered',
      points: chosen.map((row) => [along[row]!, miss ? 0.02 + spread(row) : 1.02 + spread(row)]),
      rows: Uint32Array.from(chosen, (row) => rows[row] ?? row),
      ...(miss
        ? { color: 'bad', opacity: 0.9, radius: 2.2 }
        : { color: 'ink-third', opacity: 0.5, radius: 1.6 }),
    };
  };
  const weights = slab?.weights.slice(0, 3) ?? [];
  const direction = weights.map(({ feature, weight }) => `${twoDigits(weight)} ${feature}`);
  return plot({
    title: slab ? 'Coverage along the worst direction' : 'Coverage along the most telling feature',
    subtitle: slab
      ? `${direction.join(', ')} (standardised) and smaller weights`
      : `${formatCount(along.length)} test rows`,
    x: {
      label: slab ? 'place along the direction' : `${bins[0]?.feature ?? 'feature'} (standardised)`,
      domain: padded(along, { room: 0.03, flat: 1 }),
    },
    y: { label: 'coverage', domain: [0, 1.1], ticks: [0, 0.25, 0.5, 0.75, 1] },
    marks: [
      slab && {
        kind: 'zone',
        id: 'slab',
        label: 'worst slab',
        x: [slab.low, slab.high],
        color: 'warn',
        opacity: 0.16,
      },
      asked({ y: target }),
      {
        kind: 'line',
        label:
          running.x.length <= fewValues ? 'coverage at each value' : 'coverage in a moving tenth of the rows',
        ...running,
      },
      cloud(false),
      cloud(true),
    ],
  });
}

/** What the slab says, against what chance alone would give; why there is none below 400 rows. */
export function slabText({ slab, along }: Conditional): { text: string; good: boolean | null } {
  if (!slab)
    return {
      text: `No worst slab: with ${formatCount(along.length)} test rows it would be noise. From ${formatCount(rowsForSlab)} on it is shown.`,
      good: null,
    };
  const { coverage, interval, chance, share } = slab;
  const good = coverage >= chance.low;
  return {
    text: `Worst slab, found on a quarter of the rows and measured on the rest: coverage ${shareText(coverage)} (95 % ${shareText(interval[0])} to ${shareText(interval[1])}) on ${percentText(share)} of the rows. Independent hits on the same rows give ${shareText(chance.mean)} (${shareText(chance.low)} to ${shareText(chance.high)}): ${good ? 'no worse than chance.' : 'worse than chance.'}`,
    good,
  };
}

/** Excess risk of target coverage in words. */
export function ertText({ ert, ertChance, along }: Conditional): string {
  if (ert === null || ertChance === null)
    return `Not measured: ${formatCount(along.length)} test rows are too few to learn from where sets miss; ${formatCount(rowsForRisk)} are enough.`;
  return ert > ertChance[1]
    ? 'A classifier predicts from the features where the sets miss: coverage differs between rows.'
    : 'No more than independent hits give: the features do not tell where the sets miss.';
}

/** Coverage by cluster of test rows, with its 95 % interval. Null without a cluster. */
export function clusterScene({ clusters, target, cecX, cecZ }: Conditional): Scene | null {
  if (clusters.length === 0) return null;
  const extra = cecZ === null ? '' : `, on predicted densities ${formatNumber(cecZ)}`;
  return plot({
    title: 'Coverage by cluster',
    subtitle: `k-means on the features · squared error × 100: ${formatNumber(cecX)}${extra}`,
    x: { label: 'cluster', domain: [0.4, clusters.length + 0.6], ticks: clusters.map((_, k) => k + 1) },
    y: coverageAxis([target, ...clusters.flatMap(({ low, coverage }) => [low, coverage])]),
    marks: [
      {
        kind: 'bars',
        label: 'test rows of a cluster',
        from: clusters.map((_, k) => k + 0.7),
        width: 0.6,
        heights: clusters.map(({ coverage }) => coverage),
        opacity: 0.5,
      },
      {
        kind: 'intervals',
        label: '95 % interval',
        at: clusters.map(({ low, high }, k) => ({ x: k + 1, low, high })),
        color: 'ink',
      },
      asked({ y: target }),
    ],
  });
}
