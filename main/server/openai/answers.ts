/** @file Generations in the words of the OpenAI interface: whole answers, pieces of a stream, errors. */
import { errorDetail } from '../../../native-models/error';
import type { GeneratedToken, Generation } from '../../contract/language';

/** What stands at the head of every answer. */
export interface Head {
  id: string;
  /** Seconds since 1970. */
  created: number;
  model: string;
}

export function finishReason(finish: Generation['finish']): 'stop' | 'length' {
  return finish === 'length' || finish === 'context' ? 'length' : 'stop';
}

/** Numbers of tokens over all generations; every copy of a prompt counts its prompt once. */
export function usage(generations: readonly Generation[], copies: number) {
  const prompt = generations
    .filter((_, k) => k % copies === 0)
    .reduce((sum, { promptTokens }) => sum + promptTokens, 0);
  const completion = generations.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** Log-probabilities as each of the two interfaces writes them; null where they are not wanted. */
export function logProbabilities(chat: boolean, tokens: readonly GeneratedToken[] | null) {
  if (tokens === null) return null;
  if (chat)
    return {
      content: tokens.map(({ text, logProbability, alternatives }) => ({
        ...{ token: text, logprob: logProbability, bytes: bytesOf(text) },
        top_logprobs: alternatives.map((one) => ({
          ...{ token: one.text, logprob: Math.log(one.probability), bytes: bytesOf(one.text) },
        })),
      })),
    };
  let offset = 0;
  return {
    tokens: tokens.map(({ text }) => text),
    token_logprobs: tokens.map(({ logProbability }) => logProbability),
    top_logprobs: tokens.map(({ alternatives }) =>
      Object.fromEntries(alternatives.map((one) => [one.text, Math.log(one.probability)])),
    ),
    text_offset: tokens.map(({ text }) => (offset += text.length) - text.length),
  };
}

/** One finished generation. */
export function choice(chat: boolean, index: number, generation: Generation, withLogs: boolean) {
  const { text, tokens, finish } = generation;
  return {
    index,
    ...(chat ? { message: { role: 'assistant', content: text } } : { text }),
    logprobs: logProbabilities(chat, withLogs ? tokens : null),
    finish_reason: finishReason(finish),
  };
}

/** A piece of a generation under way; the first of a chat says who speaks. */
export function piece(
  chat: boolean,
  index: number,
  tokens: readonly GeneratedToken[],
  { first, withLogs }: { first: boolean; withLogs: boolean },
) {
  const text = tokens.map((token) => token.text).join('');
  return {
    index,
    ...(chat ? { delta: { ...(first ? { role: 'assistant' } : {}), content: text } } : { text }),
    logprobs: logProbabilities(chat, withLogs ? tokens : null),
    finish_reason: null,
  };
}

/** What ends a generation in a stream. */
export function lastPiece(chat: boolean, index: number, finish: Generation['finish']) {
  return {
    index,
    ...(chat ? { delta: {} } : { text: '' }),
    logprobs: null,
    finish_reason: finishReason(finish),
  };
}

export function whole(chat: boolean, head: Head, choices: readonly object[], tokens: object) {
  return { ...head, object: chat ? 'chat.completion' : 'text_completion', choices, usage: tokens };
}

export function chunk(chat: boolean, head: Head, choices: readonly object[], tokens?: object) {
  return {
    ...head,
    object: chat ? 'chat.completion.chunk' : 'text_completion',
    choices,
    ...(tokens ? { usage: tokens } : {}),
  };
}

/** An error with its status: 400 for what the caller can mend, 500 for what not. */
export function failure(thrown: unknown): { status: number; body: object } {
  const { code, what, where, got, expected, help, blame } = errorDetail(thrown);
  const status = statusOf[code] ?? (blame === 'input' ? 400 : 500);
  const details = [got && `got ${got}`, expected && `expected ${expected}`, help].filter(Boolean);
  return {
    status,
    body: {
      error: {
        message: [what, ...details].join('; '),
        type: status < 500 ? 'invalid_request_error' : 'server_error',
        param: where?.key ?? null,
        code,
      },
    },
  };
}

const statusOf: Readonly<Record<string, number>> = {
  'api-key-missing': 401,
  'model-not-found': 404,
  'body-too-large': 413,
};

function bytesOf(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
