/** @file Cutting and filling up rows of ids; the library leaves both to us. */
import { MongeError } from '../../../native-models/error';
import type { Template } from './template';
import type { Batch, BatchOptions, EncodeOptions, Truncation } from './tokenizer';

/** How many of `count` ids are kept, and from which on, so that the template's fit too. @throws `tokenizer-input` */
export function kept(
  count: number,
  truncation: Truncation | undefined,
  template: Template,
): { start: number; end: number } {
  if (truncation === undefined) return { start: 0, end: count };
  const { length, side = 'right' } = truncation;
  const room = length - template.before.length - template.after.length;
  if (!Number.isInteger(length) || room < 0)
    throw new MongeError({
      code: 'tokenizer-input',
      blame: 'input',
      what: 'A text cannot be cut to this length.',
      got: String(length),
      expected: `a whole number with room for the ${template.before.length + template.after.length} ids that the tokenizer adds`,
    });
  if (count <= room) return { start: 0, end: count };
  return side === 'left' ? { start: count - room, end: count } : { start: 0, end: room };
}

/** Rows of equal length with their mask. @throws `tokenizer-no-pad`, `tokenizer-input`, and as `ids` */
export function batchOf(
  texts: readonly string[],
  options: BatchOptions,
  pad: number | undefined,
  ids: (text: string, options: EncodeOptions) => number[],
): Batch {
  const rows = texts.map((text) => ids(text, options));
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const length = options.length ?? longest;
  if (longest > length)
    throw new MongeError({
      code: 'tokenizer-input',
      blame: 'input',
      what: 'A text has more tokens than its row.',
      ...{
        got: `${longest} tokens`,
        expected: `${length} or fewer`,
        help: 'Truncate to the length of the rows.',
      },
    });
  const filler = options.padId ?? pad;
  if (filler === undefined && rows.some((row) => row.length < length))
    throw new MongeError({
      ...{
        code: 'tokenizer-no-pad',
        blame: 'input',
        what: 'The tokenizer names no token to fill up rows with.',
      },
      help: 'Say which id fills up; the mask leaves it out anyway.',
    });
  const batch: Batch = {
    ...{ rows: rows.length, length, lengths: rows.map((row) => row.length) },
    ids: new BigInt64Array(rows.length * length).fill(BigInt(filler ?? 0)),
    mask: new BigInt64Array(rows.length * length),
  };
  rows.forEach((row, index) => {
    const start = index * length + (options.padding === 'left' ? length - row.length : 0);
    row.forEach((id, place) => (batch.ids[start + place] = BigInt(id)));
    batch.mask.fill(1n, start, start + row.length);
  });
  return batch;
}
