/** @file Side effects on calibration prompts: beginnings of texts, continued without steering, then read again at every strength. */
import type { TextEffects } from '../../../contract/language';
import type { RunContext } from '../../../contract/define';
import type { LanguageSession } from '../../../contract/opened';
import type { HookMap, Steering } from '../../../contract/steering';
import { abortable } from '../../../inference/for-methods/abortable';
import type { SteerConfig } from '../config';

export interface EffectsAsked {
  session: LanguageSession;
  config: Pick<
    SteerConfig,
    'temperature' | 'topP' | 'repetitionPenalty' | 'strengthTokens' | 'level' | 'first'
  >;
  maps: readonly HookMap[];
  /** The strengths, each as steering has it; and no strength. */
  lambdas: readonly Steering['lambda'][];
  none: Steering;
  seed: number;
}

/** The first words of each text, once each; texts that have no more than these are left out. */
export function beginnings(texts: readonly string[], words: number): string[] {
  const cut = texts.map((text) => text.trim().split(/\s+/));
  return [
    ...new Set(cut.filter(({ length }) => length > words).map((text) => text.slice(0, words).join(' '))),
  ];
}

/**
 * Effects on prompts number `from` and on. The continuation is written at strength 0 of the same maps, which is the unsteered
 * model and needs no session of its own. Null where a stop was asked for.
 */
export async function effectsOn(
  context: Pick<RunContext, 'stopRequested'>,
  { session, config, maps, lambdas, none, seed }: EffectsAsked,
  prompts: readonly string[],
  from: number,
): Promise<TextEffects[] | null> {
  const { temperature, topP, repetitionPenalty, strengthTokens, level, first } = config;
  const sampling = {
    ...{ temperature, topP, repetitionPenalty, maxTokens: strengthTokens },
    ...{ topK: 0, minP: 0, stop: [] },
  };
  const made = await abortable(context, (heard, signal) =>
    session.work(
      {
        ...{ kind: 'continue', chat: false, sampling, stopAtEnd: true, level, steering: none },
        prompts: prompts.map((text, k) => ({ text, seed: seed + from + k })),
      },
      () => heard(),
      signal,
    ),
  );
  if (!made) return null;
  const texts = made.texts.map(({ text }, k) => prompts[k]! + text);
  const found: TextEffects[] = [];
  const whole = await abortable(context, (heard, signal) =>
    session.work(
      { kind: 'steering-effects', texts, from, maps, first, lambdas, level, maxTokens: 0 },
      (effects) => heard(() => found.push(effects)),
      signal,
    ),
  );
  return whole ? found : null;
}
