/**
 * @file Few texts: what maps fitted on 32 toxic and 32 other comments do to Wikipedia, learned together and one by one. Prints the
 * table of docs/results/steering-lineas.md. Runs where MONGE_LINEAS is set: a quarter of an hour on two idle cores.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { openCompute } from '../../../compute/session';
import type { Steering } from '../../../contract/steering';
import type { FitSteeringNews, FitSteeringRequest, LineasSettings } from '../../../contract/steering-fit';
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
/** Whether the first token of a text is pooled and steered, which has huge values of its own. */
const FIRST = number('FIRST', 1) === 1;

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
      const { body, common, held } = await setUp();
      const { insides } = body;
      const hooks = insides.hooks.filter(({ id }) => common.hooks.includes(id));
      const causal = { ...common, method: 'linear-act', estimation: 'causal' } as const;
      const arms: Record<string, FitSteeringRequest> = {
        'Linear-AcT': { ...causal, targets: 'steered' },
        'Linear-AcT, clean targets': { ...causal, targets: 'clean' },
      };
      for (const [name, settings] of Object.entries(learned))
        arms[name] = { ...common, ...endToEnd, lineas: { ...plainLineas, ...settings } };
      const sentences = await neutral(insides);
      expect(sentences).toHaveLength(SENTENCES);
      const plain = await tokenSums(insides, sentences, null);
      console.log(`| none | ${perplexity(plain).toFixed(2)} | 1 | 1 | |`);
      const left = await heldOut(insides, hooks, held, { first: FIRST, most: TOKENS });
      const wanted = new RegExp(process.env.MONGE_LINEAS_ARMS ?? '');
      for (const [name, request] of Object.entries(arms).filter(([arm]) => wanted.test(arm))) {
        const losses: number[] = [];
        const stop = AbortSignal.timeout(1000 * number('SECONDS', 36_000));
        const fit = await fitSteering({ insides, imported: false }, request, told(name, losses), stop);
        const steering = { maps: fit.hooks.map(({ map }) => map), lambda: 1, first: FIRST };
        const sums = await tokenSums(insides, sentences, steering);
        const distance = (await left(steering)).toFixed(3);
        const steps = losses.length > 0 ? `${losses.length} steps in ` : '';
        console.log(
          `| ${name} | ${perplexity(sums).toFixed(2)} | ${ratio(sums, plain)} | ${distance} | ${steps}${fit.seconds.toFixed(0)} s |`,
        );
        expect(perplexity(sums)).toBeLessThan(Infinity);
      }
      await body.close();
    },
    4 * 3600_000,
  );

  it('takes so long for a step of 32 texts of 32 tokens', async () => {
    const { body, common } = await setUp();
    const marks: { wall: number; cpu: number }[] = [];
    const mark = () => {
      const { user, system } = process.cpuUsage();
      marks.push({ wall: performance.now() / 1000, cpu: (user + system) / 1e6 });
    };
    const lineas = { ...plainLineas, ...Object.values(learned)[0]!, steps: 5, batch: TEXTS };
    const request: FitSteeringRequest = { ...common, ...endToEnd, maxTokens: 32, lineas };
    const news = ({ kind }: FitSteeringNews) => kind === 'step' && mark();
    await fitSteering(
      { insides: body.insides, imported: false },
      request,
      news,
      new AbortController().signal,
    );
    const [first, last] = [marks[0]!, marks.at(-1)!];
    const each = (from: number, to: number) => ((to - from) / (marks.length - 1)).toFixed(2);
    console.log(
      `a step: ${each(first.wall, last.wall)} s, ${each(first.cpu, last.cpu)} s of processor; memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB at most`,
    );
    expect(marks).toHaveLength(5);
    await body.close();
  }, 3600_000);
});

const endToEnd = { method: 'lineas', estimation: 'end-to-end', targets: 'clean' } as const;
const plainLineas: Omit<LineasSettings, 'optimiser' | 'rate'> = {
  ...{ steps: STEPS, batch: BATCH, initial: 'identity', lassoUnits: 0, lassoHooks: 0 },
};

/** Comments of either kind, 32 to fit on and others to measure at, in a seeded order. */
async function setUp() {
  const body = await openBuiltBody(path!, compute, { threads: 2, cacheFolder: folder });
  const comments = rows(COMMENTS).filter(([text]) => text!.length > 20);
  const of = (label: string, kind: string) => {
    const texts = comments.filter((row) => row[1] === kind).map(([text]) => text!);
    return Array.from(stream(0, label).permutation(texts.length), (at) => texts[at]!);
  };
  const [toxic, other] = [of('toxic', 'Toxic'), of('other', 'Not Toxic')];
  const hooks = selectHooks('norm_attn_in,norm_mlp_in', body.insides.hooks);
  const common: Omit<FitSteeringRequest, 'method' | 'estimation' | 'targets'> = {
    ...{ kind: 'fit-steering', source: toxic.slice(0, TEXTS), target: other.slice(0, TEXTS) },
    ...{ hooks: hooks.map(({ id }) => id), pooling: 'mean', first: FIRST, seed: 0, level: 'fp32' },
    ...{ support: 'q_all', supportFrom: 'pooled', batch: 32, maxTokens: TOKENS },
  };
  const end = TEXTS + HELD_OUT;
  return { body, common, held: { source: toxic.slice(TEXTS, end), target: other.slice(TEXTS, end) } };
}

function told(name: string, losses: number[]) {
  return (news: FitSteeringNews) => {
    if (news.kind !== 'step') return;
    losses.push(news.loss);
    process.stderr.write(`${name}: ${news.step}/${news.of} ${news.loss.toFixed(4)}\n`);
  };
}

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
