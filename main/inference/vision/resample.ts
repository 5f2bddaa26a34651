/**
 * @file Pictures at another size exactly as Pillow makes them, which the processors of transformers call: two passes with a
 * filter as wide as the shrinking asks for, weights as whole numbers of 22 bits, bytes between the passes.
 */

export interface Bitmap {
  width: number;
  height: number;
  /** RGB [height, width, 3]. */
  pixels: Uint8Array;
}

/** Pillow's numbers for its filters, as `resample` in preprocessor_config.json has them. */
export const filterNames = ['nearest', 'Lanczos', 'bilinear', 'bicubic', 'box', 'Hamming'] as const;
export type FilterName = (typeof filterNames)[number];

interface Filter {
  /** Half of the width on which it is not 0, in source pixels where nothing shrinks. */
  support: number;
  at: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

const filters: Record<Exclude<FilterName, 'nearest'>, Filter> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  Hamming: {
    support: 1,
    at: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0),
  },
  bicubic: { support: 2, at: cubic },
  Lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution with a = −1/2. */
function cubic(signed: number): number {
  const x = Math.abs(signed);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** The picture at a size of whole pixels, at least 1 a side. Equal to Pillow's `resize` bit for bit; with Hamming a byte may be one off. */
export function resized(source: Bitmap, width: number, height: number, filter: FilterName): Bitmap {
  if (filter === 'nearest') return nearest(source, width, height);
  const across = (of: Bitmap) => (width === of.width ? of : acrossRows(of, width, filters[filter]));
  const down = (of: Bitmap) => (height === of.height ? of : downColumns(of, height, filters[filter]));
  // Which pass is first shows in the last bit. Pillow 13 begins with the columns where they lose more than twice what the rows
  // lose (5,860 of 5,860 sizes tried); before that, rows were always first.
  const lost = { width: source.width - width, height: source.height - height };
  return lost.height > Math.max(0, 2 * lost.width) ? across(down(source)) : down(across(source));
}

function nearest(source: Bitmap, width: number, height: number): Bitmap {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = Math.min(source.height - 1, Math.floor(((y + 0.5) * source.height) / height));
    for (let x = 0; x < width; x += 1, at += 3) {
      const column = Math.min(source.width - 1, Math.floor(((x + 0.5) * source.width) / width));
      const from = (row * source.width + column) * 3;
      pixels.set(source.pixels.subarray(from, from + 3), at);
    }
  }
  return { width, height, pixels };
}

const BITS = 22;
const UNIT = 2 ** BITS;

/** For one pixel of the result: the first source pixel, and a whole weight for it and those after it. */
interface Tap {
  first: number;
  weights: number[];
}

function tapsOf(from: number, to: number, { support, at }: Filter): Tap[] {
  const scale = from / to;
  const wide = Math.max(1, scale);
  const reach = support * wide;
  return Array.from({ length: to }, (_, k) => {
    const centre = (k + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const raw = Array.from({ length: end - first }, (__, x) => at((x + first - centre + 0.5) * (1 / wide)));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    const weights = raw.map((weight) => {
      // By the inverse, as Pillow does: a quotient rounds otherwise now and then.
      const share = sum === 0 ? weight : weight * (1 / sum);
      return Math.trunc(share * UNIT + (share < 0 ? -0.5 : 0.5));
    });
    return { first, weights };
  });
}

const byteOf = (sum: number): number => Math.min(255, Math.max(0, Math.floor((sum + UNIT / 2) / UNIT)));

function acrossRows({ width, height, pixels }: Bitmap, wanted: number, filter: Filter): Bitmap {
  const taps = tapsOf(width, wanted, filter);
  const out = new Uint8Array(wanted * height * 3);
  for (let y = 0; y < height; y += 1)
    for (const [x, { first, weights }] of taps.entries()) {
      let [red, green, blue] = [0, 0, 0];
      let from = (y * width + first) * 3;
      for (const weight of weights) {
        red += weight * pixels[from]!;
        green += weight * pixels[from + 1]!;
        blue += weight * pixels[from + 2]!;
        from += 3;
      }
      const at = (y * wanted + x) * 3;
      [out[at], out[at + 1], out[at + 2]] = [byteOf(red), byteOf(green), byteOf(blue)];
    }
  return { width: wanted, height, pixels: out };
}

function downColumns({ width, height, pixels }: Bitmap, wanted: number, filter: Filter): Bitmap {
  const taps = tapsOf(height, wanted, filter);
  const row = width * 3;
  const out = new Uint8Array(row * wanted);
  const sums = new Float64Array(row);
  for (const [y, { first, weights }] of taps.entries()) {
    sums.fill(0);
    for (const [k, weight] of weights.entries()) {
      const from = (first + k) * row;
      for (let x = 0; x < row; x += 1) sums[x]! += weight * pixels[from + x]!;
    }
    for (let x = 0; x < row; x += 1) out[y * row + x] = byteOf(sums[x]!);
  }
  return { width, height: wanted, pixels: out };
}
