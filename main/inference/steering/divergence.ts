/** @file How far steering takes a model from itself on given texts, token by token: every token is read as it stands. */
import type { LanguageToken, LikelyToken } from '../../contract/language';
import type {
  SteeredText,
  SteeringDivergenceRequest,
  SteeringDivergenceResult,
} from '../../contract/steering';
import type { Cache, Decoding } from '../decoding';
import { divergenceOf } from '../insides/likely';
import type { LanguageModel } from '../language-model';
import { logSumExp } from '../sampling';
import { scoredPieces } from '../scoring';

export interface DivergencePlace {
  /** Opened for exact numbers. */
  model: Pick<LanguageModel, 'compare'>;
  /** Tokens that the model was made for. */
  context: number;
  tokens: (text: string) => LanguageToken[];
  likeliest: (logits: Float32Array, count: number) => LikelyToken[];
}

/** @throws `text-empty`, the codes of steering, and of the decoder; stops after a text where it is asked to */
export async function steeringDivergence(
  { model, context, tokens, likeliest }: DivergencePlace,
  { texts, steering, level, maxTokens, alternatives }: SteeringDivergenceRequest,
  stopRequested: () => boolean = () => false,
): Promise<SteeringDivergenceResult> {
  const most = maxTokens === 0 ? context : Math.min(maxTokens, context);
  const read = texts.map((text) => tokens(text).slice(0, most));
  return model.compare(steering, async (unsteered, steered) => {
    const compared: SteeredText[] = [];
    for (const own of read) {
      if (stopRequested()) break;
      const ids = own.map(({ id }) => id);
      const none = (): Float32Array => new Float32Array(ids.length).fill(NaN);
      const text: SteeredText = {
        ...{ tokens: own, divergence: none(), unsteered: none(), steered: none(), before: [], after: [] },
      };
      await eachToken([unsteered, steered], ids, (at, [p, q]) => {
        text.divergence[at] = divergenceOf(p!, q!);
        const next = ids[at + 1];
        if (next !== undefined) {
          text.unsteered[at + 1] = p![next]! - logSumExp(p!);
          text.steered[at + 1] = q![next]! - logSumExp(q!);
        }
        if (alternatives === 0) return;
        text.before.push(likeliest(p!, alternatives));
        text.after.push(likeliest(q!, alternatives));
      });
      compared.push(text);
    }
    return { texts: compared, level };
  });
}

/** Calls with the place of each token of a text and, decoder by decoder, the logits of what comes after it. */
export async function eachToken(
  decoders: readonly Decoding[],
  ids: readonly number[],
  visit: (at: number, logits: readonly Float32Array[]) => void,
): Promise<void> {
  const caches: (Cache | null)[] = decoders.map(() => null);
  for (const [from, to] of scoredPieces(decoders[0]!, ids.length)) {
    const part = ids.slice(from, to);
    const logits: Float32Array[] = [];
    for (const [index, decoder] of decoders.entries()) {
      const step = await decoder.step({ ids: [part], cache: caches[index]!, logits: 'all' });
      caches[index] = step.cache;
      logits.push(step.logits);
    }
    const width = decoders[0]!.vocabulary;
    for (let k = 0; k < part.length; k++)
      visit(
        from + k,
        logits.map((rows) => rows.subarray(k * width, (k + 1) * width)),
      );
  }
}
