/** @file The blur benchmark: a circular Gaussian blur of images is a Monge map, so their true coupling is the identity. */
import { MongeError } from '../../../../native-models/error';
import type { Inputs, QueryContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import { gatherRows } from '../../../numerics/gather';
import type { CouplingBlurAnswer } from '../view';
import { check } from '../../../contract/query';
import { couplingBlurArguments } from './coupling-arguments';
import { planClouds, planRow, type Clouds } from './coupling-plan';
import { scene } from './scene';

/** Pixels, as in OTT's tutorial on CIFAR-10. */
const BLUR_PIXELS = 1;

interface BlurClouds extends Clouds {
  close?(): void;
}

/** Throws `blur-needs-images`. */
export async function couplingBlur(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<CouplingBlurAnswer> {
  const asked = check('couplingBlur', couplingBlurArguments, args);
  const view = await scene(context, inputs, config);
  const { image } = view.matrix;
  if (!image)
    throw new MongeError({
      code: 'blur-needs-images',
      what: 'the blur benchmark is made of images',
      got: `${view.dimension} columns without an image shape`,
      help: 'give an image column the role "image"',
    });
  const count = Math.min(asked.count, view.matrix.rows);
  const clouds = await context.cached(`flows.coupling.blur ${count}`, async (): Promise<BlurClouds> => {
    const x = gatherRows(view.target, view.dimension, view.order.subarray(0, count));
    return { x, y: circularBlur(x, image, BLUR_PIXELS), dimension: view.dimension };
  });
  const diagonal = new Float64Array(asked.epsilons.length);
  const sharpness = new Float64Array(asked.epsilons.length);
  const row = new Float64Array(count);
  for (const [k, value] of asked.epsilons.entries()) {
    const plan = await planClouds(context, config, clouds, { coupling: 'sinkhorn', knob: 'epsilon', value });
    sharpness[k] = plan.sharpness;
    for (let i = 0; i < count; i++) {
      planRow(clouds, plan, i, row);
      diagonal[k]! += row[i]! / count;
    }
  }
  return { count, epsilons: Float64Array.from(asked.epsilons), diagonal, sharpness };
}

/** Convolves every channel of [n, height, width, channels] images with a Gaussian of `deviation` pixels, wrapping around the edges. */
export function circularBlur(
  images: Float32Array,
  { height, width, channels }: { height: number; width: number; channels: number },
  deviation: number,
): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-(((k - reach) / deviation) ** 2) / 2),
  );
  const total = taps.reduce((sum, weight) => sum + weight, 0);
  const along = (from: Float32Array, size: number, stride: number): Float32Array =>
    from.map((_, at) => {
      const place = Math.floor(at / stride) % size;
      let sum = 0;
      for (const [k, weight] of taps.entries()) {
        const shifted = (((place + k - reach) % size) + size) % size;
        sum += weight * from[at + (shifted - place) * stride]!;
      }
      return sum / total;
    });
  return along(along(images, width, channels), height, channels * width);
}
