/** @file Questions about an opened language model with their answers' types, and its jobs with what they tell as they go. */
import type {
  LanguageAnswers,
  LanguageJob,
  LanguageQuestion,
  LanguageResults,
  LanguageUpdate,
} from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';

/** Asks about the model that was opened under an id. */
export function askLanguage<Q extends LanguageQuestion>(
  { api }: Pick<EngineClient, 'api'>,
  model: string,
  question: Q,
): Promise<LanguageAnswers[Q['kind']]> {
  // What crosses the wire has no type; the contract that both sides are compiled with gives it one.
  return api.language(model, question) as Promise<LanguageAnswers[Q['kind']]>;
}

export interface StartedJob<J extends LanguageJob> {
  /** All of it, once it has ended. */
  result: Promise<LanguageResults[J['kind']]>;
  /** Ends it after what is under way; `result` then has what there is. */
  stop: () => void;
}

/** Starts a job; `told` hears what is new, and nothing after the end. */
export function startJob<J extends LanguageJob>(
  engine: Pick<EngineClient, 'api' | 'on'>,
  model: string,
  job: J,
  told: (update: Extract<LanguageUpdate, { kind: J['kind'] }>) => void,
): StartedJob<J> {
  const call = newCall();
  const quiet = engine.on('languageUpdates', (about, updates) => {
    if (about !== call) return;
    for (const update of updates) told(update as Extract<LanguageUpdate, { kind: J['kind'] }>);
  });
  const result = engine.api.languageJob(model, call, job) as Promise<LanguageResults[J['kind']]>;
  return {
    result: result.finally(quiet),
    // A lost connection ends the job by itself.
    stop: () => void engine.api.stopLanguage(call).catch(() => {}),
  };
}

/** A name that no other view gives to a job. */
function newCall(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
