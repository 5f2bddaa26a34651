/** @file Continuations at one strength, in the words of the method. */
import type { LanguageSession } from '../../../main/contract/opened';
import type { Steering } from '../../../main/contract/steering';
import type { SteerConfig } from '../../../main/methods/steer/config';
import { promptsOf } from '../../../main/methods/steer/sweep/continuations';

export async function writtenAt(
  session: LanguageSession,
  config: SteerConfig,
  steering: Steering,
): Promise<string[]> {
  const { temperature, topP, repetitionPenalty, maxTokens, level } = config;
  const sampling = { temperature, topP, repetitionPenalty, maxTokens, topK: 0, minP: 0, stop: [] };
  const prompts = promptsOf(config, 0);
  const made = await session.work(
    { kind: 'continue', prompts, chat: false, sampling, stopAtEnd: true, level, steering },
    () => undefined,
  );
  return made.texts.map(({ text }) => text);
}
