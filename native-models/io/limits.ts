/** @file Bounds of everything that is decompressed or held whole: they stop hostile files long before memory does. */
import { MongeError } from '../error';

/** Largest decompressed content of one file: 16 GiB. */
const MAXIMUM_CONTENT = 16 * 2 ** 30;
/** Largest content of formats that must be held in memory whole: 2 GiB, less than Node's largest buffer. */
export const MAXIMUM_HELD = 2 * 2 ** 30 - 2 ** 20;
/** Deflate cannot expand more than about 1,032 times; real data stays far below 200. */
const MAXIMUM_RATIO = 200;
/** Content below this size is never called a bomb, whatever its ratio. */
const RATIO_FREE_BYTES = 16 * 2 ** 20;
/** Entries of a zip archive: room for a folder of a million images, their folders and what a Mac adds to each. */
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

/** The error of a file that ends before its own header says. */
export function truncated(
  file: string | undefined,
  got: number,
  expected: number,
  unit = 'bytes',
): MongeError {
  return new MongeError({
    code: 'truncated',
    what: 'the file ends too early',
    where: { file, byte: got },
    got: `${got.toLocaleString('en')} ${unit}`,
    expected: `${expected.toLocaleString('en')} ${unit}`,
    help: 'the copy or download was cut short; fetch the file again',
  });
}
