/** @file Every bound a reader keeps, in one place (those of archives lie with their reader): they stop hostile files long before memory does. */
import { MongeError } from '../../native-models/error';
import { MAXIMUM_HELD } from '../../native-models/io/limits';

export { checkExpansion, MAXIMUM_HELD, truncated } from '../../native-models/io/limits';

/** Bytes of (decompressed) content looked at when guessing a format. */
export const HEAD_BYTES = 256 * 1024;
/** The most a deflate stream can grow: a header that declares more than this cannot be true. */
const DEFLATE_LIMIT = 1_100;
export const MAXIMUM_COLUMNS = 50_000;
/** A longer record means a quote that was never closed. */
export const MAXIMUM_RECORD = 64 * 2 ** 20;
/** Distinct values are counted, and categories kept, up to here. */
export const MAXIMUM_CATEGORIES = 1_000;
/** Pixels a single image file may declare. */
export const MAXIMUM_PIXELS = 64 * 2 ** 20;
/** Files in an image folder. */
export const MAXIMUM_IMAGES = 1_000_000;

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
