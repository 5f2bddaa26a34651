/** @file The set of one row as a scene: test targets, outlines of the shown scores or bars of a single target, prediction and truth. */
import { plot, type MarkOptions } from '../../../../figures/plot';
import type { ColorToken, Scene } from '../../../../figures/scene';
import { count as formatCount } from '../../../../figures/format';
import type { Answer, ConformalOverview, Looks, RegionsRequest } from '../conformal.svelte';
import { insideText, levelText, regionNotes, rowText } from '../words';

export type Regions = Answer<'regions'>;
export type Region = Regions['regions'][number];

interface RowParts {
  overview: ConformalOverview;
  alpha: number;
  /** Null before the first answer. */
  answer: Regions | null;
  looks: Looks;
}

interface RegionParts extends RowParts {
  pair: [number, number];
  through: RegionsRequest['through'];
  /** [test, 2] targets of the test rows on the two axes. */
  targets: Float32Array;
  contours?: Answer<'contours'> | null;
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
  const { overview, pair, alpha, answer, contours, looks, targets, small = false } = parts;
  const regions = answer?.regions ?? [];
  const rings = regions.flatMap((region) => region.rings);
  const [xDomain, yDomain] = axisDomains(overview, pair, targets, rings);
  const notes = regionNotes(regions, looks.titleOf);
  return plot({
    title: `Sets at ${levelText(alpha)}`,
    subtitle: subtitleOf(parts),
    x: { label: overview.targets[pair[0]] ?? '', domain: xDomain },
    y: { label: overview.targets[pair[1]] ?? '', domain: yDomain },
    marks: [
      ...outlines(regions, looks, 0.1),
      contours && {
        kind: 'polygons',
        id: 'contours',
        label: 'vector quantiles (preview)',
        rings: contours.lines,
        opacity: 0.7,
        color: 'ink-second',
        stroke: 'dashed',
      },
      testTargets(targets, overview, small ? 1 : 1.8),
      ...(answer ? signs(answer, pair, small ? 0.6 : 1) : []),
    ],
    notes: contours ? [...notes, contoursNote(contours)] : notes,
  });
}

/** The sets of a single target, which the engine gives as bars from 0 to 1: here every score has a lane of its own. */
export function intervalScene({ overview, alpha, answer, looks }: RowParts): Scene {
  const regions = answer?.regions ?? [];
  const lanes = Math.max(1, regions.length);
  // Test targets lie in the lowest lane, spread a little so that crowds are seen.
  const targets = Float32Array.from({ length: 2 * overview.testRows.length }, (_, k) =>
    k % 2 === 0 ? overview.truth[k >> 1]! : -0.85 + 0.7 * (((k >> 1) * 0.618034) % 1),
  );
  const withHeights = (ring: Float32Array, of: (height: number) => number): Float32Array =>
    ring.map((value, i) => (i % 2 === 0 ? value : of(value)));
  const level = regions.flatMap(({ rings }) => rings.map((ring) => withHeights(ring, () => 0)));
  const [x] = axisDomains(overview, [0, 0], targets, level);
  const laned = regions.map(({ score, rings }, place) => ({
    score,
    rings: rings.map((ring) => withHeights(ring, (height) => lanes - 1 - place + 0.12 + 0.76 * height)),
  }));
  const { word, color } = insideLook(regions);
  const upright = (label: string, at: ArrayLike<number>) => ({ kind: 'rule', label, x: at[0]! }) as const;
  return plot({
    title: `Sets at ${levelText(alpha)}`,
    subtitle: answer
      ? `${rowText(answer.row, overview.testRows)}: ${insideText(regions)}`
      : 'drawing the sets …',
    x: { label: overview.targets[0] ?? '', domain: x },
    y: { label: 'one lane per score', domain: [-1, lanes], ticks: [] },
    marks: [
      ...outlines(laned, looks, 0.16),
      testTargets(targets, overview, 1.8),
      answer && { ...upright('prediction', answer.mean), id: 'mean', color: 'ink-second', stroke: 'dashed' },
      answer && { ...upright(`truth${word}`, answer.truth), id: 'truth', color },
    ],
    notes: regionNotes(regions, looks.titleOf),
  });
}

/** The outlines of all sets that have one. */
function outlines(
  regions: readonly Pick<Region, 'score' | 'rings'>[],
  { lookOf, titleOf }: Looks,
  fill: number,
): MarkOptions[] {
  return regions
    .filter(({ rings }) => rings.length > 0)
    .map(({ score, rings }) => {
      const look = { id: `region ${score}`, label: titleOf(score), ...lookOf(score) };
      return { kind: 'polygons', ...look, rings, fill };
    });
}

/** The test rows' targets, each of which can be picked. */
function testTargets(
  points: Float32Array,
  { testRows: rows }: ConformalOverview,
  radius: number,
): MarkOptions {
  const look = { color: 'ink-third', opacity: 0.5, radius } as const;
  return { kind: 'points', id: 'targets', label: 'test targets', points, rows, ...look };
}

/** Whether the truth lies in all, some or none of the sets: in a word after a comma, and the colour that says so. */
function insideLook(regions: readonly Region[]): { word: string; color: ColorToken } {
  const inside = regions.filter((region) => region.inside).length;
  if (inside === regions.length) return { word: ', inside', color: 'good' };
  return inside === 0 ? { word: ', outside', color: 'bad' } : { word: ', inside some', color: 'warn' };
}

/** The prediction as a cross; the truth as a spot where every set holds it, as an open ring where one misses it. */
function signs({ mean, truth, regions }: Regions, [x, y]: [number, number], size: number): MarkOptions[] {
  const { word, color } = regions.length > 0 ? insideLook(regions) : ({ word: '', color: 'ink' } as const);
  const sign = (id: string, at: ArrayLike<number>) =>
    ({ kind: 'points', id, points: [[at[x]!, at[y]!]] }) as const;
  return [
    { ...sign('mean', mean), label: 'prediction', radius: 6 * size, color: 'ink', shape: 'cross' },
    {
      ...sign('truth', truth),
      label: `truth${word}`,
      radius: 5 * size,
      color,
      shape: color === 'bad' || color === 'warn' ? 'ring' : 'spot',
    },
  ];
}

/** "row 17 of 154 · row 613 of the data: inside 4 of 5 sets · other targets at the prediction". */
function subtitleOf({ overview, answer, through, targets }: RegionParts): string {
  if (!answer) return `${formatCount(targets.length / 2)} test rows · drawing the sets …`;
  const others = {
    slice: ' · slice: other targets at their prediction',
    projection: ' · projection: whatever the other targets are',
  }[through];
  const place = rowText(answer.row, overview.testRows);
  return `${place}: ${insideText(answer.regions)}${overview.targets.length > 2 ? others : ''}`;
}

function contoursNote({ levels }: Answer<'contours'>): string {
  const shares = levels.map((level) => String(Math.round(1000 * level) / 10));
  return `Dashed: vector quantiles at ${shares.join(', ')} %, a preview without a guarantee`;
}
