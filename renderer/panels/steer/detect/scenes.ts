/** @file Where a probe reads the concept against where steering writes it, block by block. */
import { number } from '../../../../figures/format';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { Scene } from '../../../../figures/scene';
import type { SteerDetect } from '../../../../main/rpc/contract';

const half = 0.4;

/** Bars from 0 up or down; the chosen block is lit. */
function bars(
  blocks: readonly number[],
  values: ArrayLike<number>,
  look: { id: string; label: string; color: 'series-3' | 'series-4' },
  shown: number | null,
): MarkOptions[] {
  const ring = (block: number, value: number): Float32Array =>
    Float32Array.of(block - half, 0, block - half, value, block + half, value, block + half, 0);
  const of = (keep: (block: number) => boolean): Float32Array[] =>
    blocks.flatMap((block, k) =>
      keep(block) && Number.isFinite(values[k]!) ? [ring(block, values[k]!)] : [],
    );
  return [
    { kind: 'polygons', ...look, rings: of((block) => block !== shown), fill: 0.55, opacity: 0.2 },
    {
      kind: 'polygons',
      ...look,
      id: `${look.id} shown`,
      rings: of((block) => block === shown),
      fill: 1,
      opacity: 1,
    },
  ];
}

/** Cosine of the probe's direction with the steering shift, over the band of chance; block on the axis. */
export function cosineScene(detect: SteerDetect, shown: number | null): Scene {
  const { blocks, cosine, chanceHigh } = detect;
  return plot({
    title: 'Cosine of the probe with the steering shift',
    x: blockAxis(blocks),
    y: { label: 'cosine', include: [0, chanceHigh, -chanceHigh], room: 0.08 },
    marks: [
      { kind: 'zone', label: 'chance, 95 %', y: [-chanceHigh, chanceHigh], color: 'series-0', opacity: 0.3 },
      ...bars(blocks, cosine, { id: 'cosine', label: 'cosine, probe to shift', color: 'series-4' }, shown),
    ],
  });
}

/** What is gained is counted in: words of the lexicon, or what the classifier of words says. */
export const gainMeasures = { presence: 'Presence', judged: 'Judged' } as const;
export type GainMeasure = keyof typeof gainMeasures;

/** What is gained when one block alone is steered, in points, with intervals; a cross where it could not be. */
export function gainScene(
  detect: SteerDetect,
  shown: number | null,
  measure: GainMeasure = 'presence',
): Scene {
  const { blocks, missing } = detect;
  const [gain, low, high] =
    measure === 'presence'
      ? [detect.gain, detect.gainLow, detect.gainHigh]
      : [detect.judged, detect.judgedLow, detect.judgedHigh];
  const points = Array.from(gain, (value, k) => (missing[k] === 1 ? NaN : 100 * value));
  const crosses = blocks.flatMap((block, k): [number, number][] => (missing[k] === 1 ? [[block, 0]] : []));
  const known = blocks.flatMap((block, k) =>
    missing[k] === 1 || !Number.isFinite(low[k]!)
      ? []
      : [{ x: block, low: 100 * low[k]!, high: 100 * high[k]! }],
  );
  const label = `${measure === 'presence' ? 'presence' : 'judged'} gain at λ ${number(detect.lambda)}`;
  return plot({
    title: 'Gained with one block steered',
    x: blockAxis(blocks),
    y: { label: 'gain (points)', include: [0], room: 0.08, flat: 5 },
    marks: [
      ...bars(blocks, points, { id: 'gain', label, color: 'series-3' }, shown),
      { kind: 'intervals', label: '95 %', at: known, color: 'ink-third' },
      crosses.length > 0 && {
        ...{ kind: 'points', label: 'could not be steered', points: crosses, radius: 4, shape: 'cross' },
        color: 'bad',
      },
    ],
  });
}

function blockAxis(blocks: readonly number[]) {
  const [first, last] = [Math.min(...blocks), Math.max(...blocks)];
  return { label: 'block', domain: [first - 0.7, last + 0.7] as const };
}

/** `norm_mlp_in · read best at 13, steered best at 19 · r 0.25`; the correlation is told whatever it is. */
export function detectWords(detect: SteerDetect, measure: GainMeasure = 'presence'): string {
  const { readBest, steeredBest, hook } = detect;
  const correlation = measure === 'presence' ? detect.correlation : detect.correlationJudged;
  const r = Number.isFinite(correlation) ? correlation.toFixed(2).replace('-', '−') : 'not measured';
  return `${hook} · read best at ${readBest}, steered best at ${steeredBest} · r ${r}`;
}

/** The block whose bar holds a place on the axis; null between or outside. */
export function blockAt({ blocks }: Pick<SteerDetect, 'blocks'>, x: number): number | null {
  const near = Math.round(x);
  return blocks.includes(near) ? near : null;
}
