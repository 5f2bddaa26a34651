/** @file A run from prompts to texts: batch after batch, each text written when its batch is done. */
import { MongeError } from '../../../native-models/error';
import type { RunContext } from '../../contract/define';
import type { ContinuedText } from '../../contract/language';
import type { LanguageSession } from '../../contract/opened';
import { abortable } from '../../inference/for-methods/abortable';
import type { GenerateConfig, Inputs } from './config';
import { FILE, linesOf, TEXTS_END } from './texts';

/** What a checkpoint knows. */
interface Done {
  texts: number;
  /** Of the file. */
  bytes: number;
  tokens: number;
  logProbability: number;
  seconds: number;
}

const NOTHING: Done = { texts: 0, bytes: 0, tokens: 0, logProbability: 0, seconds: 0 };

/**
 * The same seed, settings and prompts give the same texts. @throws `prompt-missing`, `prompt-empty`, `context-exceeded`,
 * `chat-template-missing`, `level-unavailable`, `model-without-words`, and the codes of opening the model
 */
export async function runGenerate(
  context: RunContext,
  inputs: Inputs,
  config: GenerateConfig,
): Promise<'done' | 'stopped'> {
  context.progress({ stage: 'opening the model', step: 0, steps: 1, stepsPerSecond: null });
  const prompts = await promptsOf(context, inputs, config);
  const session = await inputs.model.language({ threads: context.compute.threads });
  await checkLevel(session, config);
  // No prompt opens the decoder and no more, so that speeds are those of writing.
  const opened = await continued(context, session, [], config, { tokens: 0, left: 0 });
  if (!opened) return 'stopped';
  if (!context.resume) context.notice(`Arithmetic: ${opened.arithmetic}.`, 'news');
  let done = (context.resume?.json.done as unknown as Done | undefined) ?? NOTHING;
  while (done.texts < prompts.length) {
    const began = context.now();
    const batch = prompts.slice(done.texts, done.texts + config.batch);
    const made = await continued(context, session, batch, config, {
      tokens: done.tokens,
      left: prompts.length - done.texts,
    });
    if (!made) return 'stopped';
    const lines = linesOf(made.texts, done.texts === 0);
    await context.artifactPart(FILE, done.bytes, lines);
    done = {
      texts: done.texts + batch.length,
      bytes: done.bytes + lines.length,
      tokens: done.tokens + sum(made.texts.map(({ ids }) => ids.length)),
      logProbability: done.logProbability + sum(made.texts.flatMap((text) => text.logProbabilities)),
      seconds: done.seconds + (context.now() - began) / 1000,
    };
    context.metric('perplexity', done.texts, Math.exp(-done.logProbability / Math.max(1, done.tokens)));
    await context.checkpoint({ step: done.texts, json: { done: { ...done } }, arrays: {} });
  }
  await context.artifactPart(FILE, done.bytes, TEXTS_END);
  context.artifactDone(FILE);
  context.final({
    texts: done.texts,
    tokens: done.tokens,
    perplexity: Math.exp(-done.logProbability / Math.max(1, done.tokens)),
    tokensPerSecond: done.seconds > 0 ? done.tokens / done.seconds : 0,
  });
  return 'done';
}

interface Prompt {
  text: string;
  seed: number;
}

/** Every prompt with its copies, those of the settings first. */
async function promptsOf(context: RunContext, inputs: Inputs, config: GenerateConfig): Promise<Prompt[]> {
  const given = (await inputs.text?.open()) ?? [];
  const rows = given.filter((text) => text !== '');
  if (rows.length < given.length)
    context.notice(`${given.length - rows.length} empty rows are no prompts and were left out.`);
  const texts = [...config.prompt, ...rows];
  if (texts.length === 0)
    throw new MongeError({
      code: 'prompt-missing',
      blame: 'input',
      what: 'there is nothing to go on from',
      where: { key: 'prompt' },
      expected: 'a prompt, or a file of prompts',
    });
  return texts.flatMap((text) =>
    Array.from({ length: config.copies }, (_, copy) => ({ text, seed: context.seed + copy })),
  );
}

/** @throws `level-unavailable`, `model-without-words` */
async function checkLevel(session: LanguageSession, { level }: GenerateConfig): Promise<void> {
  const { levels, kind } = await session.ask({ kind: 'facts' });
  if (kind !== 'decoder')
    throw new MongeError({
      code: 'model-without-words',
      blame: 'input',
      what: 'this model says no words',
      where: { key: 'model' },
      got: `an ${kind} model`,
      expected: 'a decoder',
    });
  const found = levels.find(({ id }) => id === level);
  if (!found || found.available) return;
  throw new MongeError({
    code: 'level-unavailable',
    blame: 'input',
    what: found.says,
    where: { key: 'level' },
    got: level,
    expected: levels
      .filter(({ available }) => available)
      .map(({ id }) => id)
      .join(', '),
  });
}

/** Null where a stop was asked for: texts that are under way are made again, and come out the same. */
async function continued(
  context: RunContext,
  session: LanguageSession,
  prompts: Prompt[],
  config: GenerateConfig,
  before: { tokens: number; left: number },
): Promise<{ texts: ContinuedText[]; arithmetic: string } | null> {
  let tokens = 0;
  const mark = () =>
    context.progress({
      stage: prompts.length === 0 ? 'reading the weights' : 'writing',
      step: before.tokens + tokens,
      steps: before.tokens + Math.max(tokens + 1, before.left * config.maxTokens),
    });
  mark();
  const { chat, temperature, topP, topK, minP, repetitionPenalty, maxTokens, level, stopAtEnd } = config;
  const sampling = { temperature, topP, topK, minP, repetitionPenalty, maxTokens, stop: config.stop };
  return abortable(context, (heard, signal) =>
    session.work(
      { kind: 'continue', prompts, chat, sampling, stopAtEnd, level },
      () => {
        tokens += 1;
        mark();
        heard();
      },
      signal,
    ),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
