/** @file Texts and chats continued and scored for a view: prompts rendered, tokens told as they come. */
import type {
  GeneratedToken,
  GenerateRequest,
  Generation,
  LanguageScore,
  LikelyToken,
  ScoreRequest,
} from '../../contract/language';
import { MongeError } from '../../../native-models/error';
import { parseExactJson, type ExactJson } from '../chat/exact-json';
import { renderChat, type ChatJson } from '../chat/render';
import { withReadArguments } from '../chat/tool-arguments';
import type { GenerationSettings, Generation as Continued } from '../generation';
import type { Tokenizer } from '../tokenizer/tokenizer';
import { textTokens } from '../insides/text-tokens';
import type { OpenedLanguage } from './opened';

/**
 * Continues one prompt; `tell` gets tokens as they come. Likeliest other tokens are computed after the text is there, in
 * one pass over it.
 * @throws `model-without-words`, `chat-template-missing`, `request-invalid`, and the codes of `generate` and `renderChat`
 */
export async function generateWords(
  opened: OpenedLanguage,
  { input, sampling, level, alternatives }: GenerateRequest,
  tell: (tokens: GeneratedToken[]) => void,
  signal: AbortSignal,
): Promise<Generation> {
  const start = performance.now();
  const tokenizer = wordsOf(opened);
  const { prompt, special } = promptOf(tokenizer, input);
  const decoder = await opened.decoder(level);
  let first: number | null = null;
  const told: GeneratedToken[] = [];
  const settings: GenerationSettings = { ...sampling, special };
  const [made] = await decoder.generate(
    [{ prompt }],
    settings,
    ({ id, text, logProbability }) => {
      first ??= performance.now() - start;
      const token = { id, text, logProbability, alternatives: [] };
      told.push(token);
      tell([token]);
    },
    () => signal.aborted,
  );
  const milliseconds = performance.now() - start;
  const likely = alternatives > 0 ? await alternativesOf(opened, made!, alternatives) : [];
  return {
    prompt,
    promptTokens: made!.promptIds.length,
    tokens: told.map((token, k) => ({ ...token, alternatives: likely[k] ?? [] })),
    text: made!.text,
    finish: finishes[made!.stopped],
    level,
    firstMilliseconds: first ?? milliseconds,
    milliseconds,
  };
}

/** Why a text ended, in the contract's words. */
export const finishes = {
  end: 'end',
  'stop-string': 'stop',
  length: 'length',
  context: 'context',
  requested: 'stopped',
} as const satisfies Record<Continued['stopped'], Generation['finish']>;

/** The likeliest tokens at every place of what was generated, computed exactly. */
async function alternativesOf(
  opened: OpenedLanguage,
  made: Continued,
  count: number,
): Promise<LikelyToken[][]> {
  const { insides } = opened;
  const head = await insides.head('fp32');
  if (!head || made.ids.length === 0) return [];
  const ids = [...made.promptIds, ...made.ids.slice(0, -1)];
  const runs = await insides.runs('fp32');
  const states = (await runs.run({ ids: [ids], hooks: ['norm_final'] }))['norm_final']!.data as Float32Array;
  const { width, vocabulary } = insides;
  const from = made.promptIds.length - 1;
  const rows = states.subarray(from * width, (from + made.ids.length) * width);
  const logits = await head.logits(rows, made.ids.length, 'map');
  return made.ids.map((_, row) =>
    insides.likeliest(logits.subarray(row * vocabulary, (row + 1) * vocabulary), count),
  );
}

/** The text that the model reads, and whether its tokenizer adds what stands before a text. A chat template writes the beginning of the text itself. */
export function promptOf(
  tokenizer: Tokenizer,
  input: GenerateRequest['input'],
): { prompt: string; special: boolean } {
  if ('prompt' in input) return { prompt: input.prompt, special: true };
  const template = tokenizer.chatTemplate;
  if (template === undefined)
    throw new MongeError({
      code: 'chat-template-missing',
      blame: 'input',
      what: 'this model came without a chat template',
      help: 'give it a text to go on from instead',
    });
  const common = { specialTokens: specialTokens(tokenizer), date: new Date() };
  const { messages, tools } = conversationOf(input, (given) =>
    renderChat(template, { ...common, messages: given }),
  );
  const prompt = renderChat(template, {
    ...common,
    messages,
    ...(tools === undefined ? {} : { tools }),
    addGenerationPrompt: true,
  });
  return { prompt, special: false };
}

function conversationOf(
  input: Exclude<GenerateRequest['input'], { prompt: string }>,
  render: (messages: ExactJson) => string,
): { messages: ChatJson; tools: ChatJson } {
  if ('messages' in input)
    return { messages: input.messages.map((message) => ({ ...message })), tools: undefined };
  const body = parseExactJson(input.chat);
  if (!(body instanceof Map))
    throw new MongeError({ code: 'request-invalid', blame: 'input', what: 'the request is no JSON object' });
  const messages = withReadArguments(body.get('messages') ?? [], render);
  return { messages, tools: body.get('tools') ?? undefined };
}

function specialTokens(tokenizer: Tokenizer): Record<string, string> {
  const { bos, eos, pad, unk } = tokenizer.special;
  const named = { bos_token: bos, eos_token: eos, pad_token: pad, unk_token: unk };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, id]) =>
      id === undefined ? [] : [[name, tokenizer.tokenText(id)]],
    ),
  );
}

/** How likely the model finds a text. @throws `model-without-words`, `text-empty`, and the codes of `score` */
export async function scoreWords(
  opened: OpenedLanguage,
  { text, level }: ScoreRequest,
): Promise<LanguageScore> {
  const tokenizer = wordsOf(opened);
  const tokens = textTokens(tokenizer, text);
  const decoder = await opened.decoder(level);
  const { logProbabilities, perplexity } = await decoder.score(tokens.map(({ id }) => id));
  return {
    tokens,
    logProbabilities: Float32Array.from(logProbabilities, (value) => value ?? NaN),
    perplexity,
    level,
  };
}

/** The tokenizer of a model that says words. @throws `model-without-words` */
export function wordsOf({ body, facts }: OpenedLanguage): Tokenizer {
  const { tokenizer, path } = body;
  if (tokenizer && facts.kind === 'decoder') return tokenizer;
  throw new MongeError({
    code: 'model-without-words',
    blame: 'input',
    what: 'this model says no words',
    where: { file: path },
    got: facts.kind === 'decoder' ? (facts.tokenizer.missing ?? '') : facts.kind,
    expected: 'a decoder with its tokenizer',
  });
}
