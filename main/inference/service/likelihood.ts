/** @file How likely a model finds many texts, or their ends after a beginning, and how sure it is of what comes next; for methods. */
import type { LikelihoodNews, LikelihoodRequest, TextLikelihood } from '../../contract/language';
import { MongeError } from '../../../native-models/error';
import { entropyOf } from '../insides/likely';
import type { Insides, OutputHead } from '../insides/insides';
import { planOf, strengthFeeds } from '../steering/strength';
import { logSumExp } from '../sampling';

/** Rows of logits in memory at once. */
const ROWS = 64;

interface Row {
  at: number;
  ids: number[];
  /** The first token that counts. */
  from: number;
}

/**
 * Texts of alike length are read together. A text's sum is over its tokens from the first one that ends after the prefix, and
 * what is said of the next token is said where that one is still to come; without a prefix all tokens but the first count,
 * and the next token is the one after the text.
 * @throws `model-without-words` for a model without an output map, `text-empty`, `context-exceeded`, both naming the row, of
 *   steering the codes of `planOf` and `strengthFeeds`
 */
export async function likelihoods(
  insides: Insides,
  { texts, level, batch, from, steering }: LikelihoodRequest,
  tell: (news: LikelihoodNews) => void,
  signal: AbortSignal,
): Promise<{ whole: boolean }> {
  const head = await insides.head(level);
  if (insides.kind !== 'decoder' || !head)
    throw new MongeError({
      code: 'model-without-words',
      blame: 'input',
      what: 'this model says no words, so no text is likely or unlikely to it',
      expected: 'a decoder with an output map',
    });
  const plan = steering && planOf(steering, insides.hooks);
  const steered = plan && { steering: { plan, feeds: strengthFeeds(steering, plan) } };
  const rows = [];
  for (const [at, one] of texts.entries()) rows.push(await rowOf(insides, one, from + at));
  rows.sort((a, b) => b.ids.length - a.ids.length || a.at - b.at);
  const runs = await insides.runs(level);
  for (let start = 0; start < rows.length; start += batch) {
    if (signal.aborted) return { whole: false };
    const part = rows.slice(start, start + batch);
    const longest = part[0]!.ids.length;
    const ids = part.map((row) => [...row.ids, ...Array<number>(longest - row.ids.length).fill(0)]);
    const mask = part.map((row) => ids[0]!.map((_, t) => Number(t < row.ids.length)));
    const answer = await runs.run({ ids, mask, hooks: ['norm_final'], ...steered });
    const states = answer['norm_final']!.data as Float32Array;
    const found: TextLikelihood[] = [];
    for (const [k, row] of part.entries())
      found.push(
        await scoreRow(
          insides,
          head,
          states.subarray(k * longest * insides.width),
          row,
          texts[row.at - from]!,
        ),
      );
    tell({ rows: part.map(({ at }) => at), texts: found });
  }
  return { whole: true };
}

async function rowOf(
  insides: Insides,
  { text, prefix }: LikelihoodRequest['texts'][number],
  at: number,
): Promise<Row> {
  const tokens = await insides.tokens(text);
  const ids = tokens.map(({ id }) => id);
  if (ids.length > insides.context)
    throw new MongeError({
      code: 'context-exceeded',
      blame: 'input',
      what: 'a text is longer than the model reads',
      where: { row: at + 1 },
      got: `${ids.length} tokens`,
      expected: `at most ${insides.context}`,
    });
  const first = tokens.findIndex((token) => !token.special && token.end > prefix.length);
  return { at, ids, from: Math.max(1, prefix === '' ? 1 : first < 0 ? ids.length : first) };
}

async function scoreRow(
  insides: Insides,
  head: OutputHead,
  states: Float32Array,
  { ids, from }: Row,
  { prefix }: LikelihoodRequest['texts'][number],
): Promise<TextLikelihood> {
  const { width, vocabulary } = insides;
  const next = prefix === '' ? ids.length - 1 : from - 1;
  const out: TextLikelihood = { sum: 0, tokens: ids.length - from, entropy: NaN, top: NaN };
  // The state before each token that counts, and the last one where what comes next is asked for.
  for (let start = from - 1; start < ids.length; start += ROWS) {
    const end = Math.min(ids.length, start + ROWS);
    const logits = await head.logits(states.subarray(start * width, end * width), end - start, 'map');
    for (let t = start; t < end; t += 1) {
      if (t !== next && t + 1 >= ids.length) continue;
      const row = logits.subarray((t - start) * vocabulary, (t - start + 1) * vocabulary);
      const all = logSumExp(row);
      if (t + 1 < ids.length) out.sum += row[ids[t + 1]!]! - all;
      if (t !== next) continue;
      out.entropy = entropyOf(row, all);
      out.top = Math.exp(row.reduce((most, value) => Math.max(most, value), -Infinity) - all);
    }
  }
  return out;
}
