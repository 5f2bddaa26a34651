/** @file Maps fitted inside the shipped tiny model: as from captured activations, hook by hook as they come, stopped, refused; texts judged under them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../../../native-models/testing/expect-close';
import type {
  CaptureBatch,
  FitSteeringNews,
  FitSteeringRequest,
  FitSteeringResult,
  LanguageScore,
  TextLikelihood,
} from '../../../contract/language';
import type { RowMatrix } from '../../../contract/projection';
import type { Steering, SteeringMethod } from '../../../contract/steering';
import { fitHook } from '../../../steering/fit';
import { languageService, type LanguageCall, type LanguageNews } from '../../service/service';

const path = join(import.meta.dirname, '../../../../samples/tiny-lm');
const places = ['Paris', 'the village', 'a small town', 'London', 'our street', 'the port'];
const source = places.flatMap((place) => [
  `The market in ${place} sells bread.`,
  `Rain fell on ${place} at night.`,
]);
const target = places.flatMap((place) => [
  `A team from ${place} won the match!`,
  `Who scored for ${place} today?`,
]);
const norms = ['norm_attn_in:0', 'norm_mlp_in:0', 'norm_attn_in:1', 'norm_mlp_in:1', 'norm_attn_in:2'];
const request: FitSteeringRequest = {
  ...{
    kind: 'fit-steering',
    source,
    target,
    method: 'linear-act',
    hooks: norms,
    pooling: 'mean',
    first: true,
  },
  ...{ support: 'q_all', supportFrom: 'pooled', estimation: 'simultaneous', targets: 'steered', seed: 0 },
  ...{ level: 'fp32', batch: 5, maxTokens: 32 },
};

let folder: string;
let answer: ReturnType<typeof languageService>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-fit-'));
  answer = languageService();
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Told<T> {
  result: T;
  news: NonNullable<LanguageNews>[];
}

async function ask<T>(question: LanguageCall['ask'], stopAfter = Infinity): Promise<Told<T>> {
  const news: NonNullable<LanguageNews>[] = [];
  const stop = new AbortController();
  const update = (one: LanguageNews) => {
    if (one) news.push(one);
    if (news.length >= stopAfter) stop.abort();
  };
  const call = { path, threads: 1, cacheFolder: folder, ask: question };
  return { result: (await answer(call, { signal: stop.signal, update })) as T, news };
}

async function fit(change: Partial<FitSteeringRequest> = {}, stopAfter?: number) {
  const { result, news } = await ask<FitSteeringResult>({ ...request, ...change }, stopAfter);
  return { ...result, told: news.flatMap((one) => (one.kind === 'fit-steering' ? [one.news] : [])) };
}

/** Hooks of texts through `capture`. */
async function captured(texts: readonly string[], hooks: string): Promise<Record<string, RowMatrix>> {
  const { news } = await ask({
    ...{ kind: 'capture', texts, from: 0, hooks, pooling: { kind: 'mean' }, first: true, level: 'fp32' },
    ...{ batch: 4, maxTokens: 32 },
  });
  const batches = news.flatMap((one): CaptureBatch[] => (one.kind === 'capture' ? [one.batch] : []));
  const found: Record<string, RowMatrix> = {};
  for (const { rows, values } of batches)
    for (const [hook, data] of Object.entries(values)) {
      const columns = data.length / rows.length;
      found[hook] ??= { data: new Float32Array(texts.length * columns), rows: texts.length, columns };
      rows.forEach((row, k) =>
        found[hook]!.data.set(data.subarray(k * columns, (k + 1) * columns), row * columns),
      );
    }
  return found;
}

const close = { rtol: 1e-4, atol: 1e-4 };

