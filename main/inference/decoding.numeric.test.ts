/** @file Decoding of tiny models: transformers' logits, caches against whole texts, batches against single texts, every level. */
import { afterAll, describe, expect, it } from 'vitest';
import { decoderConfig } from '../../native-models';
import { loadLanguageFixture, languageFixtures } from '../../native-models/testing/language-fixture';
import { expectClose } from '../../native-models/testing/expect-close';
import { quantisedWeights, type BlockType } from '../../native-models/testing/quantised-weights';
import { randomDecoder, randomFamilies } from '../../native-models/testing/random-decoder';
import type { Cache, Decoding, StepResult } from './decoding';
import { logSumExp } from './sampling';
import { score } from './scoring';
import { TinyModels } from './testing';

const tiny = new TinyModels();
afterAll(() => tiny.close());

const text = (length: number, seed = 1) => Array.from({ length }, (_, k) => (7 * k * k + 11 * k + seed) % 64);
const close = { rtol: 1e-4, atol: 1e-4 };

/** Logits after every token, read in pieces of these lengths with a cache: [tokens, vocabulary]. */
async function inPieces(decoding: Decoding, ids: readonly number[], lengths: readonly number[]) {
  let cache: Cache | null = null;
  const all: number[] = [];
  let from = 0;
  for (const length of lengths) {
    const part = ids.slice(from, from + length);
    const step: StepResult = await decoding.step({ ids: [part], cache, logits: 'all' });
    cache = step.cache;
    all.push(...step.logits);
    from += length;
  }
  return all;
}

const oneByOne = (decoding: Decoding, ids: readonly number[]) =>
  inPieces(
    decoding,
    ids,
    ids.map(() => 1),
  );

describe.each(languageFixtures)('%s', (name) => {
  it('gives the logits of transformers, at once, step by step and beside other texts', async () => {
    const fixture = loadLanguageFixture(name);
    const decoding = await tiny.open(fixture);
    const { texts } = fixture;
    for (const { ids, logits } of texts.slice(0, 2)) {
      expectClose((await decoding.step({ ids: [ids], cache: null, logits: 'all' })).logits, logits, close);
      // LongRoPE turns the first tokens of a text otherwise while it is short.
      const turned = decoding.turnsAnewBeyond ?? ids.length;
      const from = ids.length > turned ? turned * decoding.vocabulary : 0;
      expectClose((await oneByOne(decoding, ids)).slice(from), logits.subarray(from), close);
    }
    const ids = texts.map((one) => one.ids);
    const together = await decoding.step({ ids, cache: null, logits: 'last' });
    const last = texts.flatMap(({ logits }) => [...logits.subarray(logits.length - decoding.vocabulary)]);
    expectClose(together.logits, last, close);
    // The next token stands at another place in each text.
    const next = await decoding.step({ ids: [[5], [6], [7]], cache: together.cache, logits: 'last' });
    const alone: number[] = [];
    for (const [k, own] of ids.entries())
      alone.push(...(await decoding.step({ ids: [[...own, 5 + k]], cache: null, logits: 'last' })).logits);
    expectClose(next.logits, alone, close);
  });
});

describe('a text that passes the length at which LongRoPE turns it otherwise', () => {
  const fixture = loadLanguageFixture('phi3');
  const { ids, logits } = fixture.texts[0]!;

  it('is read again from its beginning: caches give what the whole text gives, at every length', async () => {
    const decoding = await tiny.open(fixture);
    const { vocabulary } = decoding;
    expect(decoding.turnsAnewBeyond).toBe(8);
    expect(ids.length).toBeGreaterThan(10);
    const whole: number[] = [];
    for (let length = 1; length <= ids.length; length++) {
      const step = await decoding.step({ ids: [ids.slice(0, length)], cache: null, logits: 'last' });
      whole.push(...step.logits);
    }
    expectClose(await oneByOne(decoding, ids), whole, close);
    // Tokens that come with the one that passes it are of the long text already.
    const pieces = await inPieces(decoding, ids, [5, ids.length - 5]);
    expectClose(pieces.slice(5 * vocabulary), logits.subarray(5 * vocabulary), close);
  });

  it('does so beside a text that does not', async () => {
    const decoding = await tiny.open(fixture);
    let cache: Cache | null = null;
    for (let more = 0; more < 4; more++) {
      const texts = [ids.slice(0, 7 + more), ids.slice(2, 4 + more)];
      const now = more === 0 ? texts : texts.map((one) => one.slice(-1));
      const step: StepResult = await decoding.step({ ids: now, cache, logits: 'last' });
      cache = step.cache;
      const alone: number[] = [];
      for (const one of texts)
        alone.push(...(await decoding.step({ ids: [one], cache: null, logits: 'last' })).logits);
      expectClose(step.logits, alone, close);
    }
  });

  it('is scored as one text, though it is read in pieces', async () => {
    const positions = decoderConfig(fixture.config).positions;
    if (positions.kind !== 'rotary') throw new Error('Phi-3 is rotary');
    // Longer than the pieces in which texts are scored.
    const layers = positions.layers.map((layer) =>
      layer.scaling?.kind === 'longrope' ? { ...layer, scaling: { ...layer.scaling, original: 70 } } : layer,
    );
    const decoding = await tiny.open(fixture, { change: { positions: { ...positions, layers } } });
    expect(decoding.turnsAnewBeyond).toBe(70);
    const long = text(150);
    const whole = (await decoding.step({ ids: [long], cache: null, logits: 'all' })).logits;
    const expected = long.slice(1).map((id, k) => {
      const row = whole.subarray(k * decoding.vocabulary, (k + 1) * decoding.vocabulary);
      return row[id]! - logSumExp(row);
    });
    const { logProbabilities } = await score(decoding, long, 200);
    expectClose(logProbabilities.slice(1).map(Number), expected, close);
  });
});

