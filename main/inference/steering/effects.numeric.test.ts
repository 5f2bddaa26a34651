/** @file Side effects on the shipped tiny model: nothing at λ = 0, and at other strengths the sums of what comparing token by token gives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LanguageFacts, SteeringEffectsRequest, TextEffects } from '../../contract/language';
import { offTargetTraits } from '../../contract/steering-effects';
import type { HookMap, SteeringDivergenceResult } from '../../contract/steering';
import { languageService, type LanguageCall, type LanguageNews } from '../service/service';
import { checkpointTokenizer } from '../tokenizer/of-checkpoint';
import { openCheckpoint } from '../../models/checkpoint';
import { drawnMaps } from './testing';
import { traitTokens } from './traits';

const path = join(import.meta.dirname, '../../../samples/tiny-lm');
/** The first is longer than what is read in one piece. */
const texts = ['The market in Paris sells bread. '.repeat(12), 'He was not there in 1984.', 'A'];
let folder: string;
let answer: ReturnType<typeof languageService>;
let maps: HookMap[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monge-effects-'));
  answer = languageService();
  const { hooks } = await ask<LanguageFacts>({ kind: 'facts' });
  maps = drawnMaps(
    hooks.filter(({ role }) => role.startsWith('norm_')),
    { size: 0.2 },
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function ask<T>(
  question: LanguageCall['ask'],
  update: (news: LanguageNews) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<T> {
  return (await answer({ path, threads: 1, cacheFolder: folder, ask: question }, { signal, update })) as T;
}

async function effects(given: Partial<SteeringEffectsRequest> = {}, stop?: AbortController) {
  const told: TextEffects[] = [];
  const request: SteeringEffectsRequest = {
    ...{ kind: 'steering-effects', texts, from: 0, maps, first: true, lambdas: [0, 0.5, 1] },
    ...{ level: 'fp32', maxTokens: 0, ...given },
  };
  const result = await ask<{ whole: boolean }>(
    request,
    (news) => {
      if (news?.kind !== 'steering-effects') return;
      told.push(news.effects);
      stop?.abort();
    },
    stop?.signal,
  );
  return { told, ...result };
}

const sum = (values: ArrayLike<number>) =>
  Array.from(values).reduce((total, value) => total + (Number.isNaN(value) ? 0 : value), 0);

describe('side effects of steering', () => {
  it('are none at λ = 0, and sums of token-by-token comparisons elsewhere', async () => {
    const { told, whole } = await effects();
    expect(whole).toBe(true);
    expect(told.map(({ row }) => row)).toEqual([0, 1, 2]);
    expect(told[0]!.tokens).toBeGreaterThan(64);
    for (const [at, lambda] of [0, 0.5, 1].entries()) {
      const compared = await ask<SteeringDivergenceResult>({
        ...{ kind: 'steering-divergence', texts, steering: { maps, first: true, lambda }, level: 'fp32' },
        ...{ maxTokens: 0, alternatives: 0 },
      });
      compared.texts.forEach((text, row) => {
        const own = told[row]!;
        expect(own.tokens).toBe(text.tokens.length);
        expect(own.divergence[at]).toBeCloseTo(sum(text.divergence), 3);
        expect(own.unsteered).toBeCloseTo(sum(text.unsteered), 3);
        expect(own.steered[at]).toBeCloseTo(sum(text.steered), 3);
      });
    }
    for (const { divergence, steered, unsteered, traits } of told) {
      expect(divergence[0]).toBe(0);
      expect(divergence[1]).toBeGreaterThan(0.01);
      expect(divergence[2]).toBeGreaterThan(divergence[1]!);
      expect(steered[0]).toBe(unsteered);
      for (const trait of offTargetTraits) expect(traits[trait].steered[0]).toBe(traits[trait].unsteered);
    }
    // The single letter foretells one token and scores none.
    expect([...told[2]!.steered]).toEqual([0, 0, 0]);
    expect(told[0]!.traits.digits.steered[2]).not.toBeCloseTo(told[0]!.traits.digits.unsteered, 4);
  });

  it('cut long texts, stop after a text, and refuse maps of another model', async () => {
    const [first] = (await effects({ maxTokens: 3, texts: texts.slice(0, 1), from: 7 })).told;
    expect(first).toMatchObject({ tokens: 3, row: 7 });
    const stopped = await effects({}, new AbortController());
    expect(stopped.whole).toBe(false);
    expect(stopped.told).toHaveLength(1);
    await expect(effects({ maps: [{ ...maps[0]!, hook: 'resid_post:99' }] })).rejects.toMatchObject({
      code: 'hook-unknown',
    });
    await expect(effects({ lambdas: [0, NaN] })).rejects.toMatchObject({ code: 'steering-lambda' });
    await expect(effects({ texts: [''] })).rejects.toMatchObject({ code: 'text-empty' });
  });
});

describe('traits of tokens', () => {
  it('are told from the letters of the vocabulary', async () => {
    const tokenizer = checkpointTokenizer(await openCheckpoint(path));
    const traits = traitTokens(tokenizer, tokenizer.vocabulary.length);
    const words = (ids: Uint32Array) => new Set(Array.from(ids, (id) => tokenizer.decode([id])));
    expect(words(traits.digits)).toContain('1');
    expect(words(traits['sentence-ends'])).toContain('.');
    expect(words(traits.capitals)).toContain('A');
    expect(words(traits.capitals)).not.toContain('a');
    expect([...words(traits.negations)].every((word) => /^\s?(n|w|d|i|c|h|a|'t)/i.test(word))).toBe(true);
    for (const trait of offTargetTraits)
      expect(traits[trait].length).toBeLessThan(tokenizer.vocabulary.length / 2);
  });
});
