/** @file Every bound a reader keeps, in one place: they stop hostile files long before memory does. */
import { MongeError } from '../../native-models/error';

/** Bytes of (decompressed) content looked at when guessing a format. */
export const HEAD_BYTES = 256 * 1024;
/** Largest decompressed content of one file: 16 GiB. */
export const MAXIMUM_CONTENT = 16 * 2 ** 30;
/** Largest content of formats that must be held in memory whole: 2 GiB, less than Node's largest buffer. */
export const MAXIMUM_HELD = 2 * 2 ** 30 - 2 ** 20;
/** Deflate cannot expand more than about 1,032 times; real data stays far below 200. */
export const MAXIMUM_RATIO = 200;
/** Content below this size is never called a bomb, whatever its ratio. */
export const RATIO_FREE_BYTES = 16 * 2 ** 20;
/** The most a deflate stream can grow: a header that declares more than this cannot be true. */
export const DEFLATE_LIMIT = 1_100;
export const MAXIMUM_COLUMNS = 50_000;
/** A longer record means a quote that was never closed. */
export const MAXIMUM_RECORD = 64 * 2 ** 20;
/** Distinct values are counted, and categories kept, up to here. */
export const MAXIMUM_CATEGORIES = 1_000;
/** Pixels a single image file may declare. */
export const MAXIMUM_PIXELS = 64 * 2 ** 20;
/** Files in an image folder. */
export const MAXIMUM_IMAGES = 1_000_000;
/** Entries of a zip archive: room for the images, their folders and what a Mac adds to each. */
export const MAXIMUM_ENTRIES = 2_100_000;

/** Throws `zip-bomb` when `content` bytes came (or are declared to come) from `stored` bytes. */
export function checkExpansion(file: string, stored: number, content: number, key?: string): void {
  if (content > MAXIMUM_CONTENT || (content > RATIO_FREE_BYTES && content > stored * MAXIMUM_RATIO)) {
    throw new MongeError({
      code: 'zip-bomb',
      what: 'the compressed content is far larger than real data',
      where: { file, key },
      got: `${content.toLocaleString('en')} bytes out of ${stored.toLocaleString('en')}`,
      expected: `at most ${MAXIMUM_RATIO} times the stored size and ${MAXIMUM_CONTENT / 2 ** 30} GiB`,
      help: 'if the file is trustworthy, decompress it first and open the result',
    });
  }
}

/** Throws `header-too-large` when a header promises more than `stored` bytes could hold even if compressed. */
export function checkDeclared(
  file: string,
  declared: number,
  stored: number,
  shape: readonly number[],
): void {
  if (
    Number.isSafeInteger(declared) &&
    declared <= MAXIMUM_HELD &&
    declared <= Math.max(stored, 64) * DEFLATE_LIMIT
  )
    return;
  throw new MongeError({
    code: 'header-too-large',
    what: 'the header declares more data than the file can hold or this reader takes',
    where: { file },
    got: `shape ${shape.join('×')} (${declared.toLocaleString('en')} bytes) in a file of ${stored.toLocaleString('en')} bytes`,
    expected: `at most ${MAXIMUM_HELD.toLocaleString('en')} bytes, all present in the file`,
    help: 'the header is damaged, or the file was cut; write it again',
  });
}

/** The error of a file that ends before its own header says. */
export function truncated(file: string, got: number, expected: number, unit = 'bytes'): MongeError {
  return new MongeError({
    code: 'truncated',
    what: 'the file ends too early',
    where: { file, byte: got },
    got: `${got.toLocaleString('en')} ${unit}`,
    expected: `${expected.toLocaleString('en')} ${unit}`,
    help: 'the copy or download was cut short; fetch the file again',
  });
}
