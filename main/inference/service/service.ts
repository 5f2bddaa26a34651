/** @file Answers everything that is asked of language models, in the process for foreign files. */
import { MongeError } from '../../../native-models/error';
import type {
  CaptureBatch,
  CaptureRequest,
  CaptureSummary,
  ContinueNews,
  ContinueRequest,
  ContinueResult,
  FitSteeringNews,
  FitSteeringRequest,
  FitSteeringResult,
  LanguageAnswers,
  LanguageJob,
  LanguageQuestion,
  LanguageResults,
  LanguageToken,
  LanguageUpdate,
  LikelihoodNews,
  LikelihoodRequest,
  SteeringEffectsRequest,
  TextEffects,
} from '../../contract/language';
import { decodeSteering } from '../../steering/files/steering-file';
import type { ForeignCall } from '../../foreign/messages';
import { namingDamage } from '../damaged';
import { captureBatches } from '../capture/capture';
import { attentionOf } from '../insides/attention';
import { lens } from '../insides/lens';
import { look } from '../insides/look';
import { textTokens } from '../insides/text-tokens';
import { steeringDivergence } from '../steering/divergence';
import { steeringEffects } from '../steering/effects';
import { fitSteering } from '../steering/fit/fit-steering';
import { certificatesOf, certifyOpened } from './certified';
import { openLanguage, type OpenedLanguage, type OpenOptions } from './opened';
import { continueTexts } from './continue';
import { likelihoods } from './likelihood';
import { generateWords, scoreWords, wordsOf } from './words';

/** What is asked of the model at a path. */
export interface LanguageCall extends OpenOptions {
  path: string;
  ask:
    | LanguageQuestion
    | LanguageJob
    | CaptureRequest
    | ContinueRequest
    | LikelihoodRequest
    | SteeringEffectsRequest
    | FitSteeringRequest;
  /** Path of the model that a look compares with. */
  other?: string;
  /** Of the model's files, where a file of maps is held against it. */
  sha256?: string;
}

export type LanguageAnswer =
  | LanguageAnswers[keyof LanguageAnswers]
  | LanguageResults[keyof LanguageResults]
  | CaptureSummary
  | ContinueResult
  | FitSteeringResult
  | { whole: boolean };

/** Null says that work goes on. */
export type LanguageNews =
  | LanguageUpdate
  | { kind: 'capture'; batch: CaptureBatch }
  | { kind: 'continue'; token: ContinueNews }
  | { kind: 'likelihood'; news: LikelihoodNews }
  | { kind: 'steering-effects'; effects: TextEffects }
  | { kind: 'fit-steering'; news: FitSteeringNews }
  | null;

/** Models that are kept open. */
const KEPT = 2;

/** The handler of the kind `language`. */
export function languageService(): (
  call: LanguageCall,
  by: ForeignCall<LanguageNews>,
) => Promise<LanguageAnswer> {
  const models = new OpenModels();
  return (call, by) => models.answer(call, by);
}

class OpenModels {
  /** In order of last use. */
  readonly #open = new Map<string, Promise<OpenedLanguage>>();
  /** Calls that use a model; one in use is not closed. */
  readonly #used = new Map<string, number>();

  async answer(call: LanguageCall, by: ForeignCall<LanguageNews>): Promise<LanguageAnswer> {
    const opened = await this.#find(call.path, call);
    this.#used.set(call.path, (this.#used.get(call.path) ?? 0) + 1);
    try {
      return await namingDamage(opened.body, () => this.#answer(opened, call, by));
    } finally {
      this.#used.set(call.path, this.#used.get(call.path)! - 1);
    }
  }

  async #answer(
    opened: OpenedLanguage,
    call: LanguageCall,
    by: ForeignCall<LanguageNews>,
  ): Promise<LanguageAnswer> {
    const { ask } = call;
    const { signal } = by;
    const update = (news: LanguageNews) => by.update(news);
    switch (ask.kind) {
      case 'facts':
        return opened.facts;
      case 'tokens':
        return tokensOf(opened, ask.text);
      case 'look': {
        const other = call.other === undefined ? undefined : (await this.#find(call.other, call)).insides;
        return look(opened.insides, ask, other);
      }
      case 'lens':
        return lens(opened.insides, ask);
      case 'attention':
        return attentionOf(opened.insides, ask);
      case 'picture':
      case 'patch-colours':
      case 'patch-likeness':
      case 'patch-attention':
        return (await opened.vision()).answer(ask);
      case 'score':
        return scoreWords(opened, ask);
      case 'steering-divergence': {
        const tokenizer = wordsOf(opened);
        const place = {
          model: await opened.decoder(ask.level),
          context: opened.facts.context,
          tokens: (text: string) => textTokens(tokenizer, text),
          likeliest: (logits: Float32Array, count: number) => opened.insides.likeliest(logits, count),
        };
        return steeringDivergence(place, ask, () => signal.aborted);
      }
      case 'steering-file': {
        const widths = new Map(opened.facts.hooks.map(({ id, shape }) => [id, Number(shape.at(-1))]));
        return decodeSteering(ask.bytes, { sha256: call.sha256, widths }, ask.name);
      }
      case 'certificates':
        return certificatesOf(opened, ask.level);
      case 'generate':
        return generateWords(opened, ask, (tokens) => update({ kind: 'generate', tokens }), signal);
      case 'certify':
        return certifyOpened(
          opened,
          ask,
          (certificates) => update({ kind: 'certify', certificates }),
          signal,
        );
      case 'continue':
        return continueTexts(opened, ask, (token) => update({ kind: 'continue', token }), signal);
      case 'likelihood':
        return likelihoods(opened.insides, ask, (news) => update({ kind: 'likelihood', news }), signal);
      case 'steering-effects': {
        const model = await opened.decoder(ask.level);
        const place = { model, context: opened.facts.context, tokenizer: wordsOf(opened) };
        return steeringEffects(place, ask, (effects) => update({ kind: ask.kind, effects }), signal);
      }
      case 'fit-steering': {
        const { insides, body } = opened;
        const place = { insides, imported: body.checkpoint === null };
        return fitSteering(place, ask, (news) => update({ kind: 'fit-steering', news }), signal);
      }
      case 'capture':
        return captureBatches(opened, ask, (batch) => update({ kind: 'capture', batch }), signal);
    }
  }

  async #find(path: string, options: OpenOptions): Promise<OpenedLanguage> {
    const known = this.#open.get(path);
    const opened = known ?? openLanguage(path, options);
    this.#open.delete(path);
    this.#open.set(path, opened);
    if (!known) opened.catch(() => this.#open.delete(path));
    for (const [oldest, one] of this.#open) {
      if (this.#open.size <= KEPT) break;
      if (oldest === path || (this.#used.get(oldest) ?? 0) > 0) continue;
      this.#open.delete(oldest);
      await (await one).close();
    }
    return opened;
  }
}

/** An empty text has no tokens, which is no error while a person types. */
async function tokensOf({ insides }: OpenedLanguage, text: string): Promise<LanguageToken[]> {
  try {
    return await insides.tokens(text);
  } catch (thrown) {
    if (thrown instanceof MongeError && thrown.code === 'text-empty') return [];
    throw thrown;
  }
}
