/** @file Continuations of the prompts at one strength: written with the same random numbers at every strength, then judged. */
import { MongeError } from '../../../../native-models/error';
import type { RunContext } from '../../../contract/define';
import type { LikelihoodRequest, TextLikelihood } from '../../../contract/language';
import type { LanguageSession } from '../../../contract/opened';
import type { SteerArm } from '../../../contract/steer';
import type { Steering } from '../../../contract/steering';
import { abortable } from '../../../inference/for-methods/abortable';
import type { SteerConfig } from '../config';
import type { Judges } from '../stages';
import type { TextLine } from './lines';

export interface Prompt {
  text: string;
  seed: number;
}

/** Every prompt with its copies; copy k has the seed of the run plus k, at every strength. */
export function promptsOf(
  { prompt, copies }: Pick<SteerConfig, 'prompt' | 'copies'>,
  seed: number,
): Prompt[] {
  return prompt.flatMap((text) => Array.from({ length: copies }, (_, copy) => ({ text, seed: seed + copy })));
}

/**
 * Whether every prompt can be gone on from, by a token each; false where a stop was asked for.
 * @throws `prompt-missing`, `prompt-empty`, `context-exceeded`, and the codes of the level
 */
export async function triedPrompts(
  context: Pick<RunContext, 'stopRequested'>,
  session: LanguageSession,
  { prompt, level }: Pick<SteerConfig, 'prompt' | 'level'>,
): Promise<boolean> {
  if (prompt.length === 0)
    throw new MongeError({
      code: 'prompt-missing',
      blame: 'input',
      what: 'there is nothing to go on from',
      where: { key: 'prompt' },
      expected: 'a prompt: --prompt "Once upon a time"',
    });
  const sampling = {
    ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, maxTokens: 1, stop: [] },
  };
  const prompts = [...new Set(prompt)].map((text) => ({ text, seed: 0 }));
  const made = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'continue', prompts, chat: false, sampling, stopAtEnd: true, level },
      () => heard(),
      signal,
    ),
  );
  return made !== null;
}

export interface Writing {
  session: LanguageSession;
  config: Pick<SteerConfig, 'temperature' | 'topP' | 'repetitionPenalty' | 'maxTokens' | 'level' | 'batch'>;
  judges: Judges;
}

/** The lines of some prompts; null where a stop was asked for. */
export async function written(
  context: Pick<RunContext, 'stopRequested'>,
  { session, config, judges }: Writing,
  prompts: readonly Prompt[],
  { arm, lambda, steering }: { arm: SteerArm; lambda: number; steering: Steering },
): Promise<TextLine[] | null> {
  const { temperature, topP, repetitionPenalty, maxTokens, level } = config;
  const sampling = { temperature, topP, repetitionPenalty, maxTokens, topK: 0, minP: 0, stop: [] };
  const made = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'continue', prompts: [...prompts], chat: false, sampling, stopAtEnd: true, level, steering },
      () => heard(),
      signal,
    ),
  );
  if (!made) return null;
  const texts = made.texts.map(({ text }) => text);
  const found = await likelihoods(
    context,
    session,
    texts.map((text, k) => ({ text: `${prompts[k]!.text}${text}`, prefix: prompts[k]!.text })),
    config,
  );
  if (!found) return null;
  const judged = judges.judge(texts);
  return texts.map((text, k) => {
    const { sum, tokens } = found[k]!;
    return {
      ...{ arm, lambda, prompt: prompts[k]!.text, seed: prompts[k]!.seed, text, hits: judges.hits(text) },
      judged: Number.isNaN(judged[k]) ? null : judged[k]!,
      logProbability: Number.isFinite(sum) ? sum : null,
      tokens,
    };
  });
}

/**
 * How likely each text is after its prefix, in their order; NaN for one that is longer than the model reads, as a continuation
 * that filled the context may be when it is read again. Null where a stop was asked for.
 */
export async function likelihoods(
  context: Pick<RunContext, 'stopRequested'>,
  session: LanguageSession,
  texts: LikelihoodRequest['texts'],
  { level, batch, steering }: Pick<LikelihoodRequest, 'level' | 'batch' | 'steering'>,
): Promise<TextLikelihood[] | null> {
  const none: TextLikelihood = { sum: NaN, tokens: 0, entropy: NaN, top: NaN };
  const out: TextLikelihood[] = texts.map(() => none);
  // Nothing is said of an empty continuation.
  let left = texts.map((_, row) => row).filter((row) => texts[row]!.text !== texts[row]!.prefix);
  while (left.length > 0) {
    const rows = left;
    try {
      const done = await abortable(context, (heard, signal) =>
        session.work(
          {
            kind: 'likelihood',
            texts: rows.map((row) => texts[row]!),
            ...{ level, batch, from: 0, ...(steering && { steering }) },
          },
          (news) => heard(() => news.rows.forEach((row, k) => (out[rows[row]!] = news.texts[k]!))),
          signal,
        ),
      );
      return done ? out : null;
    } catch (thrown) {
      const tooLong = thrown instanceof MongeError && thrown.code === 'context-exceeded';
      const row = tooLong ? thrown.detail.where?.row : undefined;
      if (row === undefined) throw thrown;
      left = rows.filter((_, k) => k !== row - 1);
    }
  }
  return out;
}
