/** @file One picture from a file's bytes to what a model reads of it, in the process for foreign files. */
import { createHash } from 'node:crypto';
import { MongeError } from '../../../native-models/error';
import type { HostTensor } from '../../contract/compute';
import type { PatchArea } from '../../contract/vision';
import { imagePixels, imageShape } from '../../data/readers/image-file';
import type { Preprocessing } from './preprocessing';
import { resized, type Bitmap } from './resample';

/** Pixels a side of what is shown. */
const SHOWN = 1024;
const MOST_PIXELS = 2 ** 24;

export interface Picture {
  /** SHA-256 of the file. */
  id: string;
  name: string;
  /** Pixels of the file. */
  width: number;
  height: number;
  shown: Bitmap;
  /** float32 [1, 3, height, width]. */
  pixels: HostTensor;
  /** The part of the picture that the model reads, as shares of its width and height. */
  read: PatchArea;
}

/**
 * `size` is what the model takes. The file's declared size is checked before anything is decoded.
 * @throws `wrong-magic`, `image-too-large`, `truncated`, `corrupt-image`, `zip-bomb`, `preprocessing-differs`
 */
export function readPicture(
  name: string,
  bytes: Uint8Array,
  preprocessing: Preprocessing,
  size: { height: number; width: number },
): Picture {
  const { width, height } = imageShape(name, bytes);
  const file: Bitmap = { width, height, pixels: imagePixels(name, bytes, 3) };
  const { bitmap, read } = prepared(name, file, preprocessing);
  if (bitmap.width !== size.width || bitmap.height !== size.height)
    throw new MongeError({
      code: 'preprocessing-differs',
      blame: 'input',
      what: 'what becomes of the picture has another size than the model reads',
      where: { file: name },
      got: `${bitmap.width} × ${bitmap.height} pixels`,
      expected: `${size.width} × ${size.height}, as image_size of config.json says`,
      help: 'its positions are learned for one size; correct size or crop_size in preprocessor_config.json',
    });
  return {
    id: createHash('sha256').update(bytes).digest('hex'),
    ...{ name, width, height, read },
    shown: shownOf(file),
    pixels: normalised(bitmap, preprocessing),
  };
}

/** Resized and cut: bytes, as the values are made from. */
function prepared(
  name: string,
  file: Bitmap,
  { resize, filter, crop }: Preprocessing,
): { bitmap: Bitmap; read: PatchArea } {
  let bitmap = file;
  if (resize) {
    const { width, height } = 'shortestEdge' in resize ? shorterEdge(file, resize.shortestEdge) : resize;
    if (width * height > MOST_PIXELS) throw badShape(name, file, `${width} × ${height} after resizing`);
    bitmap = resized(file, width, height, filter);
  }
  if (!crop) return { bitmap, read: { left: 0, top: 0, width: 1, height: 1 } };
  if (crop.width > bitmap.width || crop.height > bitmap.height)
    throw badShape(name, file, `${crop.width} × ${crop.height} cut from ${bitmap.width} × ${bitmap.height}`);
  const left = Math.floor((bitmap.width - crop.width) / 2);
  const top = Math.floor((bitmap.height - crop.height) / 2);
  const pixels = new Uint8Array(crop.width * crop.height * 3);
  for (let y = 0; y < crop.height; y += 1) {
    const from = ((top + y) * bitmap.width + left) * 3;
    pixels.set(bitmap.pixels.subarray(from, from + crop.width * 3), y * crop.width * 3);
  }
  const read = {
    ...{ left: left / bitmap.width, top: top / bitmap.height },
    ...{ width: crop.width / bitmap.width, height: crop.height / bitmap.height },
  };
  return { bitmap: { ...crop, pixels }, read };
}

/** The longer edge keeps the shape, rounded down as transformers does. */
function shorterEdge({ width, height }: Bitmap, edge: number): { width: number; height: number } {
  const [short, long] = width <= height ? [width, height] : [height, width];
  const other = Math.trunc((edge * long) / short);
  return width <= height ? { width: edge, height: other } : { width: other, height: edge };
}

/** Values of the channels one after the other, in single precision step by step as NumPy makes them. */
function normalised({ width, height, pixels }: Bitmap, how: Preprocessing): HostTensor {
  const area = width * height;
  const data = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel += 1) {
    const [mean, deviation] = [Math.fround(how.mean[channel]!), Math.fround(how.deviation[channel]!)];
    for (let at = 0; at < area; at += 1) {
      const unit = Math.fround(pixels[at * 3 + channel]! * how.rescale);
      data[channel * area + at] = Math.fround(unit - mean) / deviation;
    }
  }
  return { type: 'float32', data, dims: [1, 3, height, width] };
}

function shownOf(file: Bitmap): Bitmap {
  const share = Math.min(1, SHOWN / Math.max(file.width, file.height));
  const side = (length: number) => Math.max(1, Math.round(length * share));
  return share === 1 ? file : resized(file, side(file.width), side(file.height), 'bilinear');
}

function badShape(name: string, { width, height }: Bitmap, got: string): MongeError {
  return new MongeError({
    code: 'image-shape',
    blame: 'input',
    what: 'a picture of this shape cannot become an input of the model',
    where: { file: name },
    got: `${width} × ${height} pixels, ${got}`,
    help: 'cut or scale the picture first',
  });
}
