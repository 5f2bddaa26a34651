/** @file How likely a model finds a text, token by token, and its perplexity. */
import { MongeError } from '../../native-models/error';
import type { Cache, Decoding } from './decoding';
import { logSumExp } from './sampling';

/** Tokens of one run: their logits are in memory at once. */
const CHUNK = 64;

export interface Score {
  ids: number[];
  /** ln p of each token given those before it; null for the first, which has none before it. */
  logProbabilities: (number | null)[];
  /** exp of the mean of −ln p over the tokens that have one; NaN where none has. */
  perplexity: number;
  /** Tokens that have a probability. */
  scored: number;
  /**
   * How texts longer than the context were read: in windows of so many tokens, each beginning so many after the one
   * before; a token counts once, in the first window that reaches it. Null where one window held all.
   */
  windows: { length: number; stride: number } | null;
}

/** @throws `prompt-empty` for no tokens, `token-unknown`, `logits-not-finite` */
export async function score(
  decoding: Decoding,
  ids: readonly number[],
  context: number,
  stopRequested: () => boolean = () => false,
): Promise<Score> {
  if (ids.length === 0)
    throw new MongeError({
      code: 'prompt-empty',
      blame: 'input',
      what: 'there is nothing to score',
      got: 'no tokens',
      expected: 'at least one token',
    });
  const unknown = ids.find((id) => !Number.isSafeInteger(id) || id < 0 || id >= decoding.vocabulary);
  if (unknown !== undefined)
    throw new MongeError({
      code: 'token-unknown',
      blame: 'input',
      what: 'the model has no such token',
      got: String(unknown),
      expected: `an id below ${decoding.vocabulary}`,
    });
  const stride = Math.max(1, Math.floor(context / 2));
  const logProbabilities: (number | null)[] = [null];
  for (let start = 0; logProbabilities.length < ids.length && !stopRequested(); start += stride) {
    const window = ids.slice(start, start + context);
    // A window is scored as one text: with the angles of its whole length from its first token on.
    const short = decoding.turnsAnewBeyond;
    const first = short !== null && window.length - 1 > short ? Math.max(CHUNK, short + 1) : CHUNK;
    let cache: Cache | null = null;
    for (let from = 0, to = first; from < window.length - 1 && !stopRequested(); from = to, to += CHUNK) {
      const part = window.slice(from, Math.min(to, window.length - 1));
      const step = await decoding.step({ ids: [part], cache, logits: 'all' });
      cache = step.cache;
      for (let k = 0; k < part.length; k++) {
        const target = start + from + k + 1;
        // Known from the window before.
        if (target < logProbabilities.length) continue;
        const logits = step.logits.subarray(k * decoding.vocabulary, (k + 1) * decoding.vocabulary);
        logProbabilities.push(logits[ids[target]!]! - logSumExp(logits));
      }
    }
  }
  const known = logProbabilities.filter((value): value is number => value !== null);
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return {
    ids: ids.slice(0, logProbabilities.length),
    logProbabilities,
    perplexity: Math.exp(-mean),
    scored: known.length,
    windows: ids.length > context ? { length: context, stride } : null,
  };
}
