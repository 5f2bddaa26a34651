/** @file Images on their way from noise: x_t = (1 − t)·x₀ + t·x₁ at several times each, on which the network's activations are read. */
import { stream } from '../../../../native-models';
import { gatherRows } from '../../../numerics/gather';
import type { OpenedFlow } from './opened';

/** Points [images · times, dimension], image by image, each at its own time. */
export interface NoisedImages {
  points: Float32Array;
  times: Float32Array;
  images: number;
}

/**
 * The images of `rows` at `times` times each: time k of an image is drawn evenly from the k-th of as many equal stretches of
 * (0, 1), x₀ from the flow's own noise. Image number i of either side has the same times and noise, so that what the sides
 * differ in comes from their images.
 */
export function noisedImages(
  { noise, images: { matrix } }: Pick<OpenedFlow, 'noise'> & { images: Pick<OpenedFlow['images'], 'matrix'> },
  rows: Int32Array,
  times: number,
  seed: number,
): NoisedImages {
  const dimension = matrix.columns;
  const count = rows.length * times;
  const shares = stream(seed, 'steer.flow.times').uniform(new Float32Array(count));
  const when = shares.map((share, at) => ((at % times) + share) / times);
  const start = startPoints({ noise }, seed, 'steer.flow.noise', count);
  const ends = gatherRows(matrix.data, dimension, rows);
  const points = start.map((value, at) => {
    const row = Math.floor(at / dimension);
    const end = ends[Math.floor(row / times) * dimension + (at % dimension)]!;
    return (1 - when[row]!) * value + when[row]! * end;
  });
  return { points, times: when, images: rows.length };
}

/** [count, dimension] points of the flow's noise in data units; fewer are a prefix of more. */
export function startPoints(
  { noise: { mean, deviation } }: Pick<OpenedFlow, 'noise'>,
  seed: number,
  label: string,
  count: number,
): Float32Array {
  const dimension = mean.length;
  const draw = stream(seed, label).normal(new Float32Array(count * dimension));
  return draw.map((value, at) => mean[at % dimension]! + deviation[at % dimension]! * value);
}

/** [images, units] means over each image's times, of values [images · times, units]. */
export function meanOverTimes(values: Float32Array, images: number, units: number): Float32Array {
  const times = values.length / (images * units);
  const out = new Float32Array(images * units);
  for (let image = 0; image < images; image++)
    for (let unit = 0; unit < units; unit++) {
      let sum = 0;
      for (let k = 0; k < times; k++) sum += values[(image * times + k) * units + unit]!;
      out[image * units + unit] = sum / times;
    }
  return out;
}
