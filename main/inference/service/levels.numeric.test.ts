/** @file Looking into a quantised model at both exact levels: the same values, weights of their own, certificates of their own. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llamaGguf } from '../../../native-models/testing/llama-gguf';
import { randomDecoder } from '../../../native-models/testing/random-decoder';
import type { HookCertificate, NumericLevel } from '../../contract/language';
import { failing } from '../certify/testing';
import { relativeDistance } from '../certify/compare';
import { openLanguage, type OpenedLanguage } from './opened';
import { languageService, type LanguageCall } from './service';

const folder = mkdtempSync(join(tmpdir(), 'monge-levels-'));
const path = join(folder, 'tiny.gguf');
const cacheFolder = join(folder, 'weights');
let opened: OpenedLanguage;
beforeAll(async () => {
  const { config, source } = randomDecoder('llama');
  const types = (name: string) => (/embed|lm_head/.test(name) ? 'Q8_0' : 'Q4_1');
  writeFileSync(path, await llamaGguf(config, source, types));
  opened = await openLanguage(path, { threads: 1, cacheFolder });
});
afterAll(async () => {
  await opened.close();
  rmSync(folder, { recursive: true });
});

const levels = ['fp32', '4-bit-0'] as const;

describe('a quantised model', () => {
  it('says that it can be looked into at 4-bit-0', () => {
    expect(opened.facts.levels.map(({ id, available }) => [id, available])).toEqual([
      ['fp32', true],
      ['4-bit-0', true],
      ['4-bit-4', true],
    ]);
  });

  it('has the same states and says the same at both levels, up to the order of sums, from weights of their own', async () => {
    const values = await Promise.all(
      levels.map(async (level) => {
        const runs = await opened.insides.runs(level);
        const found = await runs.run({ ids: [[3, 9, 27, 81, 12]], hooks: ['resid_post:1', 'logits'] });
        const states = found['resid_post:1']!.data as Float32Array;
        const head = await opened.insides.head(level);
        const said = await head!.logits(states, 5, 'norm');
        return { states, logits: found.logits!.data as Float32Array, said };
      }),
    );
    const [whole, four] = values as [(typeof values)[0], (typeof values)[0]];
    expect(four.states).not.toEqual(whole.states);
    expect(relativeDistance(four.states, whole.states)).toBeLessThan(1e-5);
    expect(relativeDistance(four.logits, whole.logits)).toBeLessThan(1e-5);
    for (const { said, logits } of values) expect(relativeDistance(said, logits)).toBeLessThan(1e-5);
    expect(readdirSync(cacheFolder)).toHaveLength(2);
  });

  it('is never looked into at the level that rounds activations', async () => {
    const rounded: NumericLevel = '4-bit-4';
    await expect(opened.insides.runs(rounded as never)).rejects.toMatchObject({ code: 'level-unavailable' });
    await expect(opened.insides.head(rounded as never)).rejects.toMatchObject({ code: 'level-unavailable' });
  });

  it('has certificates of each level, cached decoding among them', async () => {
    const answer = languageService();
    const ask = (question: LanguageCall['ask']) =>
      answer(
        { path, threads: 1, cacheFolder, ask: question },
        { signal: new AbortController().signal, update: () => undefined },
      ) as Promise<HookCertificate[]>;
    const found = await ask({ kind: 'certify', level: '4-bit-0' });
    expect(failing(found)).toEqual([]);
    expect(found.find(({ hook }) => hook === 'logits')!.checks.map(({ name }) => name)).toContain('cache');
    const verdicts = (certificates: HookCertificate[]) => [
      ...new Set(certificates.map(({ verdict }) => verdict)),
    ];
    expect(verdicts(await ask({ kind: 'certificates', level: '4-bit-0' }))).toEqual(['passes']);
    expect(verdicts(await ask({ kind: 'certificates' }))).toEqual(['unchecked']);
  });
});
