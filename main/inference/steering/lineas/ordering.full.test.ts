/**
 * @file Few texts: what maps fitted on 32 toxic and 32 other comments do to Wikipedia, learned together and one by one. Prints the
 * table of docs/results/steering-lineas.md. Runs where MONGE_LINEAS is set: a quarter of an hour on two idle cores.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import type { Steering } from '../../../contract/steering';
import type { FitSteeringRequest, LineasSettings } from '../../../contract/steering-fit';
import { realModel } from '../../../models/testing/real-models';
import { selectHooks } from '../../hooks';
import type { Insides } from '../../insides/insides';
import { openBuiltBody } from '../../service/built-body';
import { likelihoods } from '../../service/likelihood';
import { fitSteering } from '../fit/fit-steering';
import { heldOut } from './testing';

const COMMENTS = '../shared/data/steering/toxicity/toxicity_en.csv';
const WIKIPEDIA = '../shared/data/steering/act/wikipedia_sentences.csv';
const asked = process.env.MONGE_LINEAS !== undefined;
const there = existsSync(COMMENTS) && existsSync(WIKIPEDIA);
if (!asked || !there)
  console.warn(
    `skipped: set MONGE_LINEAS, and have ${COMMENTS} and ${WIKIPEDIA}, to measure LinEAS at 32 texts`,
  );
const path = asked && there ? realModel('smollm2') : null;

const number = (name: string, otherwise: number) => Number(process.env[`MONGE_LINEAS_${name}`] ?? otherwise);
const TEXTS = 32;
const HELD_OUT = 64;
const SENTENCES = number('SENTENCES', 200);
const TOKENS = number('TOKENS', 16);
const LONGEST = 40;
const STEPS = number('STEPS', 150);
const BATCH = number('BATCH', 16);

/** The arms that are learned together. */
const learned: Record<string, Pick<LineasSettings, 'optimiser' | 'rate'>> = {
  'LinEAS, SGD at 0.04': { optimiser: 'sgd', rate: 0.04 },
  'LinEAS, Adam at 0.01': { optimiser: 'adam', rate: 0.01 },
};

const folder = mkdtempSync(join(tmpdir(), 'monge-ordering-'));
const compute = openCompute({ threads: 2 });
afterAll(async () => {
  await compute.close();
  rmSync(folder, { recursive: true });
});

/** Rows of a table with quotes. */
function rows(file: string): string[][] {
  const found: string[][] = [[]];
  for (const [, quoted, plain, end] of readFileSync(file, 'utf8').matchAll(
    /(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n|$)/g,
  )) {
    found.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end !== ',') found.push([]);
  }
  return found.filter((row) => row.length > 1);
}

