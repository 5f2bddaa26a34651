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

/** The words of a schema's refusal are what it takes instead. */
const number = (least: number, most: number, words = `a number from ${least} to ${most}`) =>
  v.nullish(v.pipe(v.number(words), v.minValue(least, words), v.maxValue(most, words)));
const whole = (least: number, most: number, words = `a whole number from ${least} to ${most}`) =>
  v.nullish(v.pipe(v.number(words), v.integer(words), v.minValue(least, words), v.maxValue(most, words)));
const flag = v.nullish(v.boolean('true or false'));
const text = (most: number, words = `a text of at most ${most} characters`) =>
  v.pipe(v.string(words), v.maxLength(most, words));
/** What is not offered may be named with the value that changes nothing. */
const only = <T extends string | number | boolean | null>(value: T) =>
  v.nullish(
    v.literal(value as string | number | boolean, `${JSON.stringify(value)}: nothing else is offered`),
  );
const longest = 1_000_000;
const stops = `a text, or a list of at most 16 texts, of at most ${longest} characters each`;
/** What every completion takes; the last four are not of the interface but usual beside it. */
const common = {
  model: v.nullish(text(500)),
  n: whole(1, 16),
  stream: flag,
  stream_options: v.nullish(
    v.object({ include_usage: flag }, 'an object that says whether to include_usage'),
  ),
  temperature: number(0, 100),
  top_p: number(1e-9, 1, 'a number above 0 up to 1'),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  stop: v.nullish(v.union([text(longest), v.pipe(v.array(text(longest)), v.maxLength(16))], stops)),
  max_tokens: whole(1, 1_000_000),
  presence_penalty: only(0),
  frequency_penalty: only(0),
  logit_bias: v.nullish(v.strictObject({}, 'no bias: none is offered')),
  user: v.nullish(v.string('a text')),
  top_k: whole(0, 1_000_000),
  min_p: number(0, 1),
  repetition_penalty: number(1e-3, 100),
  level: v.nullish(v.picklist(['fp32', '4-bit-0', '4-bit-4'] as const, 'fp32, 4-bit-0 or 4-bit-4')),
};
const prompts = `a text, or a list of 1 to 64 texts, of at most ${longest} characters each`;
const completions = v.object({
  ...common,
  prompt: v.union([text(longest), v.pipe(v.array(text(longest)), v.minLength(1), v.maxLength(64))], prompts),
  logprobs: whole(0, 20),
  echo: only(false),
  suffix: v.nullish(v.null('null: text is only added at the end')),
  best_of: only(1),
});
const messages = 'a list of 1 to 1000 messages';
const chat = v.object({
  ...common,
  messages: v.pipe(
    v.array(
      v.looseObject({ role: v.string('a text that says who speaks') }, 'an object with a role'),
      messages,
    ),
    v.minLength(1, messages),
    v.maxLength(1000, messages),
  ),
  tools: v.nullish(v.array(v.looseObject({}, 'an object that describes a tool'), 'a list of tools')),
  tool_choice: v.nullish(v.picklist(['auto', 'none'], '"auto" or "none": no tool can be asked for')),
  logprobs: flag,
  top_logprobs: whole(0, 20),
  max_completion_tokens: whole(1, 1_000_000),
  response_format: v.nullish(
    v.object(
      { type: v.literal('text', '"text": no other format is offered') },
      'an object with the type "text"',
    ),
  ),
});
/** What a request cannot be without. */
const needed: Readonly<Record<string, string>> = { prompt: prompts, messages };

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
    throw refused('the body is no JSON', { got: (cause as Error).message, expected: 'a JSON object' }, cause);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw refused('the body is no JSON object', { got: shown(json), expected: 'a JSON object' });
  const found = v.safeParse(schema, json, { abortEarly: true });
  if (found.success) return found.output;
  const [issue] = found.issues;
  const key = v.getDotPath(issue) ?? '';
  const missing = issue.input === undefined;
  throw refused(missing ? `${key} is missing` : `${key} is not as it has to be`, {
    key,
    got: missing ? 'nothing' : shown(issue.input),
    expected: needed[key] ?? issue.message,
  });
}

/** A value as it was sent, the beginning of a long one. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function refused(
  what: string,
  { key, got, expected }: { key?: string; got: string; expected: string },
  cause?: unknown,
): MongeError {
  return new MongeError(
    {
      ...{ code: 'request-invalid', blame: 'input', what, got, expected },
      ...(key === undefined ? {} : { where: { key } }),
    },
    { cause },
  );
}
