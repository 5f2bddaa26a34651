/** @file One PNG or JPEG file: its size from the header, checked before anything is decoded; then its pixels. */
import { inflateSync } from 'node:zlib';
import { convertIndexedToRgb, decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { MongeError } from '../../../native-models/error';
import { MAXIMUM_PIXELS, truncated } from '../limits';
import type { ImageShape } from '../../contract/data';

const PNG_MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** PNG colour type to channels kept; alpha is dropped, palettes become RGB. */
const PNG_CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 3, 4: 1, 6: 3 };
const PNG_SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Inflating twice to check a size is only worth it where a wrong one could hurt. */
const CHECK_ABOVE = 1 << 18;

/** Height, width and channels (1 or 3) declared by the file. Throws `wrong-magic`, `image-too-large`, `truncated`. */
export function imageShape(file: string, bytes: Uint8Array): ImageShape {
  const shape = isPng(bytes) ? pngShape(file, bytes) : jpegShape(file, bytes);
  if (shape.height * shape.width > MAXIMUM_PIXELS || shape.height === 0 || shape.width === 0)
    throw new MongeError({
      code: 'image-too-large',
      what: 'the image declares a size that is not read',
      where: { file },
      got: `${shape.width}×${shape.height} pixels`,
      expected: `1 to ${MAXIMUM_PIXELS.toLocaleString('en')} pixels`,
    });
  return shape;
}

/** Pixels [height, width, channels] as bytes; grey is repeated where three channels are asked. */
export function imagePixels(file: string, bytes: Uint8Array, channels: number): Uint8Array {
  const shape = imageShape(file, bytes);
  let source: { data: ArrayLike<number>; channels: number; shift: number };
  try {
    source = isPng(bytes) ? readPng(file, bytes, shape) : readJpeg(bytes);
  } catch (cause) {
    if (cause instanceof MongeError) throw cause;
    throw new MongeError(
      {
        code: 'corrupt-image',
        what: 'the image cannot be decoded',
        where: { file },
        got: cause instanceof Error ? cause.message : String(cause),
        help: 'remove the file from the folder, or save it again',
      },
      { cause },
    );
  }
  const count = shape.height * shape.width;
  if (source.data.length < count * source.channels)
    throw truncated(file, source.data.length, count * source.channels, 'samples');
  const out = new Uint8Array(count * channels);
  const colour = source.channels >= 3;
  for (let p = 0; p < count; p += 1)
    for (let c = 0; c < channels; c += 1)
      out[p * channels + c] = source.data[p * source.channels + (colour ? c : 0)]! >> source.shift;
  return out;
}

function isPng(bytes: Uint8Array): boolean {
  return PNG_MAGIC.every((byte, i) => bytes[i] === byte);
}

function pngShape(file: string, bytes: Uint8Array): ImageShape {
  if (bytes.length < 33) throw truncated(file, bytes.length, 33);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const channels = PNG_CHANNELS[bytes[25]!];
  if (channels === undefined || view.getUint32(12) !== 0x49484452)
    throw new MongeError({
      code: 'corrupt-image',
      what: 'the PNG header is damaged',
      where: { file, byte: 12 },
    });
  return { width: view.getUint32(16), height: view.getUint32(20), channels };
}

function readPng(file: string, bytes: Uint8Array, shape: ImageShape) {
  checkPngStream(file, bytes, shape);
  const png = decodePng(bytes, { checkCrc: true });
  if (png.palette) return { data: convertIndexedToRgb(png), channels: png.palette[0]?.length ?? 3, shift: 0 };
  if (png.depth < 8) {
    const scale = 255 / (2 ** png.depth - 1);
    const data = unpackBits(png.data, png.depth, png.width, png.height, scale);
    return { data, channels: 1, shift: 0 };
  }
  return { data: png.data, channels: png.channels, shift: png.depth === 16 ? 8 : 0 };
}

/** Grey samples of 1, 2 or 4 bits; every row starts at a byte. */
function unpackBits(
  packed: ArrayLike<number>,
  depth: number,
  width: number,
  height: number,
  scale: number,
): Uint8Array {
  const out = new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const bit = x * depth;
      const byte = packed[y * rowBytes + (bit >> 3)]!;
      out[y * width + x] = Math.round(((byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1)) * scale);
    }
  return out;
}

/** Refuses a PNG whose compressed stream inflates to more than its header declares. */
function checkPngStream(file: string, bytes: Uint8Array, shape: ImageShape): void {
  const bits = bytes[24]! * (PNG_SAMPLES[bytes[25]!] ?? 4);
  // Seven interlace passes add at most a filter byte and a partial byte per row each.
  const declared = Math.ceil((shape.width * bits) / 8) * shape.height + 16 * (shape.height + 8);
  if (declared < CHECK_ABOVE && bytes.length < CHECK_ABOVE) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  try {
    inflateSync(Buffer.concat(parts), { maxOutputLength: declared });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE') throw cause;
    throw new MongeError(
      {
        code: 'zip-bomb',
        what: 'the image holds more than its header declares',
        where: { file },
        expected: `at most ${declared.toLocaleString('en')} bytes`,
      },
      { cause },
    );
  }
}

/** Size and components from the first frame header (SOF) of a JPEG stream. */
function jpegShape(file: string, bytes: Uint8Array): ImageShape {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8)
    throw new MongeError({
      code: 'wrong-magic',
      what: 'the file is neither a PNG nor a JPEG image',
      where: { file, byte: 0 },
      got: [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' '),
      help: 'convert it, or remove it from the folder',
    });
  for (let at = 2; at + 9 < bytes.length;) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame)
      return {
        height: bytes[at + 5]! * 256 + bytes[at + 6]!,
        width: bytes[at + 7]! * 256 + bytes[at + 8]!,
        channels: bytes[at + 9] === 1 ? 1 : 3,
      };
    at += 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
  }
  throw truncated(file, bytes.length, bytes.length + 1);
}

function readJpeg(bytes: Uint8Array) {
  const decoded = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: true,
    tolerantDecoding: false,
    maxResolutionInMP: MAXIMUM_PIXELS / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  return { data: decoded.data, channels: 4, shift: 0 };
}