describe('a fit', () => {
  it('is that of captured activations where it is simultaneous', async () => {
    const { hooks, told, whole, cut, notes } = await fit();
    expect(hooks.map(({ map }) => map.hook)).toEqual(norms);
    expect({ whole, cut, notes }).toEqual({ whole: true, cut: { source: 0, target: 0 }, notes: [] });
    const from = await captured(source, norms.join());
    const to = await captured(target, norms.join());
    for (const { map, fits, transported } of hooks) {
      const sides = { source: from[map.hook]!, target: to[map.hook]! };
      const expected = fitHook(map.hook, sides, { method: 'linear-act', support: 'q_all', seed: 0 });
      expectClose(map.w, expected.map.w, close);
      expectClose(map.beta, expected.map.beta, close);
      expectClose(fits.before, expected.fits.before, close);
      expect(transported).toEqual({ pooled: 1, tokens: 1 });
    }
    const news = told.map((one) => one as FitSteeringNews & { kind: 'hook' });
    expect(news.map(({ fitted, done, of }) => [fitted.map.hook, done, of])).toEqual(
      norms.map((hook, k) => [hook, k + 1, norms.length]),
    );
    expectClose(news[2]!.sides.target.data, to[norms[2]!]!.data, close);
  });

  it('brings every hook nearer to its target when causal, and repeats itself', async () => {
    const causal = await fit({ estimation: 'causal', hooks: norms.toReversed() });
    expect(causal.hooks.map(({ map }) => map.hook)).toEqual(norms);
    const simultaneous = await fit();
    expect(causal.hooks[0]!.map).toEqual(simultaneous.hooks[0]!.map);
    expect(causal.hooks[4]!.map).not.toEqual(simultaneous.hooks[4]!.map);
    for (const { fits } of causal.hooks) expect(mean(fits.after)).toBeLessThan(mean(fits.before));
    expect((await fit({ estimation: 'causal', batch: 1 })).hooks.map(({ map }) => map.hook)).toEqual(norms);
    const again = await fit({ estimation: 'causal' });
    expect(again.hooks).toEqual(causal.hooks);
  });

  it('keeps targets clean on several hooks of the residual stream, and says so', async () => {
    const hooks = ['resid_post:0', 'resid_post:1'];
    const { targets, notes } = await fit({ estimation: 'causal', hooks });
    expect(targets).toBe('clean');
    expect(notes).toHaveLength(1);
  });

  it.each([
    ['act-add', 'last', ['resid_post:1']],
    ['repe', 'last', ['resid_post:1']],
  ] as const)('%s is made from one text a side', async (method, pooling, hooks) => {
    const one = { method, pooling, hooks, source: [source[0]!], target: [target[0]!] };
    const {
      hooks: [made],
    } = await fit(one);
    expect(made!.map.form).toBe('add');
    expect(made!.map.w.every((value) => value === 1)).toBe(true);
    await expect(fit({ ...one, source, target })).rejects.toMatchObject({ code: 'steering-pair' });
  });

  it.each([
    ['iti-m', 'last', ['v:0', 'v:1', 'v:2', 'v:3']],
    ['iti-c', 'last', ['v:1', 'v:2']],
    ['det-0', 'max', ['mlp_act:0', 'mlp_act:1']],
    ['self-cond', 'max', ['mlp_act:0', 'mlp_act:1']],
    ['aura', 'max', ['mlp_act:2']],
  ] as const)('%s steers heads or experts', async (method: SteeringMethod, pooling, hooks) => {
    const { hooks: made, whole } = await fit({ method, pooling, hooks });
    expect(whole).toBe(true);
    const units = made.flatMap(({ map }) => [...map.units]);
    const on = units.filter((unit) => unit === 1).length;
    expect(on).toBeGreaterThan(0);
    if (!method.startsWith('iti')) return;
    // Heads as a whole.
    const { result } = await ask<{ kvHeads: number; headWidth: number }>({ kind: 'facts' });
    for (const { map } of made)
      for (let head = 0; head < result.kvHeads; head++) {
        const own = map.units.subarray(head * result.headWidth, (head + 1) * result.headWidth);
        expect(new Set(own).size).toBe(1);
      }
  });

  it('measures supports on pooled values or on tokens, which spread more', async () => {
    const at = { support: 'q_0_100', hooks: ['norm_attn_in:1'] } as const;
    const pooled = (await fit(at)).hooks[0]!;
    const tokens = (await fit({ ...at, supportFrom: 'tokens' })).hooks[0]!;
    expect(pooled.transported.tokens).toBeLessThan(0.9);
    expect(tokens.transported.tokens).toBeGreaterThan(0.95);
    expect(tokens.map.hi.every((end, unit) => end >= pooled.map.hi[unit]!)).toBe(true);
  });

  it('ends early with the hooks that it has', async () => {
    const { hooks, told, whole } = await fit({ estimation: 'causal' }, 2);
    expect(whole).toBe(false);
    expect(hooks.map(({ map }) => map.hook)).toEqual(norms.slice(0, 2));
    expect(told).toHaveLength(2);
  });

  it('cuts long texts, leaves out those of one token, and tells both', async () => {
    const { result: tokens } = await ask<unknown[]>({ kind: 'tokens', text: 'A' });
    const { cut, notes, hooks } = await fit({ source: ['A', ...source], first: false, maxTokens: 4 });
    expect(cut).toEqual({ source: source.length, target: target.length });
    const bare = tokens.length === 1;
    expect(notes.length).toBe(bare ? 1 : 0);
    expect(hooks).toHaveLength(norms.length);
  });

  it.each([
    ['hook-unknown', { hooks: ['resid_post:99'] }],
    ['hook-unknown', { hooks: [] }],
    ['hook-not-steerable', { hooks: ['pattern:0'] }],
    ['steering-hook-twice', { hooks: ['norm_attn_in:0', 'norm_attn_in:0'] }],
    ['steering-hook-twice', { hooks: ['resid_post:0', 'resid_pre:1'] }],
    ['steering-estimation', { estimation: 'end-to-end' }],
    ['steering-samples', { target: [] }],
    ['text-empty', { source: ['A', ''] }],
    ['level-unavailable', { level: '4-bit-0' }],
  ] as const)('is refused with %s', async (code, change) => {
    await expect(fit(change)).rejects.toMatchObject({ code });
  });
});