describe.skipIf(!path)('SmolLM2-135M at its 60 block norms, 32 texts a side', () => {
  it(
    'is measured unsteered, with Linear-AcT and with LinEAS',
    async () => {
      const body = await openBuiltBody(path!, compute, { threads: 2, cacheFolder: folder });
      const { insides } = body;
      const comments = rows(COMMENTS).filter(([text]) => text!.length > 20);
      const order = (label: string, list: string[]) =>
        Array.from(stream(0, label).permutation(list.length), (at) => list[at]!);
      const toxic = order(
        'toxic',
        comments
          .filter((row) => row[1] === 'Toxic' || row[1] === '1' || row[1] === 'True')
          .map(([text]) => text!),
      );
      const other = order(
        'other',
        comments
          .filter((row) => row[1] === 'Not Toxic' || row[1] === '0' || row[1] === 'False')
          .map(([text]) => text!),
      );
      const sentences = await neutral(insides);
      const hooks = selectHooks('norm_attn_in,norm_mlp_in', insides.hooks);
      const common: Omit<FitSteeringRequest, 'method' | 'estimation' | 'targets'> = {
        ...{ kind: 'fit-steering', source: toxic.slice(0, TEXTS), target: other.slice(0, TEXTS) },
        ...{ hooks: hooks.map(({ id }) => id), pooling: 'mean', first: true, seed: 0, level: 'fp32' },
        ...{ support: 'q_all', supportFrom: 'pooled', batch: 32, maxTokens: TOKENS },
      };
      const requests: Record<string, FitSteeringRequest> = {
        'Linear-AcT': { ...common, method: 'linear-act', estimation: 'causal', targets: 'steered' },
      };
      for (const [name, settings] of Object.entries(learned))
        requests[name] = {
          ...{ ...common, method: 'lineas', estimation: 'end-to-end', targets: 'clean' },
          lineas: {
            ...settings,
            steps: STEPS,
            batch: BATCH,
            initial: 'identity',
            lassoUnits: 0,
            lassoHooks: 0,
          },
        };
      const held = {
        source: toxic.slice(TEXTS, TEXTS + HELD_OUT),
        target: other.slice(TEXTS, TEXTS + HELD_OUT),
      };
      expect(sentences).toHaveLength(SENTENCES);
      const plain = await tokenSums(insides, sentences, null);
      console.log(`| none | ${perplexity(plain).toFixed(2)} | 1 | 1 | |`);
      const left = await heldOut(insides, hooks, held, TOKENS);
      for (const [name, request] of Object.entries(requests)) {
        const losses: number[] = [];
        const stop = AbortSignal.timeout(1000 * number('SECONDS', 36_000));
        const fit = await fitSteering(
          { insides, imported: false },
          request,
          (news) => {
            if (news.kind !== 'step') return;
            losses.push(news.loss);
            process.stderr.write(`${name}: ${news.step}/${news.of} ${news.loss.toFixed(4)}\n`);
          },
          stop,
        );
        const maps = fit.hooks.map(({ map }) => map);
        const keep = process.env.MONGE_LINEAS_KEEP;
        if (keep)
          writeFileSync(
            join(keep, `${name}.json`),
            JSON.stringify(maps.map(({ hook, w, beta }) => ({ hook, w: [...w], beta: [...beta] }))),
          );
        const steps =
          losses.length > 0
            ? `${losses.length} steps, loss ${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}, `
            : '';
        const steering = { maps, lambda: 1, first: true };
        const sums = await tokenSums(insides, sentences, steering);
        const told = [
          name,
          perplexity(sums).toFixed(2),
          ratio(sums, plain),
          (await left(steering)).toFixed(3),
        ];
        console.log(`| ${told.join(' | ')} | ${steps}${fit.seconds.toFixed(0)} s |`);
        expect(perplexity(sums)).toBeLessThan(Infinity);
      }
      console.log(`memory: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most`);
      await body.close();
    },
    4 * 3600_000,
  );
});

/** Sentences of 8 to 40 tokens: the first of every article, then the second, until there are enough. */
async function neutral(insides: Insides): Promise<string[]> {
  const articles = rows(WIKIPEDIA)
    .slice(1)
    .map(([, text]) => text!.split(/\n|(?<=[.!?])\s+(?=[A-Z])/).filter((part) => /^[A-Z].*\.$/.test(part)));
  const found: string[] = [];
  for (let round = 0; round < 50; round++)
    for (const sentence of articles.flatMap((article) => article[round] ?? [])) {
      const { length } = await insides.tokens(sentence);
      if (length >= 8 && length <= LONGEST && found.length < SENTENCES) found.push(sentence);
    }
  return found;
}

interface Sums {
  sum: number;
  tokens: number;
}

async function tokenSums(
  insides: Insides,
  texts: readonly string[],
  steering: Steering | null,
): Promise<Sums[]> {
  const found = new Array<Sums>(texts.length);
  await likelihoods(
    insides,
    {
      ...{ kind: 'likelihood', texts: texts.map((text) => ({ text, prefix: '' })) },
      ...{ level: 'fp32', batch: 16, from: 0 },
      ...(steering && { steering }),
    },
    ({ rows: numbers, texts: told }) => numbers.forEach((at, k) => (found[at] = told[k]!)),
    new AbortController().signal,
  );
  return found;
}

function perplexity(sums: readonly Sums[]): number {
  const [sum, tokens] = sums.reduce(([a, b], one) => [a + one.sum, b + one.tokens], [0, 0]);
  return Math.exp(-sum / tokens);
}

/** The ratio of two perplexities with its 95 % interval: 2,000 resamples of the sentences, the same for both. */
function ratio(here: readonly Sums[], there: readonly Sums[]): string {
  const ratios = Array.from({ length: 2000 }, (_, k) => {
    const drawn = stream(1, 'sentences', k).integers(new Int32Array(here.length), here.length);
    const of = (sums: readonly Sums[]) => perplexity(Array.from(drawn, (at) => sums[at]!));
    return of(here) / of(there);
  }).sort((a, b) => a - b);
  return `${(perplexity(here) / perplexity(there)).toFixed(3)} [${ratios[49]!.toFixed(3)}, ${ratios[1949]!.toFixed(3)}]`;
}