describe.each(randomFamilies)('fused operators of %s', (family) => {
  it.each([true, false])('compute what the plain graph computes, output map tied: %s', async (tied) => {
    const model = randomDecoder(family, { tied });
    const fused = await tiny.open(model);
    const plain = await tiny.open(model, { plain: true });
    expect([fused.record.graph, plain.record.graph]).toEqual(['fused', 'plain']);
    const ids = text(24);
    const expected = await plain.step({ ids: [ids], cache: null, logits: 'all' });
    expectClose(
      (await fused.step({ ids: [ids], cache: null, logits: 'all' })).logits,
      expected.logits,
      close,
    );
    expectClose(await oneByOne(fused, ids), expected.logits, close);
    expectClose(await inPieces(fused, ids, [7, 1, 12, 4]), expected.logits, close);
    const texts = [text(9), text(3, 5), text(1, 7)];
    let [a, b]: [Cache | null, Cache | null] = [null, null];
    for (const now of [texts, [[5], [6], [7]], [[1], [2], [3]]]) {
      const one: StepResult = await fused.step({ ids: now, cache: a, logits: 'last' });
      const other: StepResult = await plain.step({ ids: now, cache: b, logits: 'last' });
      expectClose(one.logits, other.logits, close);
      [a, b] = [one.cache, other.cache];
    }
  });
});

describe.each(randomFamilies)('long texts of %s', (family) => {
  // As real texts of thousands of tokens are treated, at lengths that a test can have.
  const long = { piece: 5, settleFrom: 8, settleBy: 4 };

  it('give the same, their prompts in pieces and the first tokens of their caches settled', async () => {
    const model = randomDecoder(family, { tied: true });
    const [plain, cut] = [await tiny.open(model), await tiny.open(model, { long })];
    const ids = text(40);
    const { logits } = await plain.step({ ids: [ids], cache: null, logits: 'all' });
    expectClose(await oneByOne(cut, ids), logits, close);
    // Steps of several tokens on caches in two parts.
    expectClose(await inPieces(cut, ids, [13, ...Array<number>(9).fill(1), 7, 1, 1, 9]), logits, close);
    let cache: Cache | null = null;
    for (const again of [0, 1]) {
      const before: StepResult = await cut.step({ ids: [text(30, 3 + again)], cache: null, logits: 'last' });
      // Its memory is the next text's.
      cut.forget!(before.cache);
    }
    expectClose(await oneByOne(cut, ids), logits, close);
    for (const now of [ids.slice(0, 23), [ids[23]!], [ids[24]!]]) {
      const step: StepResult = await cut.step({ ids: [now, now], cache, logits: 'last' });
      cache = step.cache;
      const at = step.cache.lengths[0]! * cut.vocabulary;
      const expected = [...logits.subarray(at - cut.vocabulary, at)];
      expectClose(step.logits, [...expected, ...expected], close);
    }
    // Mistral's layers look back a part of the way only.
    expect('settled_key_0' in cache!.tensors).toBe(family !== 'mistral');
  });

  it('of different lengths stay in one part', async () => {
    const model = randomDecoder(family, { tied: true });
    const [plain, cut] = [await tiny.open(model), await tiny.open(model, { long })];
    let [a, b]: [Cache | null, Cache | null] = [null, null];
    for (const now of [
      [text(21), text(12, 5)],
      [[5], [6]],
      [[1], [2]],
    ]) {
      const one: StepResult = await cut.step({ ids: now, cache: a, logits: 'last' });
      const other: StepResult = await plain.step({ ids: now, cache: b, logits: 'last' });
      expectClose(one.logits, other.logits, close);
      [a, b] = [one.cache, other.cache];
    }
    expect(Object.keys(a!.tensors)).not.toContain('settled_key_0');
  });

  it('are drawn alike in a loop', async () => {
    const model = randomDecoder(family, { tied: true });
    const draw = async (limits?: typeof long) => {
      const decoding = await tiny.open(model, { level: '4-bit-0', loop: true, long: limits });
      const tokens: number[] = [];
      let cache: Cache | null = null;
      let ids = text(17);
      for (const steps of [1, 6, 9, 4]) {
        const settings = { temperature: 1, topK: 20, topP: 1, minP: 0, repetitionPenalty: 1 };
        const draws = Float32Array.from({ length: steps }, (_, k) => ((k * 7 + steps) % 10) / 10 + 0.03);
        const seen = new Uint8Array(decoding.vocabulary);
        const made = await decoding.loop!({ ...settings, ids: [ids], cache, steps, draws, seen });
        tokens.push(...made.tokens);
        cache = made.cache;
        ids = [tokens.at(-1)!];
      }
      return tokens;
    };
    expect(await draw(long)).toEqual(await draw());
  });
});

