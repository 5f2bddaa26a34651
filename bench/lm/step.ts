/** @file A process with one opened language model that answers, line by line, how long a prompt, a decoding or a capture takes. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { timeByOp, type Profile } from '../../main/compute/profile';
import { openCompute } from '../../main/compute/session';
import { captureBatches } from '../../main/inference/capture/capture';
import { openLanguageModel, type LanguageModel } from '../../main/inference/language-model';
import { openLanguage, type OpenedLanguage } from '../../main/inference/service/opened';
import { generationGraph } from '../../native-models';
import { measureBounds } from './bounds';
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

const opened: { model?: LanguageModel | undefined; capture?: OpenedLanguage | undefined } = {};
/** What sessions did, once they are closed, where that is asked for. */
let profiles: Profile[] | null = null;
const profiled = process.env['MONGE_BENCH_PROFILE'] === '1';
const onProfile = profiled ? (profile: Profile) => void profiles?.push(profile) : undefined;
const compute = openCompute({ threads, onProfile });

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

/** Milliseconds in kernels by operator: of a token, of a prompt's token where one is made, or of a captured sentence. */
async function profile(file: string, context: number, tokens: number): Promise<Record<string, number>> {
  if (setting === 'capture') {
    const count = (JSON.parse(await readFile(file, 'utf8')) as unknown[]).length;
    return perUnit(await timesOf(() => captureAll(file)), {}, count);
  }
  const first = await timesOf(() => decode(context, 0));
  if (tokens === 1) return perUnit(first, {}, context);
  return perUnit(await timesOf(() => decode(context, tokens)), first, tokens);
}

/** Kernel times by operator of all sessions of one model, opened for this. */
async function timesOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
  profiles = [];
  if (setting === 'capture') opened.capture = await openLanguage(path!, { threads, cacheFolder, onProfile });
  else opened.model = await openLanguageModel(path!, { ...levels[setting], threads, cacheFolder, compute });
  await work();
  await opened.capture?.close();
  await opened.model?.close();
  opened.capture = opened.model = undefined;
  const times: Record<string, number> = {};
  for (const { name, milliseconds } of profiles.flatMap(timeByOp))
    times[name] = (times[name] ?? 0) + milliseconds;
  return times;
}

function perUnit(
  times: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
  units: number,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(times).map(([name, time]) => [name, Math.max(0, time - (before[name] ?? 0)) / units]),
  );
}

async function answer(request: LmRequest): Promise<Record<string, number>> {
  switch (request.ask) {
    case 'open':
      return open();
    case 'decode':
      return decode(request.context, request.tokens);
    case 'capture':
      return captureAll(request.file);
    case 'profile':
      return profile(request.file, request.context, request.tokens);
    case 'bounds':
      return measureBounds(compute);
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
