/** @file The study of detection against control: six concepts, every block of a model read and steered alone. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { config as steerConfig } from '../../../main/methods/steer/config';
import { readBlocks } from '../../../main/methods/steer/detect/read';
import { detectOf } from '../../../main/methods/steer/detect/summary';
import { writtenAlone, type Told } from '../../../main/methods/steer/detect/write';
import { steered } from '../../../main/methods/steer/fit/hooks';
import { promptsOf } from '../../../main/methods/steer/sweep/continuations';
import { makeJudges } from '../../../main/methods/steer/texts/judges';
import type { LanguageSession } from '../../../main/contract/opened';
import type { SteerDetect } from '../../../main/contract/steer';
import { packJson, unpackJson } from '../../../main/disk/packed-json';
import { concepts, partsOf, type Concept } from './concepts';

/** Beginnings that none of the concepts is in. */
const PROMPTS = ['Once upon a time', 'The people here', 'I think that', 'In the morning'];
const SIZES = { words: 20, fit: 64, train: 64, test: 40, seed: 0 };

export interface StudyOptions {
  session: LanguageSession;
  data: string;
  out: string;
  copies: number;
  tokens: number;
  role: string;
  lambda: number;
  /** Whether first tokens are pooled and steered. */
  first: boolean;
  /** Names; empty for all. */
  only: readonly string[];
  /** Every how manyth block is steered, the last one among them; the others are left out. */
  every: number;
}

export interface DetectFound {
  concept: string;
  /** Words whose presence counts; none are told of texts that may hurt. */
  words: string[];
  judgeAuc: number;
  present: number;
  detect: SteerDetect;
}

/** One file per concept in the folder, written after every block; what is there is not computed again. */
export async function detectStudy(options: StudyOptions): Promise<DetectFound[]> {
  const found: DetectFound[] = [];
  for (const concept of concepts)
    if (options.only.length === 0 || options.only.includes(concept.name))
      found.push(await studied(concept, options));
  return found;
}

async function studied(concept: Concept, options: StudyOptions): Promise<DetectFound> {
  const { session, data, out, copies, tokens, role, lambda, first } = options;
  const file = join(out, `detect.${concept.name.replace(' ', '-')}${first ? '.first' : ''}.json`);
  const texts = partsOf(await concept.sides(data), SIZES);
  const config = steerConfig.parse({ prompt: PROMPTS, copies, maxTokens: tokens, mainLambda: lambda, first });
  const neutral = { texts: [], says: '' };
  const judges = makeJudges({ ...texts, neutral, offensive: concept.offensive, notes: [] }, { lexicon: [] });
  const hooks = (await session.ask({ kind: 'facts' })).hooks
    .filter((hook) => hook.role === role)
    .map(steered);
  const done = existsSync(file)
    ? unpackJson<{ told: Record<string, Told> }>(readFileSync(file)).told
    : ({} as Record<string, Told>);
  const context = { stopRequested: () => false, progress: () => undefined };
  process.stderr.write(
    `${concept.name}: words ${concept.offensive ? judges.words.length : judges.words.join(' ')}\n`,
  );
  const read = (await readBlocks(context, { session, texts, hooks, config, seed: 0 }))!;
  const asked = { session, judges, config, prompts: promptsOf(config, 0), maps: read.map(({ map }) => map) };
  const result = (): DetectFound => ({
    ...{ concept: concept.name, words: concept.offensive ? [] : [...judges.words], judgeAuc: judges.auc },
    present: done['']!.present.reduce((sum, one) => sum + one, 0) / done['']!.present.length,
    detect: detectOf({
      ...{
        hooks,
        read,
        without: done['']!,
        steered: hooks.map(({ id }) => done[id] ?? null),
        lambda,
        seed: 0,
      },
    }),
  });
  const last = hooks.length - 1;
  const chosen = [...hooks.keys()].filter((block) => (last - block) % options.every === 0);
  for (const block of [null, ...chosen]) {
    const name = block === null ? '' : hooks[block]!.id;
    done[name] ??= (await writtenAlone(context, asked, block, lambda))!;
    writeFileSync(file, packJson({ ...result(), told: done }));
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${concept.name} ${name}\n`);
  }
  return result();
}
