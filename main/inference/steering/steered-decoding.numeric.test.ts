/** @file Decoding while steered: caches against whole texts, fused operators against plain ones, loops against steps, stale caches refused. */
import { afterAll, describe, expect, it } from 'vitest';
import { decoderConfig, encodeModel, generationGraph, whyNotFast } from '../../../native-models';
import { expectClose } from '../../../native-models/testing/expect-close';
import { loadLanguageFixture } from '../../../native-models/testing/language-fixture';
import { quantisedWeights } from '../../../native-models/testing/quantised-weights';
import { randomDecoder, randomFamilies } from '../../../native-models/testing/random-decoder';
import { openCompute } from '../../compute/session';
import type { HookMap, Steering } from '../../contract/steering';
import { buildGraph, describeModel } from '../../models/checkpoint-graph';
import { int64, type Cache, type Decoding, type StepResult } from '../decoding';
import { TinyModels, type TinyOptions } from '../testing';
import { weightFileName } from '../weight-cache';
import { planOf, strengthFeeds } from './strength';
import { drawnMaps, type DrawnOptions } from './testing';

const tiny = new TinyModels();
const compute = openCompute({ threads: 1 });
afterAll(async () => {
  await compute.close();
  await tiny.close();
});

type Model = ReturnType<typeof randomDecoder>;
const close = { rtol: 1e-4, atol: 1e-4 };
const text = (length: number, seed = 1) => Array.from({ length }, (_, k) => (7 * k * k + 11 * k + seed) % 64);
const hooksOf = ({ config, source }: Model) => buildGraph(source, describeModel(config), [], 'w').hooks;

/** Hooks of these roles in every block. */
function chosen(model: Model, roles: readonly string[]) {
  return hooksOf(model).filter(({ role }) => roles.includes(role));
}
const norms = ['norm_attn_in', 'norm_mlp_in', 'norm_final'];
const all = ['embed', ...norms, 'attn_out', 'resid_mid', 'mlp_gate', 'mlp_act', 'mlp_out', 'resid_post'];

/** A decoder opened with maps, at strengths. */
async function opened(model: Model, maps: readonly HookMap[], first: boolean, options: TinyOptions = {}) {
  const plan = planOf({ maps, first }, hooksOf(model));
  const decoding = await tiny.open(model, { ...options, steering: plan });
  const at = (lambda: Steering['lambda']) => decoding.steered!(strengthFeeds({ maps, lambda, first }, plan));
  return { decoding, at };
}

const whole = async (decoding: Decoding, ids: readonly number[]) =>
  (await decoding.step({ ids: [ids], cache: null, logits: 'all' })).logits;

/** Logits after every token, each from the caches of those before it. */
async function oneByOne(decoding: Decoding, ids: readonly number[]) {
  let cache: Cache | null = null;
  const logits: number[] = [];
  for (const id of ids) {
    const step: StepResult = await decoding.step({ ids: [[id]], cache, logits: 'last' });
    cache = step.cache;
    logits.push(...step.logits);
  }
  return logits;
}

const maps = (model: Model, roles: readonly string[], options: DrawnOptions = {}) =>
  drawnMaps(chosen(model, roles), { size: 0.2, ...options });

describe.each(['llama', 'gemma2', 'gpt2', 'gpt_neox', 'olmo2'] as const)('%s token by token', (name) => {
  const model = loadLanguageFixture(name);
  it.each([
    [true, false],
    [false, true],
  ])('is the whole text at λ 0, ½ and 1; first token %s, support %s', async (first, support) => {
    const own = maps(model, [...all, 'q', 'k', 'v'], { support });
    const { decoding, at } = await opened(model, own, first, { plain: true });
    const ids = text(9);
    const unsteered = await whole(await tiny.open(model, { plain: true }), ids);
    expectClose(await whole(decoding, ids), unsteered, close);
    for (const lambda of [0, 0.5, 1]) {
      const logits = await whole(at(lambda), ids);
      expectClose(await oneByOne(at(lambda), ids), logits, close);
      if (lambda === 0) expectClose(logits, unsteered, close);
      else expect(() => expectClose(logits, unsteered, { atol: 0.01 })).toThrow('close');
    }
  });
});

