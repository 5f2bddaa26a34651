/** @file The categorical and sequential colours; one set for every figure, so that a class keeps its colour. */
import { interpolateCividis, interpolateYlGnBu } from 'd3-scale-chromatic';
import type { ColorToken, Mark } from './scene';
import type { Theme } from './theme';

/** Ten colours that stay apart under the common colour-vision deficiencies (M. Petroff, 2021, arXiv:2107.02270). */
const categories = [
  '#3f90da',
  '#ffa90e',
  '#bd1f01',
  '#94a4a2',
  '#832db6',
  '#a96b59',
  '#e76300',
  '#b9ac70',
  '#717581',
  '#92dadb',
] as const;

/** Colour of a class code ≥ 0. */
export function classColor(code: number): string {
  return categories[code % categories.length]!;
}

const series: readonly ColorToken[] = ['series-1', 'series-2', 'series-3', 'series-4', 'series-0'];
/** How many lines can be told apart by the colours of series; places from here on repeat. */
export const distinctSeries: number = series.length;

/** Colour of the line at a place among several. */
export function seriesColor(place: number): ColorToken {
  return series[place % series.length]!;
}

/** Colour of the k-th run that is laid over the shown one, the same in every figure. */
export function compareColor(place: number): ColorToken {
  return (['series-3', 'series-4'] as const)[place % 2]!;
}

/** Cividis, 0 to 1: readable in grey and under colour-vision deficiencies. */
export function sequentialColor(share: number): string {
  return interpolateCividis(Math.min(1, Math.max(0, share)));
}

/**
 * A sequential scale on which little is near the ground and much stands out from it, 0 to 1: cividis on dark ground,
 * yellow through green to blue on light ground.
 */
export function toneColor(share: number, theme: Pick<Theme, 'background'>): string {
  const [red, green, blue] = channels(theme.background);
  const within = Math.min(1, Math.max(0, share));
  return red + green + blue < 1.5 ? interpolateCividis(within) : interpolateYlGnBu(within);
}

/** The colour a mark is drawn in. */
export function markColor(
  { tone, category, color }: Pick<Mark, 'tone' | 'category' | 'color'>,
  theme: Theme,
): string {
  if (category !== undefined) return classColor(category);
  return tone === undefined ? theme[color] : toneColor(tone, theme);
}

/** Blue below 0, orange above, for shares from −1 to 1; how strong is left to the opacity, so that both themes stay. */
export function divergingColor(share: number): string {
  return share < 0 ? '#3f90da' : '#f28e2b';
}

/** Red, green and blue of `#rgb`, `#rrggbb` or `rgb(r, g, b)`, each 0 to 1; mid grey when it is none of these. */
export function channels(color: string): [number, number, number] {
  const text = color.trim();
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  if (short) return [parse(short[1]!.repeat(2)), parse(short[2]!.repeat(2)), parse(short[3]!.repeat(2))];
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (long) return [parse(long[1]!), parse(long[2]!), parse(long[3]!)];
  const named = /^rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)/.exec(text);
  if (named) return [Number(named[1]) / 255, Number(named[2]) / 255, Number(named[3]) / 255];
  return [0.5, 0.5, 0.5];
}

function parse(hex: string): number {
  return parseInt(hex, 16) / 255;
}