describe('texts under a steered model', () => {
  it('are as likely as without steering at λ = 0, and as scored at λ = 1', async () => {
    const { hooks } = await fit({ estimation: 'causal', first: false });
    const at = (lambda: number): Steering => ({ maps: hooks.map(({ map }) => map), lambda, first: false });
    const texts = source.slice(0, 3);
    const likelihood = async (steering?: Steering) => {
      const { news } = await ask({
        ...{ kind: 'likelihood', texts: texts.map((text) => ({ text, prefix: '' })), level: 'fp32' },
        ...{ batch: 2, from: 0, ...(steering && { steering }) },
      });
      const found: TextLikelihood[] = [];
      for (const one of news)
        if (one.kind === 'likelihood') one.news.rows.forEach((row, k) => (found[row] = one.news.texts[k]!));
      return found;
    };
    const plain = await likelihood();
    const none = await likelihood(at(0));
    const steered = await likelihood(at(1));
    for (const [k, text] of texts.entries()) {
      expect(none[k]!.sum).toBeCloseTo(plain[k]!.sum, 3);
      expect(Math.abs(steered[k]!.sum - plain[k]!.sum)).toBeGreaterThan(0.1);
      const { result } = await ask<LanguageScore>({ kind: 'score', text, level: 'fp32', steering: at(1) });
      const sum = result.logProbabilities.subarray(1).reduce((a, b) => a + b, 0);
      expect(steered[k]!.sum).toBeCloseTo(sum, 3);
    }
    await expect(likelihood({ ...at(1), lambda: [1] })).rejects.toMatchObject({ code: 'steering-lambda' });
  });
});

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
