/** @file Texts continued by tiny models: the same seed, alone or beside others, drawn inside the graph or outside. */
import { afterAll, describe, expect, it } from 'vitest';
import { quantisedWeights } from '../../native-models/testing/quantised-weights';
import { randomDecoder } from '../../native-models/testing/random-decoder';
import { expectClose } from '../../native-models/testing/expect-close';
import type { Decoding } from './decoding';
import { generate, type GenerationSettings } from './generation';
import { defaultSampling } from './sampling';
import { score } from './scoring';
import { letterTokenizer, TinyModels } from './testing';

const tiny = new TinyModels();
afterAll(() => tiny.close());

const tokenizer = letterTokenizer(96);
const settings: GenerationSettings = { ...defaultSampling, temperature: 1, maxTokens: 20, stop: [], seed: 7 };
const place = (decoding: Decoding) => ({ decoding, tokenizer, context: 64, endIds: new Set<number>() });

async function quantised() {
  const { config, source } = randomDecoder('llama', { tied: true });
  const types = (name: string) => (name.includes('embed') ? 'Q8_0' : 'Q4_1');
  return { config, source: await quantisedWeights(source, types) };
}

describe('generate', () => {
  it('gives the same text for the same seed, and another for another', async () => {
    const decoding = await tiny.open(randomDecoder('llama'));
    const texts = async (seed: number) =>
      (await generate(place(decoding), [{ prompt: 'abc' }], { ...settings, seed }))[0]!.text;
    expect(await texts(7)).toBe(await texts(7));
    expect(await texts(7)).not.toBe(await texts(8));
  });

  it.each([
    ['by the likeliest token', { temperature: 0 }],
    ['among 40 with a nucleus', { topK: 40, topP: 0.9 }],
    ['with a penalty and a least part', { topK: 64, topP: 1, minP: 0.05, repetitionPenalty: 1.3 }],
  ])('draws %s alike inside the graph and outside, one text or several', async (_, change) => {
    const model = await quantised();
    const outside = await tiny.open(model, { level: '4-bit-0' });
    const inside = await tiny.open(model, { level: '4-bit-0', loop: true });
    expect([outside.loop, inside.loop === null]).toEqual([null, false]);
    const prompts = ['abc', 'a much longer prompt', 'z'].map((prompt, k) => ({ prompt, seed: k }));
    const chosen = { ...settings, ...change };
    const expected = await generate(place(outside), prompts, chosen);
    const together = await generate(place(inside), prompts, chosen);
    for (const [k, request] of prompts.entries()) {
      const [alone] = await generate(place(inside), [request], chosen);
      expect(alone!.ids).toEqual(expected[k]!.ids);
      expect(together[k]!.ids).toEqual(expected[k]!.ids);
      expectClose(together[k]!.logProbabilities, expected[k]!.logProbabilities, { atol: 1e-4 });
    }
  });

  it('says the log-probabilities that scoring the whole text gives', async () => {
    const decoding = await tiny.open(randomDecoder('qwen3'));
    const [made] = await generate(place(decoding), [{ prompt: 'abcdef' }], settings);
    const { logProbabilities, scored } = await score(decoding, [...made!.promptIds, ...made!.ids], 64);
    expect(logProbabilities[0]).toBeNull();
    expect(scored).toBe(25);
    expectClose(logProbabilities.slice(6) as number[], made!.logProbabilities, { atol: 1e-4 });
  });

  it('draws from all tokens where no top-k is set, also where the graph could draw from 64', async () => {
    const model = await quantised();
    const inside = await tiny.open(model, { level: '4-bit-0', loop: true });
    const flat = { ...settings, topK: 0, topP: 1, temperature: 100, maxTokens: 60 };
    const [made] = await generate(place(inside), [{ prompt: 'a' }], flat);
    const { logits } = await inside.step({ ids: [[...made!.promptIds]], cache: null, logits: 'last' });
    const rank = (id: number) => [...logits].filter((logit) => logit > logits[id]!).length;
    expect(Math.max(...made!.ids.map(rank))).toBeGreaterThan(64);
  });
});

it('scores texts longer than the context in windows, and says so', async () => {
  const decoding = await tiny.open(randomDecoder('llama'));
  const ids = Array.from({ length: 150 }, (_, k) => (k * k + 3 * k) % 96);
  const long = await score(decoding, ids, 64);
  expect(long.windows).toEqual({ length: 64, stride: 32 });
  expect(long.logProbabilities).toHaveLength(150);
  const first = await score(decoding, ids.slice(0, 64), 64);
  expect(first.windows).toBeNull();
  expectClose(long.logProbabilities.slice(1, 64) as number[], first.logProbabilities.slice(1) as number[], {
    atol: 1e-4,
  });
  // The token after the first window is seen from 32 on.
  const second = await score(decoding, ids.slice(32, 96), 64);
  expectClose(
    long.logProbabilities.slice(64, 96) as number[],
    second.logProbabilities.slice(32) as number[],
    {
      atol: 1e-4,
    },
  );
  const known = long.logProbabilities.slice(1) as number[];
  expect(long.perplexity).toBeCloseTo(Math.exp(-known.reduce((a, b) => a + b) / known.length), 9);
});