describe.each(randomFamilies)('fused operators of %s', (family) => {
  const model = randomDecoder(family);
  it.each([
    ['norms', norms, true, false],
    ['norms but for first tokens', norms, false, false],
    ['everything', all, true, false],
    ['everything inside a support, but for first tokens', all, false, true],
  ])('steer as the plain graph does, and with caches: %s', async (_, roles, first, support) => {
    const own = maps(model, roles, { support });
    const fused = await opened(model, own, first);
    const plain = await opened(model, own, first, { plain: true });
    expect(fused.decoding.record.graph).toBe('fused');
    const ids = text(20);
    const unsteered = await whole(await tiny.open(model), ids);
    for (const lambda of [0, 0.5, 1]) {
      const logits = await whole(fused.at(lambda), ids);
      expectClose(logits, await whole(plain.at(lambda), ids), close);
      expectClose(await oneByOne(fused.at(lambda), ids), logits, close);
      if (lambda === 0) expectClose(logits, unsteered, { atol: 1e-5 * Math.max(...unsteered.map(Math.abs)) });
    }
    // Texts of different length beside each other are what they are alone.
    const texts = [text(9), text(3, 5), text(1, 7)];
    const at = fused.at(1);
    const { logits } = await at.step({ ids: texts, cache: null, logits: 'last' });
    const alone: number[] = [];
    for (const one of texts)
      alone.push(...(await at.step({ ids: [one], cache: null, logits: 'last' })).logits);
    expectClose(logits, alone, close);
  });
});

describe('the loop', () => {
  const model = randomDecoder('llama', { tied: true });
  const request = (ids: number[], steps: number) => ({
    ...{
      ids: [ids],
      cache: null,
      steps,
      temperature: 1,
      topK: 40,
      topP: 0.95,
      minP: 0,
      repetitionPenalty: 1.1,
    },
    draws: Float32Array.from({ length: steps }, (_, k) => (0.37 * (k + 1)) % 1),
    seen: Uint8Array.from({ length: 96 }, (_, id) => Number(ids.includes(id))),
  });

  it.each([true, false])('draws what the folded numbers draw, first token steered: %s', async (first) => {
    const own = maps(model, all);
    const { decoding, at } = await opened(model, own, first, { loop: true });
    const plain = await tiny.open(model, { loop: true });
    const asked = request(text(6), 12);
    const unsteered = await plain.loop!(asked);
    expect((await decoding.loop!(asked)).tokens).toEqual(unsteered.tokens);
    expect((await at(0).loop!(asked)).tokens).toEqual(unsteered.tokens);
    const steered = await at(1).loop!(asked);
    expect(steered.tokens).not.toEqual(unsteered.tokens);
    // The probabilities are those that the steered model has of these tokens when it reads them.
    const ids = [...text(6), ...steered.tokens];
    const logits = await whole(at(1), ids);
    const expected = steered.tokens.map((id, k) => {
      const row = logits.subarray((5 + k) * 96, (6 + k) * 96);
      return row[id]! - Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    });
    expectClose(steered.logProbabilities, expected, close);
  });

  it.each(['4-bit-0', '4-bit-4'] as const)('is steered at level %s too', async (level) => {
    const source = await quantisedWeights(model.source, () => 'Q4_0');
    const own = maps(model, norms);
    const { at } = await opened({ config: model.config, source }, own, true, { level, loop: true });
    const widened = await opened({ config: model.config, source }, own, true);
    const ids = text(12);
    const expected = await whole(widened.at(1), ids);
    expectClose(await whole(at(1), ids), expected, { atol: level === '4-bit-0' ? 2e-4 : 0.4 });
  });
});

describe('long texts, whose caches are settled', () => {
  const model = randomDecoder('llama');
  it.each([
    [true, false],
    [false, false],
    [false, true],
  ])('are steered as plain ones, first token: %s, loop: %s', async (first, loop) => {
    const own = maps(model, all);
    const long = { piece: 8, settleFrom: 8, settleBy: 4 };
    const settling = await opened(model, own, first, { long, loop });
    const whole = await opened(model, own, first, { plain: true });
    const ids = text(40);
    const start = ids.slice(0, 21);
    const at = settling.at(1);
    let step: StepResult = await at.step({ ids: [start], cache: null, logits: 'last' });
    const logits: number[] = [...step.logits];
    for (const id of ids.slice(21)) {
      step = await at.step({ ids: [[id]], cache: step.cache, logits: 'last' });
      logits.push(...step.logits);
    }
    const expected = (await whole.at(1).step({ ids: [ids], cache: null, logits: 'all' })).logits;
    expectClose(logits, expected.subarray(20 * 96), close);
  });
});

