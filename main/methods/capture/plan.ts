/** @file How a capture is cut into stretches of rows, and how much it will write. */
import type { CaptureConfig } from './config';
import type { TextRow } from './texts';

/** Batches of a stretch at most: what is lost by a stop, and what texts are sorted by length within. */
const BATCHES = 32;
/** Values of a stretch in memory. */
const STRETCH_BYTES = 64 * 2 ** 20;
/** Of plain text; only for the estimate. */
const LETTERS_PER_TOKEN = 4;

interface Stretch {
  from: number;
  to: number;
}

/**
 * Consecutive rows that are captured together. They follow from the settings and the texts alone, so that a run that goes
 * on makes the same batches, and so the same bits, as one that never stopped.
 */
export function stretchesOf(
  texts: readonly Pick<TextRow, 'text'>[],
  width: number,
  config: Pick<CaptureConfig, 'pool' | 'batch' | 'maxTokens'>,
): Stretch[] {
  const stretches: Stretch[] = [];
  let [from, bytes] = [0, 0];
  for (const [row, { text }] of texts.entries()) {
    // No tokenizer makes more tokens than bytes, but for those that it puts around the text.
    const most = Math.min(config.maxTokens || Infinity, 3 * text.length + 4);
    const more = width * 4 * (config.pool === 'none' ? most : 1);
    if (row > from && (row - from >= BATCHES * config.batch || bytes + more > STRETCH_BYTES)) {
      stretches.push({ from, to: row });
      [from, bytes] = [row, 0];
    }
    bytes += more;
  }
  return [...stretches, { from, to: texts.length }];
}

/** Bytes of all matrices; where every token is a row, after the number of letters. */
export function estimatedBytes(
  texts: readonly Pick<TextRow, 'text'>[],
  width: number,
  { pool, maxTokens, format }: Pick<CaptureConfig, 'pool' | 'maxTokens' | 'format'>,
): number {
  const tokens = ({ text }: Pick<TextRow, 'text'>) =>
    Math.min(maxTokens || Infinity, Math.ceil(text.length / LETTERS_PER_TOKEN));
  const rows = pool === 'none' ? texts.reduce((sum, text) => sum + tokens(text), 0) : texts.length;
  return rows * width * 4 * (format === 'both' ? 2 : 1);
}
