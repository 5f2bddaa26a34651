/** @file The operator in graphs of tiny models: equal to its formula in double precision, nothing at λ = 0, and what it counts. */
import { afterAll, describe, expect, it } from 'vitest';
import { loadLanguageFixture, loadTensorFixture } from '../../../native-models/testing/language-fixture';
import { expectClose } from '../../../native-models/testing/expect-close';
import type { HostTensor } from '../../contract/compute';
import type { HookMap, Steering } from '../../contract/steering';
import { buildGraph, describeModel } from '../../models/checkpoint-graph';
import { applyMap } from '../../steering/map';
import { planOf, strengthFeeds } from './strength';
import { drawnMaps, TinyGraphs } from './testing';

const tiny = new TinyGraphs();
afterAll(() => tiny.close());

const families = ['llama', 'gemma2', 'gpt2', 'gpt_neox', 'olmo2', 'qwen3', 'phi3'] as const;
const ids = [Array.from({ length: 7 }, (_, k) => (11 * k + 3) % 64)];

function hooksOf(model: ReturnType<typeof loadTensorFixture> | ReturnType<typeof loadLanguageFixture>) {
  return buildGraph(model.source, describeModel(model.config), [], 'model.weights').hooks;
}

/** Ids of hooks that can be steered, one for each value. */
function steerable(model: Parameters<typeof hooksOf>[0]) {
  const seen = new Set<string>();
  return hooksOf(model).filter(({ role, value }) => {
    if (role === 'pattern' || role === 'logits' || seen.has(value)) return false;
    seen.add(value);
    return true;
  });
}

const bits = (tensor: HostTensor) => Buffer.from((tensor.data as Float32Array).buffer).toString('hex');

describe.each(families)('%s', (family) => {
  const model = loadLanguageFixture(family);
  const hooks = steerable(model);

  it.each([
    ['everywhere', false, true],
    ['inside a support', true, true],
    ['but for the first token', false, false],
  ])('every hook is moved as the formula says, %s', async (_, support, first) => {
    const last = hooks.filter(({ layer }) => layer === null || layer === 1);
    const plain = await tiny.run(model, { ids, outputs: last.map(({ id }) => id) });
    for (const hook of last) {
      const [map] = drawnMaps([hook], { support });
      const steering: Steering = { maps: [map!], lambda: 0.7, first };
      const plan = planOf(steering, hooks);
      const feeds = strengthFeeds(steering, plan);
      const out = await tiny.run(model, { ids, outputs: [hook.id], plan, feeds });
      const skipped = ids[0]!.map((_, row) => Number(!first && row === 0));
      const expected = applyMap(map!, plain[hook.id]!.data as Float32Array, 0.7, skipped);
      expectClose(out[hook.id]!.data as Float32Array, expected, { rtol: 2e-6, atol: 2e-6 });
    }
  });

  it.each([false, true])('is itself at λ = 0, bit for bit, support: %s', async (support) => {
    const outputs = ['logits', 'norm_final', 'resid_post:0'];
    const plain = await tiny.run(model, { ids, outputs });
    const steering: Steering = { maps: drawnMaps(hooks, { support }), lambda: 0, first: !support };
    const plan = planOf(steering, hooks);
    const out = await tiny.run(model, { ids, outputs, plan, feeds: strengthFeeds(steering, plan) });
    for (const id of outputs) expect(bits(out[id]!)).toBe(bits(plain[id]!));
    // It can fail: the smallest strength that is something is seen.
    const some = strengthFeeds({ ...steering, lambda: 1e-3 }, plan);
    const other = await tiny.run(model, { ids, outputs, plan, feeds: some });
    expect(bits(other.logits!)).not.toBe(bits(plain.logits!));
  });

  it('is itself at λ = 0 to 1e-5 where the runtime rewrites the graph', async () => {
    const steering: Steering = { maps: drawnMaps(hooks), lambda: 0, first: true };
    const plan = planOf(steering, hooks);
    const feeds = strengthFeeds(steering, plan);
    const plain = await tiny.run(model, { ids, outputs: ['logits'], graphLevel: 'all' });
    const out = await tiny.run(model, { ids, outputs: ['logits'], plan, feeds, graphLevel: 'all' });
    const scale = Math.max(...(plain.logits!.data as Float32Array).map(Math.abs));
    expectClose(out.logits!.data as Float32Array, plain.logits!.data as Float32Array, { atol: 1e-5 * scale });
  });

  it('gives texts the same with padding on either side and alone', async () => {
    const maps = drawnMaps(hooks, { size: 0.1, support: true });
    const steering: Steering = { maps, lambda: 1, first: false };
    const plan = planOf(steering, hooks);
    const feeds = strengthFeeds(steering, plan);
    const run = async (rows: number[][], mask: number[][]) =>
      (await tiny.run(model, { ids: rows, mask, outputs: ['logits'], plan, feeds })).logits!;
    const short = ids[0]!.slice(0, 4);
    const alone = (await run([short], [[1, 1, 1, 1]])).data as Float32Array;
    const width = alone.length / 4;
    const zeros = [0, 0, 0];
    for (const left of [true, false]) {
      const padded = left ? [...zeros, ...short] : [...short, ...zeros];
      const mask = padded.map((_, k) => Number(left ? k >= 3 : k < 4));
      const { data } = await run([ids[0]!, padded], [ids[0]!.map(() => 1), mask]);
      const from = (7 + (left ? 3 : 0)) * width;
      expectClose((data as Float32Array).subarray(from, from + 4 * width), alone, { rtol: 1e-4, atol: 1e-4 });
    }
  });

  it('counts what is inside the support as counting by hand does', async () => {
    const chosen = hooks.filter(({ role }) => ['mlp_act', 'attn_out', 'q', 'resid_post'].includes(role));
    // Nothing is moved, so that the values counted are those of the model without maps.
    const maps = drawnMaps(chosen, { support: true });
    const steering: Steering = { maps, lambda: 0, first: false };
    const plan = { ...planOf(steering, hooks), counted: true };
    const text = [ids[0]!, [...ids[0]!.slice(0, 4), 0, 0, 0]];
    const mask = [ids[0]!.map(() => 1), [1, 1, 1, 1, 0, 0, 0]];
    const outputs = chosen.map(({ id }) => id);
    const run = { ids: text, mask, outputs: [...outputs, 'logits'], plan };
    const out = await tiny.run(model, { ...run, feeds: strengthFeeds(steering, plan) });
    const expected = maps.flatMap((map) => {
      const values = out[map.hook]!.data as Float32Array;
      const width = map.w.length;
      return mask.map((row, t) => {
        let count = 0;
        row.forEach((real, k) => {
          if (real === 0 || k === 0) return;
          for (let unit = 0; unit < width; unit++) {
            const a = values[(t * 7 + k) * width + unit]!;
            if (map.units[unit] === 1 && map.lo[unit]! < a && a < map.hi[unit]!) count++;
          }
        });
        return count;
      });
    });
    expect([...(out.inside!.data as Float32Array)]).toEqual(expected);
    expect(out.inside!.dims).toEqual([maps.length, 2]);
  });
});