describe('the fused graph as it is written', () => {
  const model = randomDecoder('llama', { tied: true });
  it.each([
    ['norms, bit for bit', norms, true, false],
    ['branches, bit for bit', ['attn_out', 'mlp_gate', 'mlp_act', 'mlp_out', 'embed'], false, true],
    // Sums are computed apart from the fused norm behind them, whose own sums are in another order.
    ['everything, to 1e-5', all, false, false],
  ])('is itself at λ = 0: %s', async (says, roles, first, support) => {
    const own = maps(model, roles, { support });
    const plan = planOf({ maps: own, first }, hooksOf(model));
    const feeds = strengthFeeds({ maps: own, lambda: 0, first }, plan);
    const run = async (steering: typeof plan | null) => {
      const config = decoderConfig(model.config);
      const options = { level: 'fp32', head: 'level', loop: false, location: weightFileName } as const;
      const graph = generationGraph(config, model.source, { ...options, steering });
      const folder = await tiny.folder(graph.weights);
      const session = await compute.open(encodeModel(graph.model), { folder, graphLevel: 'basic' });
      const ids = text(9);
      const empty = { type: 'float32', data: new Float32Array(0), dims: [1, 2, 0, 16] } as const;
      const caches = session.inputNames.filter((name) => /^(past|settled)_/.test(name));
      const outputs = await session.run({
        ids: int64(ids, [1, 9]),
        lengths: { type: 'int32', data: Int32Array.of(8), dims: [1] },
        total: { type: 'int32', data: Int32Array.of(9), dims: [] },
        rows: int64([0, 4, 8], [3]),
        ...Object.fromEntries(caches.map((name) => [name, empty])),
        ...(steering ? feeds : {}),
      });
      await session.close();
      return outputs['logits']!.data as Float32Array;
    };
    const [steered, plain] = [await run(plan), await run(null)];
    if (says.includes('bit')) expect(Buffer.compare(...bytesOf(steered, plain))).toBe(0);
    else expectClose(steered, plain, { atol: 1e-5 * Math.max(...plain.map(Math.abs)) });
  });
});

function bytesOf(a: Float32Array, b: Float32Array): [Buffer, Buffer] {
  return [Buffer.from(a.buffer), Buffer.from(b.buffer)];
}

describe('one session', () => {
  const model = randomDecoder('llama');
  it.each([true, false])('goes on from no cache of another strength, plain: %s', async (plain) => {
    const { decoding, at } = await opened(model, maps(model, norms), true, { plain });
    const half = at(0.5);
    const { cache } = await half.step({ ids: [text(4)], cache: null, logits: 'last' });
    const next = { ids: [[5]], cache, logits: 'last' } as const;
    await expect(at(1).step(next)).rejects.toMatchObject({ code: 'cache-stale' });
    await expect(decoding.step(next)).rejects.toMatchObject({ code: 'cache-stale' });
    await expect(half.step(next)).resolves.toBeDefined();
  });

  it('takes one strength for each map', async () => {
    const own = maps(model, norms);
    const { at } = await opened(model, own, true);
    const alone = await opened(model, own.slice(0, 1), true);
    const only = own.map((_, k) => (k === 0 ? 0.8 : 0));
    expectClose(await whole(at(only), text(8)), await whole(alone.at(0.8), text(8)), { atol: 1e-5 });
  });

  it('has the same file of weights as without steering', () => {
    const config = decoderConfig(model.config);
    expect(whyNotFast(config)).toBeNull();
    const options = { level: 'fp32', head: 'level', loop: true, location: 'w' } as const;
    const names = (roles: readonly string[] | null) => {
      const steering = roles && planOf({ maps: maps(model, roles), first: true }, hooksOf(model));
      const { weights } = generationGraph(config, model.source, { ...options, steering });
      return weights.map(({ name }) => name);
    };
    expect(names(norms)).toEqual(names(null));
    expect(names(all)).toEqual(names(null));
  });

  it('of fused operators refuses hooks inside them', async () => {
    const own = maps(model, ['v']);
    await expect(opened(model, own, true)).rejects.toMatchObject({ code: 'hook-not-fused' });
  });
});
