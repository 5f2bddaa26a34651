/** @file A feature extractor that the user brings as an ONNX file, such as an Inception network: images fitted to its input. */
import type { Compute } from '../../../contract/compute';
import type { ImageShape } from '../../../contract/data';
import type { ModelInput } from '../../../contract/opened';
import { openUserModel } from '../../../models/user-model';
import type { Extractor } from './extractor';

/** Images per run: such networks are large. */
const ROWS_PER_RUN = 16;

/**
 * Opens the file. It must take float images [batch, channels, height, width] with values from −1 to 1; sizes that it fixes
 * are met by bilinear scaling, three channels by repeating a grey one. Its first output, flattened, is the features.
 * Throws what `openUserModel` throws.
 */
export async function openUserExtractor(
  compute: Compute,
  file: ModelInput,
  image: ImageShape,
): Promise<Extractor> {
  const model = await openUserModel(compute, file, {
    input: 'extractor',
    fits: ([batch, channels, ...sides]) =>
      sides.length === 2 && batch === 0 && (!channels || channels === image.channels || image.channels === 1),
    what: 'the feature extractor does not take these images',
    expected: `one float input [open batch, ${image.channels} channels, height, width]`,
    help: 'export the network with an open batch size and channels first',
  });
  // Open sizes are those of the image.
  const [, channels, height, width] = model.sizes;
  const target = {
    channels: channels || image.channels,
    height: height || image.height,
    width: width || image.width,
  };
  const run = async (images: Float32Array, count: number) => {
    const dims = [count, target.channels, target.height, target.width];
    return (await model.run(fitImages(images, image, target), dims)).data as Float32Array;
  };
  const size = image.height * image.width * image.channels;
  const features = (await run(new Float32Array(size), 1)).length;
  return {
    name: model.name,
    features,
    accuracy: null,
    model: null,
    async extract(images) {
      const rows = images.length / size;
      const out = new Float32Array(rows * features);
      for (let first = 0; first < rows; first += ROWS_PER_RUN) {
        const count = Math.min(ROWS_PER_RUN, rows - first);
        out.set(await run(images.subarray(first * size, (first + count) * size), count), first * features);
      }
      return out;
    },
    close: () => model.close(),
  };
}

/** Images [n, height, width, channels] as [n, channels, height, width] of another size, by bilinear interpolation between pixel centres. */
export function fitImages(images: Float32Array, from: ImageShape, to: ImageShape): Float32Array {
  const size = from.height * from.width * from.channels;
  const count = images.length / size;
  const out = new Float32Array(count * to.channels * to.height * to.width);
  const [ys, xs] = [taps(from.height, to.height), taps(from.width, to.width)];
  let at = 0;
  for (let n = 0; n < count; n++)
    for (let c = 0; c < to.channels; c++) {
      const channel = from.channels === 1 ? 0 : c;
      const pixel = (y: number, x: number) =>
        images[n * size + (y * from.width + x) * from.channels + channel]!;
      for (const y of ys)
        for (const x of xs) {
          const above = pixel(y.low, x.low) * (1 - x.share) + pixel(y.low, x.high) * x.share;
          const below = pixel(y.high, x.low) * (1 - x.share) + pixel(y.high, x.high) * x.share;
          out[at++] = above * (1 - y.share) + below * y.share;
        }
    }
  return out;
}

/** For each of `to` pixels the two of `from` that its centre lies between, and how far it is on the way. */
function taps(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, k) => {
    const place = Math.min(from - 1, Math.max(0, ((k + 0.5) * from) / to - 0.5));
    const low = Math.floor(place);
    return { low, high: Math.min(from - 1, low + 1), share: place - low };
  });
}
