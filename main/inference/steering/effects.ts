/** @file Side effects of steering on many texts: each is read once as the model is, and once at every strength, on one session. */
import type { SteeringEffectsRequest, TextEffects } from '../../contract/language';
import { offTargetTraits } from '../../contract/steering-effects';
import type { Cache, Decoding } from '../decoding';
import { textTokens } from '../insides/text-tokens';
import type { LanguageModel } from '../language-model';
import { notFinite } from '../sampling';
import { scoredPieces } from '../scoring';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { traitTokens } from './traits';

export interface EffectsPlace {
  /** Opened for exact numbers. */
  model: Pick<LanguageModel, 'compareAt'>;
  /** Tokens that the model was made for. */
  context: number;
  tokenizer: Tokenizer;
}

/** @throws `text-empty`, the codes of steering, and of the decoder; stops after a text where it is asked to */
export async function steeringEffects(
  { model, context, tokenizer }: EffectsPlace,
  { texts, from, maps, first, lambdas, maxTokens }: SteeringEffectsRequest,
  tell: (effects: TextEffects) => void,
  signal: AbortSignal,
): Promise<{ whole: boolean }> {
  const most = maxTokens === 0 ? context : Math.min(maxTokens, context);
  const read = texts.map((text) => textTokens(tokenizer, text).slice(0, most));
  return model.compareAt({ maps, first }, lambdas, async (unsteered, steered) => {
    const traits = Object.values(traitTokens(tokenizer, unsteered.vocabulary));
    for (const [at, tokens] of read.entries()) {
      if (signal.aborted) return { whole: false };
      const ids = tokens.map(({ id }) => id);
      tell({ row: from + at, tokens: ids.length, ...(await effectsOf(unsteered, steered, ids, traits)) });
    }
    return { whole: true };
  });
}

async function effectsOf(
  unsteered: Decoding,
  steered: readonly Decoding[],
  ids: readonly number[],
  traits: readonly Uint32Array[],
): Promise<Omit<TextEffects, 'row' | 'tokens'>> {
  const decoders = [unsteered, ...steered];
  const caches: (Cache | null)[] = decoders.map(() => null);
  const divergence = new Float64Array(steered.length);
  const likelihood = new Float64Array(decoders.length);
  const shares = traits.map(() => new Float64Array(decoders.length));
  for (const [from, to] of scoredPieces(unsteered, ids.length)) {
    let before: Distributions | null = null;
    for (const [index, decoder] of decoders.entries()) {
      const part = [ids.slice(from, to)];
      const step = await decoder.step({ ids: part, cache: caches[index]!, logits: 'all' });
      caches[index] = step.cache;
      const now = new Distributions(step.logits, decoder.vocabulary);
      for (let row = 0; row < to - from; row++) {
        const next = ids[from + row + 1];
        if (next !== undefined) likelihood[index]! += now.logProbability(row, next);
        traits.forEach((tokens, trait) => (shares[trait]![index]! += now.share(row, tokens)));
        if (before) divergence[index - 1]! += before.divergence(row, now);
      }
      before ??= now;
    }
  }
  return {
    divergence,
    unsteered: likelihood[0]!,
    steered: likelihood.slice(1),
    traits: Object.fromEntries(
      offTargetTraits.map((trait, k) => [trait, { unsteered: shares[k]![0]!, steered: shares[k]!.slice(1) }]),
    ) as TextEffects['traits'],
  };
}

/** What could come next after each token of a piece: exponentials are computed once for all that is asked of them. */
class Distributions {
  readonly #probabilities: Float32Array;
  readonly #normalisers: Float64Array;

  /** Logits [tokens, vocabulary]. @throws `logits-not-finite` */
  constructor(
    readonly logits: Float32Array,
    readonly vocabulary: number,
  ) {
    const rows = logits.length / vocabulary;
    this.#probabilities = new Float32Array(logits.length);
    this.#normalisers = new Float64Array(rows);
    for (let row = 0, from = 0; row < rows; row++, from += vocabulary) {
      let most = -Infinity;
      for (let k = from; k < from + vocabulary; k++) if (logits[k]! > most) most = logits[k]!;
      let sum = 0;
      for (let k = from; k < from + vocabulary; k++) {
        const value = Math.exp(logits[k]! - most);
        this.#probabilities[k] = value;
        sum += value;
      }
      this.#normalisers[row] = most + Math.log(sum);
      if (!Number.isFinite(this.#normalisers[row])) throw notFinite();
      for (let k = from; k < from + vocabulary; k++) this.#probabilities[k]! /= sum;
    }
  }

  logProbability(row: number, id: number): number {
    return this.logits[row * this.vocabulary + id]! - this.#normalisers[row]!;
  }

  /** Probability of these tokens together. */
  share(row: number, tokens: Uint32Array): number {
    const from = row * this.vocabulary;
    let sum = 0;
    for (const id of tokens) sum += this.#probabilities[from + id]!;
    return sum;
  }

  /** KL(this ‖ other) of a row, nats. */
  divergence(row: number, other: Distributions): number {
    const from = row * this.vocabulary;
    const to = from + this.vocabulary;
    const shift = this.#normalisers[row]! - other.#normalisers[row]!;
    const [probabilities, a, b] = [this.#probabilities, this.logits, other.logits];
    let sum = 0;
    for (let k = from; k < to; k++) sum += probabilities[k]! * (a[k]! - b[k]! - shift);
    return Math.max(0, sum);
  }
}
