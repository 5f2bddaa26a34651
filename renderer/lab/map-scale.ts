/** @file Colours of a layer × token map: blue through the ground to orange for signed values, one sequential scale for all else. */
import { channels, toneColor } from '../../figures/palette';
import type { Theme } from '../../figures/theme';
import type { LanguageLook } from '../../main/rpc/contract';

export type MapScale = LanguageLook['scale'];

const steps = 256;

/** Ends of the colour scale: symmetric where values are signed, positive on a log scale, from 0 else. */
export function mapDomain({ values, scale }: Pick<LanguageLook, 'values' | 'scale'>): [number, number] {
  let [low, high] = [Infinity, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const size = Math.abs(value);
    if (size > high) high = size;
    if (size > 0 && size < low) low = size;
  }
  if (high === 0) high = 1;
  if (scale === 'diverging') return [-high, high];
  return scale === 'log' ? [Math.min(low, high / 1.0001), high] : [0, high];
}

/** Place of a value on the colour scale, 0 to 1; 0.5 is the zero of a diverging one. */
export function mapTone(value: number, [low, high]: readonly [number, number], scale: MapScale): number {
  const share =
    scale === 'log'
      ? Math.log(Math.max(low, value) / low) / Math.log(high / low)
      : (value - low) / (high - low);
  return Math.min(1, Math.max(0, share));
}

/** The colour at a place on the scale. */
export function mapColor(share: number, scale: MapScale, theme: Theme): string {
  if (scale !== 'diverging') return toneColor(share, theme);
  const end = channels(share < 0.5 ? theme.accent : theme['series-2']);
  const middle = channels(theme.raised);
  const far = Math.abs(share - 0.5) * 2;
  const mixed = middle.map((value, k) => Math.round(255 * (value + (end[k]! - value) * far)));
  return `rgb(${mixed.join(', ')})`;
}

/** Panning paints the same colours over and over. */
const palettes = new WeakMap<Theme, Map<MapScale, Uint8ClampedArray>>();

/** All colours of a scale, 256 of them, as bytes. */
function palette(scale: MapScale, theme: Theme): Uint8ClampedArray {
  const known = palettes.get(theme) ?? new Map<MapScale, Uint8ClampedArray>();
  palettes.set(theme, known);
  const made = known.get(scale) ?? makePalette(scale, theme);
  known.set(scale, made);
  return made;
}

function makePalette(scale: MapScale, theme: Theme): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(steps * 3);
  for (let k = 0; k < steps; k++)
    bytes.set(
      channels(mapColor(k / (steps - 1), scale, theme)).map((value) => Math.round(255 * value)),
      3 * k,
    );
  return bytes;
}

export interface Pixels {
  width: number;
  height: number;
  bytes: Uint8ClampedArray<ArrayBuffer>;
}

/**
 * RGBA of the tokens `from` to `to` (not included), a pixel a cell, at most `most` columns: where there are more tokens a
 * column shows that one of its values which stands out the most. What is no number stays clear.
 */
export function mapPixels(look: LanguageLook, from: number, to: number, most: number, theme: Theme): Pixels {
  const { values, scale, tokens, rows } = look;
  const count = tokens.length;
  const domain = mapDomain(look);
  const colors = palette(scale, theme);
  const width = Math.max(1, Math.min(to - from, Math.floor(most)));
  const bytes = new Uint8ClampedArray(width * rows.length * 4);
  for (let row = 0; row < rows.length; row++)
    for (let column = 0; column < width; column++) {
      const first = from + Math.floor((column * (to - from)) / width);
      const last = from + Math.floor(((column + 1) * (to - from)) / width);
      let value = NaN;
      for (let token = first; token < Math.max(last, first + 1); token++) {
        const one = values[row * count + token]!;
        if (Number.isFinite(one) && !(Math.abs(value) >= Math.abs(one))) value = one;
      }
      if (!Number.isFinite(value)) continue;
      const tone = 3 * Math.round(mapTone(value, domain, scale) * (steps - 1));
      const at = 4 * (row * width + column);
      bytes[at] = colors[tone]!;
      bytes[at + 1] = colors[tone + 1]!;
      bytes[at + 2] = colors[tone + 2]!;
      bytes[at + 3] = 255;
    }
  return { width, height: rows.length, bytes };
}
