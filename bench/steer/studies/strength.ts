/** @file The study of the safe strength: football on a real model, many splits of the same prompts, against the best strength in hindsight. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from '../../../native-models';
import type { TextEffects } from '../../../main/contract/language';
import type { LanguageSession } from '../../../main/contract/opened';
import { openDataset } from '../../../main/data';
import { packJson, unpackJson } from '../../../main/disk/packed-json';
import { config as steerConfig } from '../../../main/methods/steer/config';
import { beginnings, effectsOn } from '../../../main/methods/steer/strength/effects';
import { writtenAt } from './presence';
import { rowsOf } from '../../../main/methods/steer/texts/rows';
import { concepts, partsOf } from './concepts';
import { fitNorms } from './fit';

export interface StrengthOptions {
  session: LanguageSession;
  data: string;
  out: string;
  prompts: number;
  /** Continuations of "Once upon a time" at every strength. */
  copies: number;
}

/** Strengths of the side effects, and of the continuations. */
const EFFECTS = [0.2, 0.3, 0.4, 0.5];
const PRESENCE = [0, 0.2, 0.3, 0.4, 0.5, 1];
const TOGETHER = 30;
/** Of a sentence that is long enough to be begun. */
const WORDS = 12;

export interface StrengthMeasured {
  lambdas: number[];
  effects: TextEffects[];
  presence: { lambda: number; texts: string[] }[];
  /** Texts that judges may be trained and tested on. */
  sides: ReturnType<typeof partsOf>;
}

/** What is measured is written as it comes, and not measured again. */
export async function measureStrength(options: StrengthOptions): Promise<StrengthMeasured> {
  const { session, data, out, copies } = options;
  const file = join(out, 'strength.json');
  const sides = partsOf(await concepts[0]!.sides(data), {
    ...{ words: 1000, fit: 128, train: 300, test: 120, seed: 0 },
  });
  const done: Omit<StrengthMeasured, 'sides'> = existsSync(file)
    ? unpackJson(readFileSync(file))
    : { lambdas: EFFECTS, effects: [], presence: [] };
  const keep = () => writeFileSync(file, packJson(done));
  const maps = await fitNorms(session, sides.source.fit, sides.target.fit);
  const config = steerConfig.parse({ prompt: ['Once upon a time'], copies, maxTokens: 24 });
  const asked = { session, config, maps, lambdas: EFFECTS, seed: 0 };
  const none = { maps, lambda: 0, first: true };
  const prompts = await neutralPrompts(data, options.prompts);
  while (done.effects.length < prompts.length) {
    const from = done.effects.length;
    const part = prompts.slice(from, from + TOGETHER);
    done.effects.push(...(await effectsOn(never, { ...asked, none }, part, from))!);
    keep();
    process.stderr.write(`side effects on ${done.effects.length} of ${prompts.length} prompts\n`);
  }
  for (const lambda of PRESENCE) {
    if (done.presence.some((point) => point.lambda === lambda)) continue;
    const texts = await writtenAt(session, config, { maps, lambda, first: true });
    done.presence.push({ lambda, texts });
    keep();
    process.stderr.write(`${texts.length} continuations at λ = ${lambda}\n`);
  }
  return { ...done, sides };
}

const never = { stopRequested: () => false };

/** Beginnings of sentences of an encyclopaedia, in a seeded order. */
async function neutralPrompts(data: string, most: number): Promise<string[]> {
  const path = join(data, 'steering/act/wikipedia_sentences.csv');
  const rows = await rowsOf(await openDataset(path), { label: '', column: '', key: 'from' });
  const sentences = rows.flatMap((text) =>
    text.split('\n').flatMap((line) => line.trim().split(/(?<=[.!?])\s+/)),
  );
  const long = beginnings(
    sentences.filter((one) => one.split(/\s+/).length >= WORDS),
    steerConfig.parse({}).strengthWords,
  );
  const order = stream(0, 'strength prompts').permutation(long.length).subarray(0, most);
  return Array.from(order, (at) => long[at]!);
}
