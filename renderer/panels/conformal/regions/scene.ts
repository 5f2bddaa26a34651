/** @file The set of one row as a scene: test targets, outlines of the shown scores, the prediction and the truth. */
import type { AnswerOf, ArgumentsOf } from '../../../../main/rpc/contract';
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { ColorToken, Scene, Stroke } from '../../../../figures/scene';
import { count as formatCount } from '../../../../figures/format';
import { insideText, levelText, regionNotes, rowText } from '../words';
import type { ConformalOverview } from '../conformal.svelte';

export type Regions = AnswerOf<'conformal', 'regions'>;
export type Region = Regions['regions'][number];
export type RegionsRequest = ArgumentsOf<'conformal', 'regions'>;

type ContoursAnswer = AnswerOf<'conformal', 'contours'>;

export type Look = { color: ColorToken; stroke: Stroke };

export interface RegionParts {
  overview: ConformalOverview;
  pair: [number, number];
  through: RegionsRequest['through'];
  alpha: number;
  /** Null before the first answer. */
  answer: Regions | null;
  contours: ContoursAnswer | null;
  lookOf: (score: Region['score']) => Look;
  titleOf: (score: Region['score']) => string;
  /** [test, 2] targets of the test rows on the two axes. */
  targets: Float32Array;
  /** For one of many small pictures. */
  small?: boolean;
}

/** [test, 2]: two columns of the test rows' targets. */
export function pairTargets(overview: ConformalOverview, pair: [number, number]): Float32Array {
  const d = overview.targets.length;
  const rows = overview.testRows.length;
  return Float32Array.from({ length: 2 * rows }, (_, k) => overview.truth[(k >> 1) * d + pair[k % 2]!]!);
}

/**
 * What both axes show: where targets lie, the test rows among them, and as much of the outlines as fits into twice that.
 * Room for outlines comes in quarters of the span, so that a set visibly grows while the level changes.
 */
export function axisDomains(
  overview: Pick<ConformalOverview, 'limits'>,
  pair: [number, number],
  targets: Float32Array,
  rings: readonly Float32Array[],
): [[number, number], [number, number]] {
  const side = (axis: 0 | 1): [number, number] => {
    let low = overview.limits[2 * pair[axis]]!;
    let high = overview.limits[2 * pair[axis] + 1]!;
    for (let i = axis; i < targets.length; i += 2) {
      if (targets[i]! < low) low = targets[i]!;
      if (targets[i]! > high) high = targets[i]!;
    }
    const span = high - low || Math.abs(high) || 1;
    let [below, above] = [0, 0];
    for (const ring of rings)
      for (let i = axis; i < ring.length; i += 2) {
        below = Math.max(below, (low - ring[i]!) / span);
        above = Math.max(above, (ring[i]! - high) / span);
      }
    const room = (share: number): number => span * (0.06 + Math.min(1, Math.ceil(share * 4 - 1e-6) / 4));
    return [low - room(below), high + room(above)];
  };
  return [side(0), side(1)];
}

export function regionScene(parts: RegionParts): Scene {
  const { overview, pair, alpha, answer, contours, lookOf, titleOf, targets } = parts;
  const [x, y] = pair;
  const regions = answer?.regions ?? [];
  const [xDomain, yDomain] = axisDomains(
    overview,
    pair,
    targets,
    regions.flatMap(({ rings }) => rings),
  );
  return plot({
    title: `Sets at ${levelText(alpha)}`,
    subtitle: subtitleOf(parts),
    x: { label: overview.targets[x] ?? '', domain: xDomain },
    y: { label: overview.targets[y] ?? '', domain: yDomain },
    marks: [
      ...outlines(regions, { lookOf, titleOf }, 0.1),
      contours && {
        kind: 'polygons',
        id: 'contours',
        label: 'vector quantiles (preview)',
        rings: contours.lines,
        opacity: 0.7,
        color: 'ink-second',
        stroke: 'dashed',
      },
      targetsMark(targets, overview, parts.small ? 1 : 1.8),
      ...(answer ? signs(answer, pair, parts.small ? 0.6 : 1) : []),
    ],
    notes: [...regionNotes(regions, titleOf), ...(contours ? [contoursNote(contours)] : [])],
  });
}

/** The outlines of all sets that have one. */
export function outlines(
  regions: readonly Pick<Region, 'score' | 'rings'>[],
  { lookOf, titleOf }: Pick<RegionParts, 'lookOf' | 'titleOf'>,
  fill: number,
): MarkOptions[] {
  return regions
    .filter(({ rings }) => rings.length > 0)
    .map(({ score, rings }) => {
      return {
        kind: 'polygons',
        id: `region ${score}`,
        label: titleOf(score),
        rings,
        fill,
        ...lookOf(score),
      };
    });
}

/** The test rows' targets, each of which can be picked. */
export function targetsMark(
  points: Float32Array,
  { testRows }: Pick<ConformalOverview, 'testRows'>,
  radius: number,
): MarkOptions {
  const look = { color: 'ink-third', opacity: 0.5, radius } as const;
  return { kind: 'points', id: 'targets', label: 'test targets', points, rows: testRows, ...look };
}

/** Whether the truth lies in all, some or none of the sets: in a word after a comma, and the colour that says so. */
export function insideLook(regions: readonly Pick<Region, 'inside'>[]): {
  word: string;
  color: ColorToken;
} {
  const inside = regions.filter((region) => region.inside).length;
  if (inside === regions.length) return { word: ', inside', color: 'good' };
  return inside === 0 ? { word: ', outside', color: 'bad' } : { word: ', inside some', color: 'warn' };
}

/** The prediction as a cross; the truth as a spot where every set holds it, as an open ring where one misses it. */
function signs({ mean, truth, regions }: Regions, [x, y]: [number, number], size: number): MarkOptions[] {
  const none = regions.length === 0;
  const { word, color } = insideLook(regions);
  return [
    {
      kind: 'points',
      id: 'mean',
      label: 'prediction',
      points: [[mean[x]!, mean[y]!]],
      radius: 6 * size,
      color: 'ink',
      shape: 'cross',
    },
    {
      kind: 'points',
      id: 'truth',
      label: none ? 'truth' : `truth${word}`,
      points: [[truth[x]!, truth[y]!]],
      radius: 5 * size,
      color: none ? 'ink' : color,
      shape: color === 'good' ? 'spot' : 'ring',
    },
  ];
}

/** "row 17 of 154 · row 613 of the data: inside 4 of 5 sets · other targets at the prediction". */
function subtitleOf({ overview, answer, through, targets }: RegionParts): string {
  if (!answer) return `${formatCount(targets.length / 2)} test rows · drawing the sets …`;
  const place = rowText(answer.row, overview.testRows.length, answer.datasetRow);
  const rest =
    overview.targets.length > 2
      ? through === 'slice'
        ? ' · slice: other targets at their prediction'
        : ' · projection: whatever the other targets are'
      : '';
  return `${place}: ${insideText(answer.regions)}${rest}`;
}

function contoursNote({ levels }: ContoursAnswer): string {
  const shares = levels.map((level) => String(Math.round(1000 * level) / 10));
  return `Dashed: vector quantiles at ${shares.join(', ')} %, a preview without a guarantee`;
}
