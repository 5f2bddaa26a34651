/** @file The image column: bytes or floats in [rows, height, width, channels], seen as pixels or as features in [-1, 1]. */
import { summariseColumn, type Column } from './column';
import type { ImageShape } from '../contract/data';

/** How stored numbers map to brightness: 0–255, 0–1 or -1–1. */
export type PixelRange = 'bytes' | 'unit' | 'signed';

/** Images row after row. Features are scaled to [-1, 1] from the stored range; pixels to 0–255. */
export function imageColumn(
  name: string,
  image: ImageShape,
  values: Uint8Array | Float32Array,
  range: PixelRange = 'bytes',
): Column {
  const width = image.height * image.width * image.channels;
  const rows = values.length / width;
  const scale = { bytes: 1 / 127.5, unit: 2, signed: 1 }[range];
  const shift = range === 'signed' ? 0 : -1;
  const summary = values instanceof Uint8Array ? summariseBytes(values) : summariseColumn(values);
  const label = `${image.width}×${image.height} ${image.channels === 1 ? 'grey' : 'colour'} image`;
  return {
    name,
    kind: 'image',
    rows,
    width,
    image,
    statistics: { ...summary.statistics, missing: 0 },
    nonFinite: summary.nonFinite,
    cell: () => label,
    write(row, into, offset) {
      const start = row * width;
      for (let k = 0; k < width; k += 1) {
        const value = values[start + k]!;
        if (!Number.isFinite(value)) return false;
        into[offset + k] = value * scale + shift;
      }
      return true;
    },
    pixels(row, into, offset) {
      const start = row * width;
      for (let k = 0; k < width; k += 1) {
        const value = values[start + k]!;
        const bright = range === 'bytes' ? value : range === 'unit' ? value * 255 : (value + 1) * 127.5;
        into[offset + k] = Math.max(0, Math.min(255, Math.round(bright)));
      }
    },
  };
}

/** The range that float pixels were stored in, or null when the values do not look like brightness. */
export function pixelRange(minimum: number, maximum: number): PixelRange | null {
  if (minimum >= 0 && maximum <= 1) return 'unit';
  if (minimum >= -1 && maximum <= 1) return 'signed';
  if (minimum >= 0 && maximum <= 255) return 'bytes';
  return null;
}

/** Statistics of bytes from their histogram: one cheap pass even over hundreds of megabytes. */
function summariseBytes(values: Uint8Array): ReturnType<typeof summariseColumn> {
  const counts = new Float64Array(256);
  for (let i = 0; i < values.length; i += 1) counts[values[i]!]! += 1;
  const total = values.length;
  if (total === 0) return { statistics: { missing: 0 }, nonFinite: 0 };
  let mean = 0;
  for (let v = 0; v < 256; v += 1) mean += (v * counts[v]!) / total;
  let variance = 0;
  for (let v = 0; v < 256; v += 1) variance += ((v - mean) ** 2 * counts[v]!) / total;
  return {
    statistics: {
      missing: 0,
      minimum: counts.findIndex((c) => c > 0),
      maximum: counts.findLastIndex((c) => c > 0),
      mean,
      standardDeviation: Math.sqrt(variance),
    },
    nonFinite: 0,
  };
}