describe('encoders', () => {
  it('of texts are moved as the formula says and are themselves at λ = 0', async () => {
    const model = loadTensorFixture('bert');
    const hooks = steerable(model);
    const plain = await tiny.run(model, { ids, outputs: hooks.map(({ id }) => id) });
    for (const hook of hooks.filter(({ layer }) => layer === 1)) {
      const [map] = drawnMaps([hook]);
      const steering: Steering = { maps: [map!], lambda: 1, first: true };
      const plan = planOf(steering, hooks);
      for (const lambda of [0, 1]) {
        const feeds = strengthFeeds({ ...steering, lambda }, plan);
        const out = await tiny.run(model, { ids, outputs: [hook.id], plan, feeds });
        const expected = applyMap(map!, plain[hook.id]!.data as Float32Array, lambda);
        expectClose(out[hook.id]!.data as Float32Array, expected, { rtol: 2e-6, atol: lambda * 2e-6 });
      }
    }
  });
});

describe('what cannot be steered is refused', () => {
  const model = loadLanguageFixture('llama');
  const hooks = hooksOf(model);
  const [map] = drawnMaps([{ id: 'resid_post:0', shape: [hooks[0]!.shape[0]!] }]);
  const built = (maps: HookMap[]) => {
    const plan = planOf({ maps, first: true }, hooks);
    return buildGraph(model.source, describeModel(model.config), [], 'w', 'fp32', plan);
  };

  it.each([
    ['hook-unknown', [{ ...map!, hook: 'resid_post:77' }]],
    ['hook-not-steerable', [{ ...map!, hook: 'pattern:0' }]],
    ['steering-hook-twice', [map!, { ...map!, hook: 'resid_pre:1' }]],
    ['steering-width', [{ ...map!, hook: 'mlp_act:0' }]],
    ['steering-map', [{ ...map!, beta: map!.beta.with(3, Infinity) }]],
    ['steering-map', [{ ...map!, beta: map!.beta.with(3, NaN) }]],
  ])('%s', (code, maps) => {
    expect(() => built(maps)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('a strength that is no number, or leads out of the numbers', () => {
    const plan = planOf({ maps: [map!], first: true }, hooks);
    for (const lambda of [NaN, Infinity, 1e39, [1, 1]])
      expect(() => strengthFeeds({ maps: [map!], lambda, first: true }, plan)).toThrow(
        expect.objectContaining({ code: 'steering-lambda' }) as Error,
      );
  });

  it('an input that the graph does not have, or that is missing', async () => {
    const steering: Steering = { maps: [map!], lambda: 1, first: true };
    const plan = planOf(steering, hooks);
    const feeds = strengthFeeds(steering, plan);
    await expect(tiny.run(model, { ids, outputs: ['logits'], feeds })).rejects.toMatchObject({
      code: 'feeds-unknown',
    });
    await expect(tiny.run(model, { ids, outputs: ['logits'], plan })).rejects.toMatchObject({
      code: 'feeds-missing',
    });
  });
});
