/** @file The shipped tiny model asked while steered: continued, scored, and compared with itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../../native-models/testing/expect-close';
import type {
  ContinueRequest,
  ContinueResult,
  GenerateRequest,
  Generation,
  LanguageFacts,
  LanguageScore,
} from '../../contract/language';
import type {
  Steering,
  SteeringDivergenceResult,
  SteeringRecipe,
  StoredSteering,
} from '../../contract/steering';
import { encodeSteering } from '../../steering/files/steering-file';
import { makeMap } from '../../steering/map';
import { languageService, type LanguageCall } from '../service/service';
import { drawnMaps } from './testing';

const path = join(import.meta.dirname, '../../../samples/tiny-lm');
const TEXT = 'The market in Paris sells bread.';
let folder: string;
let answer: ReturnType<typeof languageService>;
let steering: Steering;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monge-steering-'));
  answer = languageService();
  const { hooks } = await ask<LanguageFacts>({ kind: 'facts' });
  const norms = hooks.filter(({ role }) => role.startsWith('norm_'));
  steering = { maps: drawnMaps(norms, { size: 0.2 }), lambda: 1, first: true };
});
afterAll(() => rmSync(folder, { recursive: true }));

async function ask<T>(question: LanguageCall['ask'], sha256?: string): Promise<T> {
  const call = { path, threads: 1, cacheFolder: folder, ask: question, ...(sha256 && { sha256 }) };
  const { signal } = new AbortController();
  return (await answer(call, { signal, update: () => undefined })) as T;
}

const sampling = {
  ...{ temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, seed: 3, maxTokens: 12, stop: [] },
};
const at = (lambda: number): Steering => ({ ...steering, lambda });

describe('a steered model', () => {
  it('says at λ = 0 what it says unsteered, with the same random numbers, and something else at λ = 1', async () => {
    const request: GenerateRequest = {
      ...{ kind: 'generate', input: { prompt: 'The ' }, sampling, level: 'fp32', alternatives: 2 },
    };
    const generate = (given?: Steering) => ask<Generation>({ ...request, ...(given && { steering: given }) });
    const ids = ({ tokens }: Generation) => tokens.map(({ id }) => id);
    const plain = await generate();
    expect(ids(await generate(at(0)))).toEqual(ids(plain));
    const steered = await generate(at(1));
    expect(ids(steered)).not.toEqual(ids(plain));
    expect(ids(await generate(at(1)))).toEqual(ids(steered));
    // What else could have come is told of the steered model.
    const [first] = steered.tokens;
    const own = first!.alternatives.find(({ id }) => id === first!.id);
    if (own) expect(Math.log(own.probability)).toBeCloseTo(first!.logProbability, 4);
    expect(first!.alternatives).toHaveLength(2);
    expect(first!.alternatives).not.toEqual(plain.tokens[0]!.alternatives);
    // Nothing is left of it.
    expect(await generate().then(ids)).toEqual(ids(plain));
  });

  it('continues several texts steered as each alone', async () => {
    const prompts = ['The market ', 'In Paris, the ', 'A'].map((text, seed) => ({ text, seed }));
    const request: ContinueRequest = {
      ...{ kind: 'continue', prompts, chat: false, sampling, stopAtEnd: false, level: 'fp32' },
      steering: at(0.5),
    };
    const { texts } = await ask<ContinueResult>(request);
    for (const [k, prompt] of prompts.entries()) {
      const alone = await ask<ContinueResult>({ ...request, prompts: [prompt] });
      expect(texts[k]!.ids).toEqual(alone.texts[0]!.ids);
    }
  });

  it('is compared with itself on a text: nothing at λ = 0, and at λ = 1 what scoring both gives', async () => {
    const compare = async (lambda: number) =>
      ask<SteeringDivergenceResult>({
        ...{ kind: 'steering-divergence', texts: [TEXT, 'Bread.'], steering: at(lambda), level: 'fp32' },
        ...{ maxTokens: 0, alternatives: 5 },
      });
    const none = await compare(0);
    for (const { divergence, steered, unsteered, before, after } of none.texts) {
      expect(Math.max(...divergence)).toBe(0);
      expect(steered).toEqual(unsteered);
      expect(after).toEqual(before);
    }
    const [one, short] = (await compare(1)).texts;
    const score = (given?: Steering) =>
      ask<LanguageScore>({ kind: 'score', text: TEXT, level: 'fp32', ...(given && { steering: given }) });
    const close = { rtol: 1e-5, atol: 1e-5 };
    expectClose(one!.unsteered, (await score()).logProbabilities, close);
    expectClose(one!.steered, (await score(at(1))).logProbabilities, close);
    expect(one!.steered).not.toEqual(one!.unsteered);
    expect(Math.min(...one!.divergence)).toBeGreaterThan(1e-4);
    expect(one!.tokens.map(({ text }) => text).join('')).toBe(TEXT);
    expect(one!.before).toHaveLength(one!.tokens.length);
    for (const row of [...one!.before, ...one!.after]) {
      expect(row).toHaveLength(5);
      expect(row.map(({ probability }) => probability)).toEqual(
        row.map(({ probability }) => probability).sort((a, b) => b - a),
      );
    }
    expect(short!.tokens.map(({ text }) => text).join('')).toBe('Bread.');
  });

  it('cuts long texts where it is told to', async () => {
    const { texts } = await ask<SteeringDivergenceResult>({
      ...{
        kind: 'steering-divergence',
        texts: [TEXT],
        steering,
        level: 'fp32',
        maxTokens: 3,
        alternatives: 0,
      },
    });
    expect(texts[0]!.tokens).toHaveLength(3);
    expect(texts[0]!.divergence).toHaveLength(3);
    expect(texts[0]!.before).toEqual([]);
  });

  it('is handed maps from a file that was fitted on it, and refuses those of another', async () => {
    const sha256 = 'a'.repeat(64);
    const recipe: SteeringRecipe = {
      ...{ version: 1, program: 'monge 0.1.0', model: { name: 'tiny', sha256, level: 'fp32' } },
      ...{ method: 'linear-act', pooling: 'mean', support: 'q_all', supportFrom: 'pooled' },
      ...{ estimation: 'causal', targets: 'steered', first: true, n: { source: 8, target: 8 } },
      ...{ dataSha256: { source: sha256, target: sha256 }, seed: 0, lambda: 1 },
      hooks: steering.maps.map(({ hook }) => hook),
    };
    const bytes = encodeSteering({ maps: [...steering.maps], recipe });
    const read = (of: string) =>
      ask<StoredSteering>({ kind: 'steering-file', name: 'a.safetensors', bytes }, of);
    // What a unit that is not steered has in its place is no part of the map.
    expect(await read(sha256)).toEqual({ maps: steering.maps.map(makeMap), recipe });
    await expect(read('b'.repeat(64))).rejects.toMatchObject({ code: 'steering-model' });
  });

  it('is refused where the maps are for another model', async () => {
    const question = { kind: 'score', text: TEXT, level: 'fp32' } as const;
    const [map] = steering.maps;
    const wide = { ...map!, hook: 'mlp_act:0' };
    for (const [code, given] of [
      ['hook-unknown', { ...steering, maps: [{ ...map!, hook: 'resid_post:99' }] }],
      ['steering-width', { ...steering, maps: [wide] }],
      ['steering-lambda', { ...steering, lambda: [1] }],
    ] as const)
      await expect(ask({ ...question, steering: given })).rejects.toMatchObject({ code });
    await expect(ask({ ...question })).resolves.toBeDefined();
  });
});