describe('quantised weights', () => {
  const isTable = (name: string) => name.includes('embed') || name.includes('lm_head');
  const types: Record<string, (name: string) => BlockType | null> = {
    'Q4_1 with a Q8_0 table': (name) => (isTable(name) ? 'Q8_0' : 'Q4_1'),
    Q4_0: () => 'Q4_0',
    Q8_0: () => 'Q8_0',
    'a mixture in one packed product': (name) =>
      name.includes('v_proj') ? 'Q8_0' : name.includes('k_proj') ? null : 'Q4_1',
  };

  async function quantised(kind: keyof typeof types, tied: boolean) {
    const { config, source } = randomDecoder('llama', { tied });
    return { config, source: await quantisedWeights(source, types[kind]!) };
  }

  it.each(Object.keys(types))('%s: level 0 is the dequantised model, level 4 is near it', async (kind) => {
    const model = await quantised(kind, kind !== 'Q8_0');
    const ids = text(20);
    const widened = await tiny.open(model);
    const expected = await widened.step({ ids: [ids], cache: null, logits: 'all' });
    for (const [level, atol] of [
      ['4-bit-0', 1e-4],
      ['4-bit-4', 0.25],
    ] as const)
      for (const loop of [false, true]) {
        const decoding = await tiny.open(model, { level, loop });
        const { logits } = await decoding.step({ ids: [ids], cache: null, logits: 'all' });
        expectClose(logits, expected.logits, { atol });
        expect(decoding.record).toMatchObject({ level, roundedActivations: level === '4-bit-4' });
        expectClose(await oneByOne(decoding, ids), logits, { atol });
      }
  });

  it.each(['gemma2', 'olmo2', 'phi3'])(
    'of %s, which has no fused graph, count at level 0 too',
    async (name) => {
      const { config, source } = loadLanguageFixture(name);
      const model = { config, source: await quantisedWeights(source, () => 'Q4_0') };
      // Shorter than the text at which Phi-3 changes its angles.
      const ids = text(6);
      const widened = await tiny.open(model);
      const decoding = await tiny.open(model, { level: '4-bit-0' });
      expect(decoding.record).toMatchObject({ level: '4-bit-0', graph: 'plain', roundedActivations: false });
      const { logits } = await decoding.step({ ids: [ids], cache: null, logits: 'all' });
      expectClose(logits, (await widened.step({ ids: [ids], cache: null, logits: 'all' })).logits, close);
      expectClose(await oneByOne(decoding, ids), logits, { atol: 1e-4 });
    },
  );

  it('scores the best 64 again, exactly, and no others', async () => {
    const model = await quantised('Q4_1 with a Q8_0 table', true);
    const request = { ids: [text(20)], cache: null, logits: 'last' } as const;
    const exact = (await (await tiny.open(model)).step(request)).logits;
    const opened = await tiny.open(model, { level: '4-bit-0', rescored: true, loop: true });
    expect(opened.record.rescored).toBe(true);
    const rescored = (await opened.step(request)).logits;
    const error = (id: number) => Math.abs(rescored[id]! - exact[id]!);
    const ranked = [...exact.keys()].sort((a, b) => exact[b]! - exact[a]!);
    expect(Math.max(...ranked.slice(0, 60).map(error))).toBeLessThan(1e-5);
    expect(Math.max(...ranked.slice(70).map(error))).toBeGreaterThan(1e-4);
  });
});
