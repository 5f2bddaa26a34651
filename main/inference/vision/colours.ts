/** @file States at patches as colours: three principal components and a scale, kept as a recipe that draws the same pixels again. */
import { createHash } from 'node:crypto';
import { MongeError } from '../../../native-models/error';
import type { Compute } from '../../contract/compute';
import type { RowMatrix } from '../../contract/projection';
import type { PatchRecipe } from '../../contract/vision';
import { fitPca } from '../../projection/pca';
import type { PatchStates } from './states';

/** Below and above these shares of the fitted patches a colour is at its end. */
const PERCENTILES = [0.01, 0.99] as const;

type Fitted = Pick<PatchRecipe, 'mean' | 'axes' | 'variances' | 'totalVariance' | 'scale' | 'patches'>;

/** What a recipe says of where it is from. */
export type RecipeOrigin = Pick<PatchRecipe, 'model' | 'hook' | 'preprocessing' | 'leftOut'>;

export interface FitPicture {
  name: string;
  sha256: string;
  states: PatchStates;
}

/**
 * Fits the colours on all patches of the pictures, in their order.
 * @throws `colours-narrow` for states of fewer than 3 numbers, `projection-not-finite`
 */
export async function fitColours(
  compute: Compute,
  pictures: readonly FitPicture[],
  origin: RecipeOrigin,
): Promise<PatchRecipe> {
  const rows = joined(pictures.map(({ states }) => states));
  if (rows.columns < 3)
    throw new MongeError({
      code: 'colours-narrow',
      blame: 'input',
      what: 'a state of fewer than three numbers has no three components',
      where: { key: origin.hook },
      got: String(rows.columns),
    });
  const found = (await fitPca(compute, rows, 3))!;
  const axis = (k: number) => signed(found.axes.subarray(k * rows.columns, (k + 1) * rows.columns));
  const axes: PatchRecipe['axes'] = [axis(0), axis(1), axis(2)];
  const mean = Array.from(found.mean);
  const fitted: Fitted = {
    patches: rows.rows,
    ...{ mean, axes, scale: scaleOf(coordinatesOf({ mean, axes }, rows)) },
    variances: [found.variances[0]!, found.variances[1]!, found.variances[2]!],
    totalVariance: found.totalVariance,
  };
  const fit = pictures.map(({ name, sha256, states }) => ({
    ...{ name, sha256 },
    pixels: pixelHash(colouredBy(fitted, states).rgb),
  }));
  const { model, hook, preprocessing, leftOut } = origin;
  const { patches, variances, totalVariance, scale } = fitted;
  return {
    ...{ format: 'monge-patch-colours', version: 1, model, hook, preprocessing, leftOut, fit, patches },
    ...{ mean, axes, variances, totalVariance, sign: 'largest-entry-positive', scale },
  };
}

/** [rows, 3] coordinates and colours. @throws `recipe-width` for states of another width */
export function colouredBy(
  recipe: Pick<PatchRecipe, 'mean' | 'axes' | 'scale'>,
  states: RowMatrix,
): { coordinates: Float64Array; rgb: Uint8Array; outside: number } {
  if (states.columns !== recipe.mean.length)
    throw new MongeError({
      code: 'recipe-width',
      blame: 'input',
      what: 'the recipe is for states of another width',
      got: String(recipe.mean.length),
      expected: String(states.columns),
    });
  const coordinates = coordinatesOf(recipe, states);
  const { low, high } = recipe.scale;
  const rgb = new Uint8Array(coordinates.length);
  let outside = 0;
  for (let at = 0; at < coordinates.length; at += 3) {
    let clipped = false;
    for (let k = 0; k < 3; k += 1) {
      const width = high[k]! - low[k]!;
      const share = width > 0 ? (coordinates[at + k]! - low[k]!) / width : 0.5;
      clipped ||= share < 0 || share > 1;
      rgb[at + k] = Math.floor(255 * Math.min(1, Math.max(0, share)) + 0.5);
    }
    if (clipped) outside += 1;
  }
  return { coordinates, rgb, outside };
}

export function pixelHash(rgb: Uint8Array): string {
  return createHash('sha256').update(rgb).digest('hex');
}

/** The axis turned so that its entry of largest size is positive; of equally large ones the first decides. */
export function signed(axis: ArrayLike<number>): number[] {
  let largest = 0;
  for (let k = 0; k < axis.length; k += 1) if (Math.abs(axis[k]!) > Math.abs(largest)) largest = axis[k]!;
  // No negative zeros: they would not survive as text.
  return Array.from(axis, (value) => (largest < 0 ? -value : value) + 0);
}

/** In double precision and in one order, so that the same states give the same bits. */
function coordinatesOf({ mean, axes }: Pick<PatchRecipe, 'mean' | 'axes'>, states: RowMatrix): Float64Array {
  const { data, rows, columns } = states;
  const out = new Float64Array(rows * 3);
  for (let row = 0; row < rows; row += 1)
    for (let k = 0; k < 3; k += 1) {
      const axis = axes[k]!;
      let sum = 0;
      for (let m = 0; m < columns; m += 1) sum += (data[row * columns + m]! - mean[m]!) * axis[m]!;
      out[row * 3 + k] = sum;
    }
  return out;
}

function scaleOf(coordinates: Float64Array): PatchRecipe['scale'] {
  const ends = [0, 1, 2].map((k) => {
    const sorted = coordinates.filter((_, at) => at % 3 === k).sort();
    return PERCENTILES.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!);
  });
  const end = (which: 0 | 1): [number, number, number] => [
    ends[0]![which]!,
    ends[1]![which]!,
    ends[2]![which]!,
  ];
  return { low: end(0), high: end(1) };
}

function joined(parts: readonly PatchStates[]): RowMatrix {
  const { columns } = parts[0]!;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows, columns };
}
