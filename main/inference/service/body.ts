/** @file What a language model is to the service, however it came: a checkpoint that a graph is built for, or a graph that was imported. */
import type { EncoderConfig } from '../../../native-models';
import type { ExactLevel, LanguageFacts, NumericLevel } from '../../contract/language';
import type { Checkpoint } from '../../models/checkpoint';
import type { Subject } from '../certify/subject';
import type { Cache, Decoding, StepResult } from '../decoding';
import type { Insides } from '../insides/insides';
import type { LanguageModel } from '../language-model';
import type { Tokenizer } from '../tokenizer/tokenizer';
import type { Vision } from '../vision/vision';

/** A model that says words, at one level. */
export type Words = Pick<LanguageModel, 'generate' | 'score' | 'compare' | 'compareAt' | 'record' | 'close'>;

/** By what its hooks can be held to the truth, beside its own graph. */
export type Witnesses = Pick<Subject, 'reference' | 'referenceSays' | 'cached' | 'tolerance' | 'padsLeft'>;

/** What a model of images reads. */
export type ImageSizes = NonNullable<EncoderConfig['image']>;

export interface LanguageBody {
  /** Absolute; the file or folder that was opened. */
  readonly path: string;
  /** Null of imported graphs. */
  readonly checkpoint: Checkpoint | null;
  /** Without the time that opening took. */
  readonly facts: Omit<LanguageFacts, 'openMilliseconds'>;
  readonly insides: Insides;
  /** Null where texts cannot be read; why stands with the facts. */
  readonly tokenizer: Tokenizer | null;
  /** Of a decoder with a tokenizer. @throws `level-unavailable`, and the codes of the session */
  words(level: NumericLevel): Promise<Words>;
  /** What hooks at a level are compared with on these tokens. */
  witnesses(level: ExactLevel, ids: readonly number[]): Witnesses;
  /** Of models of images. */
  readonly image?: ImageSizes;
  /** The model as something that pictures are shown to; only of models of images. @throws `preprocessing-unsupported` */
  vision?(): Promise<Vision>;
  close(): Promise<void>;
}

/** Logits of every token [tokens, vocabulary], each computed from the caches of those before it; ends the decoding. */
export async function tokenByToken(
  opening: Promise<Decoding>,
  ids: readonly number[],
): Promise<Float32Array> {
  const decoding = await opening;
  try {
    const all = new Float32Array(ids.length * decoding.vocabulary);
    let cache: Cache | null = null;
    for (const [at, id] of ids.entries()) {
      const step: StepResult = await decoding.step({ ids: [[id]], cache, logits: 'last' });
      all.set(step.logits, at * decoding.vocabulary);
      cache = step.cache;
    }
    return all;
  } finally {
    await decoding.close();
  }
}
