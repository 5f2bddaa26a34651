/** @file A process with one opened language model that answers, line by line, how long a prompt, a decoding or a capture takes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openCompute } from '../../main/compute/session';
import { captureBatches } from '../../main/inference/capture/capture';
import { openLanguageModel, type LanguageModel } from '../../main/inference/language-model';
import { openLanguage, type OpenedLanguage } from '../../main/inference/service/opened';
import { generationGraph } from '../../native-models';
import { idsOf, sampling, type LmRequest, type LmSetting } from './protocol';

const [path, settingText, threadsText] = process.argv.slice(2);
const setting = settingText as LmSetting;
const threads = Number(threadsText);
const cacheFolder = await mkdtemp(join(tmpdir(), 'monge-bench-lm-'));

const levels = {
  'chat level 4': { level: '4-bit-4', use: 'chat' },
  'level 0, rescored': { level: '4-bit-0', use: 'chat' },
  fp32: { level: 'fp32', use: 'exact' },
} as const;

const opened: { model?: LanguageModel; capture?: OpenedLanguage } = {};
const compute = openCompute({ threads });

/** Seconds from the path to the first token, nothing kept from before. */
async function open(): Promise<Record<string, number>> {
  const begin = performance.now();
  if (setting === 'capture') {
    opened.capture = await openLanguage(path!, { threads, cacheFolder });
    return { seconds: (performance.now() - begin) / 1000 };
  }
  const model = await openLanguageModel(path!, { ...levels[setting], threads, cacheFolder, compute });
  opened.model = model;
  await model.generate([{ prompt: 'The capital of Italy is' }], { ...sampling, maxTokens: 1 });
  const seconds = (performance.now() - begin) / 1000;
  const built = performance.now();
  generationGraph(model.config, model.checkpoint, {
    ...{ level: levels[setting].level, head: 'rescored', loop: true, location: 'weights' },
  });
  return { seconds, buildSeconds: (performance.now() - built) / 1000 };
}

/** Milliseconds a token: of the prompt to the first token, and of the tokens after it. */
async function decode(context: number, tokens: number): Promise<Record<string, number>> {
  const times: number[] = [];
  const begin = performance.now();
  const settings = { ...sampling, maxTokens: tokens + 1, stopAtEnd: false };
  await opened.model!.generate([{ prompt: idsOf(context) }], settings, () => times.push(performance.now()));
  return { prompt: (times[0]! - begin) / context, decode: (times.at(-1)! - times[0]!) / tokens };
}

/** Every residual state by what the method `capture` runs; texts stand for ids that were made already, for the peer too. */
async function captureAll(file: string): Promise<Record<string, number>> {
  const sentences = JSON.parse(await readFile(file, 'utf8')) as number[][];
  const { insides, captures } = opened.capture!;
  const read = async (text: string) =>
    sentences[Number(text)]!.map((id) => ({ id, text: '', start: 0, end: 0, special: false }));
  const begin = performance.now();
  await captureBatches(
    { insides: { ...insides, tokens: read }, captures },
    {
      ...{ kind: 'capture', hooks: 'embed,resid_post:*', pooling: { kind: 'mean' }, first: true },
      ...{ level: 'fp32', batch: 8, maxTokens: 0, texts: sentences.map((_, k) => String(k)), from: 0 },
    },
    () => undefined,
    new AbortController().signal,
  );
  return { seconds: (performance.now() - begin) / 1000 };
}

async function answer(request: LmRequest): Promise<Record<string, number>> {
  switch (request.ask) {
    case 'open':
      return open();
    case 'decode':
      return decode(request.context, request.tokens);
    case 'capture':
      return captureAll(request.file);
    case 'memory':
      return { megabytes: process.resourceUsage().maxRSS / 1024 };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as LmRequest))}\n`);
await opened.capture?.close();
await opened.model?.close();
await compute.close();
await rm(cacheFolder, { recursive: true, force: true });
