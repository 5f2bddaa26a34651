/** @file What programs ask in the words of the OpenAI interface, as requests of ours. What cannot be done is refused by its name. */
import * as v from 'valibot';
import { MongeError } from '../../../native-models/error';
import type { GenerateRequest, NumericLevel, Sampling } from '../../contract/language';

/** One request as it is carried out: `prompts` after each other, each `copies` times with its own seed. */
export interface Completion {
  /** As the caller named it; null for the only one. */
  model: string | null;
  chat: boolean;
  inputs: GenerateRequest['input'][];
  copies: number;
  sampling: Sampling;
  level: NumericLevel | null;
  alternatives: number;
  /** Whether log-probabilities are wanted. */
  logProbabilities: boolean;
  stream: boolean;
  /** Whether a stream ends with the numbers of tokens. */
  streamUsage: boolean;
}

const number = (least: number, most: number) =>
  v.nullish(v.pipe(v.number(), v.minValue(least), v.maxValue(most)));
const whole = (least: number, most: number) =>
  v.nullish(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)));
const words = v.pipe(v.string(), v.maxLength(1_000_000));
/** What every completion takes; the last four are not of the interface but usual beside it. */
const common = {
  model: v.nullish(v.pipe(v.string(), v.maxLength(500))),
  n: whole(1, 16),
  stream: v.nullish(v.boolean()),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(v.boolean()) })),
  temperature: number(0, 100),
  top_p: number(1e-9, 1),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  stop: v.nullish(v.union([words, v.pipe(v.array(words), v.maxLength(16))])),
  max_tokens: whole(1, 1_000_000),
  presence_penalty: v.nullish(v.literal(0)),
  frequency_penalty: v.nullish(v.literal(0)),
  user: v.nullish(v.string()),
  top_k: whole(0, 1_000_000),
  min_p: number(0, 1),
  repetition_penalty: number(1e-3, 100),
  level: v.nullish(v.picklist(['fp32', '4-bit-0', '4-bit-4'] as const)),
};
const completions = v.object({
  ...common,
  prompt: v.union([words, v.pipe(v.array(words), v.minLength(1), v.maxLength(64))]),
  logprobs: whole(0, 20),
  echo: v.nullish(v.literal(false)),
  suffix: v.nullish(v.null()),
  best_of: v.nullish(v.literal(1)),
});
const chat = v.object({
  ...common,
  messages: v.pipe(v.array(v.looseObject({ role: v.string() })), v.minLength(1), v.maxLength(1000)),
  tools: v.nullish(v.array(v.looseObject({}))),
  logprobs: v.nullish(v.boolean()),
  top_logprobs: whole(0, 20),
  max_completion_tokens: whole(1, 1_000_000),
  response_format: v.nullish(v.object({ type: v.literal('text') })),
});

/** Tokens where a request names no number: as the interface has it for texts, and enough for an answer in a chat. */
const FEW = 16;
const MANY = 512;

/** @throws `request-invalid`, whose place is the field */
export function readCompletions(body: string): Completion {
  const asked = checked(completions, body);
  const { prompt, logprobs } = asked;
  return {
    ...shared(asked, FEW),
    chat: false,
    inputs: [prompt].flat().map((text) => ({ prompt: text })),
    alternatives: logprobs ?? 0,
    logProbabilities: typeof logprobs === 'number',
  };
}

/** The body goes on as it is, so that the numbers and keys of tools reach the template unchanged. @throws `request-invalid` */
export function readChat(body: string): Completion {
  const asked = checked(chat, body);
  return {
    ...shared(asked, asked.max_completion_tokens ?? MANY),
    chat: true,
    inputs: [{ chat: body }],
    alternatives: asked.top_logprobs ?? 0,
    logProbabilities: asked.logprobs ?? false,
  };
}

function shared(
  asked: v.InferOutput<v.ObjectSchema<typeof common, undefined>>,
  tokens: number,
): Omit<Completion, 'chat' | 'inputs' | 'alternatives' | 'logProbabilities'> {
  return {
    model: asked.model ?? null,
    copies: asked.n ?? 1,
    stream: asked.stream ?? false,
    streamUsage: asked.stream_options?.include_usage ?? false,
    level: asked.level ?? null,
    sampling: {
      temperature: asked.temperature ?? 1,
      topP: asked.top_p ?? 1,
      topK: asked.top_k ?? 0,
      minP: asked.min_p ?? 0,
      repetitionPenalty: asked.repetition_penalty ?? 1,
      seed: asked.seed ?? 0,
      maxTokens: asked.max_tokens ?? tokens,
      stop: [asked.stop ?? []].flat().filter((text) => text !== ''),
    },
  };
}

function checked<S extends v.GenericSchema>(schema: S, body: string): v.InferOutput<S> {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw refused('the body is no JSON', undefined, undefined, cause);
  }
  const found = v.safeParse(schema, json, { abortEarly: true });
  if (found.success) return found.output;
  const [issue] = found.issues;
  throw refused(issue.message, v.getDotPath(issue) ?? undefined, issue.received);
}

function refused(what: string, key?: string, got?: string, cause?: unknown): MongeError {
  return new MongeError(
    {
      code: 'request-invalid',
      blame: 'input',
      what,
      ...(key === undefined ? {} : { where: { key } }),
      ...(got === undefined ? {} : { got }),
      help: 'suffixes, echoes, penalties other than repetition_penalty, and formats other than text are not offered',
    },
    { cause },
  );
}
