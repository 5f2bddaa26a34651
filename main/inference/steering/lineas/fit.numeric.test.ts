/** @file LinEAS on the shipped tiny model: a newcomer's fit, held-out texts, sparsity, repeats, stopping, and what is refused. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCompute } from '../../../compute/session';
import type { FitSteeringNews, FitSteeringRequest } from '../../../contract/steering-fit';
import type { HookPoint } from '../../../../native-models';
import { selectHooks } from '../../hooks';
import type { Insides } from '../../insides/insides';
import type { HookedModel } from '../../insides/runs';
import { openBuiltBody } from '../../service/built-body';
import { fitSteering } from '../fit/fit-steering';
import { fitLineas, type LineasRequest } from './fit';
import type { LineasSettings } from './settings';
import { heldOut } from './testing';

const SAMPLES = join(import.meta.dirname, '../../../../samples');
const LONGEST = 12;
const folder = mkdtempSync(join(tmpdir(), 'monge-lineas-'));
const compute = openCompute({ threads: 1 });
let insides: Insides;
let model: HookedModel;
let hooks: HookPoint[];
/** Of the made-up country: people and food. */
let sides: { source: string[]; target: string[] };
afterAll(async () => {
  await compute.close();
  rmSync(folder, { recursive: true });
});
beforeAll(async () => {
  ({ insides } = await openBuiltBody(join(SAMPLES, 'tiny-lm'), compute, { threads: 1, cacheFolder: folder }));
  ({ model } = await insides.runs('fp32'));
  hooks = selectHooks('norm_attn_in,norm_mlp_in', insides.hooks);
  const texts = readFileSync(join(SAMPLES, 'sentences.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string; concept: string });
  const of = (wanted: string) => texts.filter(({ concept }) => concept === wanted).map(({ text }) => text);
  sides = { source: of('person'), target: of('food') };
});

async function request(
  settings: Partial<LineasSettings> = {},
  { from = 0, texts = 32 } = {},
): Promise<LineasRequest> {
  const read = async (list: readonly string[]) => {
    const ids: number[][] = [];
    for (const text of list.slice(from, from + texts))
      ids.push((await insides.tokens(text)).slice(0, LONGEST).map(({ id }) => id));
    return ids;
  };
  return {
    ...{ source: await read(sides.source), target: await read(sides.target), hooks },
    settings: {
      ...{ steps: 30, rate: 0.02, optimiser: 'adam', lasso: { units: 0, hooks: 0 } },
      ...{ batch: 32, first: true, seed: 1 },
      ...settings,
    },
  };
}

const unitsOn = (maps: readonly { units: Uint8Array }[]) =>
  maps.map(({ units }) => units.reduce((sum, on) => sum + on, 0));

describe('maps learned end to end', () => {
  it('lower the loss, and the distance at texts that were not fitted on', async () => {
    const steps: number[] = [];
    const fit = await fitLineas(model, await request(), { onStep: ({ step }) => steps.push(step) });
    expect(steps).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    expect(fit.losses.at(-1)!).toBeLessThan(fit.losses[0]! / 2);
    expect(fit.maps.map(({ hook }) => hook)).toEqual(hooks.map(({ id }) => id));
    const held = { source: sides.source.slice(32, 96), target: sides.target.slice(32, 96) };
    const left = await heldOut(insides, hooks, held, { first: true, most: LONGEST });
    expect(await left({ maps: fit.maps, lambda: 1, first: true })).toBeLessThan(0.7);
  });

  it('go down with stochastic gradient descent too, in batches and without first tokens', async () => {
    const settings = { optimiser: 'sgd', rate: 0.1, batch: 16, first: false } as const;
    const { losses } = await fitLineas(model, await request(settings));
    const mean = (part: Float64Array) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-5))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));
  });

  it('are the same for the same seed, and others for other batches', async () => {
    const settings = { steps: 3, batch: 8 };
    const [one, again, other] = [
      await fitLineas(model, await request(settings)),
      await fitLineas(model, await request(settings)),
      await fitLineas(model, await request({ ...settings, seed: 2 })),
    ];
    expect(again).toEqual(one);
    expect(other.maps).not.toEqual(one.maps);
  });

  it('switch off more units the stronger the lasso, and whole hooks', async () => {
    const settings = { optimiser: 'sgd', rate: 0.1, steps: 20 } as const;
    const on: number[] = [];
    for (const units of [0, 1, 100]) {
      const { maps } = await fitLineas(model, await request({ ...settings, lasso: { units, hooks: 0 } }));
      on.push(unitsOn(maps).reduce((sum, count) => sum + count, 0));
    }
    expect(on[0]).toBe(hooks.length * insides.width);
    expect(on[1]).toBeGreaterThan(0);
    expect(on[1]).toBeLessThan(on[0]!);
    expect(on[2]).toBe(0);
    // A hook is on or off as a whole.
    const hooksOn: number[] = [];
    for (const strength of [2, 8]) {
      const { maps } = await fitLineas(
        model,
        await request({ ...settings, lasso: { units: 0, hooks: strength } }),
      );
      const counts = unitsOn(maps);
      expect(counts.filter((count) => count !== 0 && count !== insides.width)).toEqual([]);
      hooksOn.push(counts.filter((count) => count !== 0).length);
    }
    expect(hooksOn[0]).toBeGreaterThan(0);
    expect(hooksOn[0]).toBeLessThan(hooks.length);
    expect(hooksOn[1]).toBe(0);
  });

  it('begin at given maps, and end with those where no step is made', async () => {
    const { maps } = await fitLineas(model, await request({ steps: 5 }));
    const {
      maps: kept,
      whole,
      losses,
    } = await fitLineas(
      model,
      { ...(await request({ steps: 5 })), initial: maps },
      { shouldStop: () => true },
    );
    expect(whole).toBe(false);
    expect(losses).toHaveLength(0);
    kept.forEach((map, at) => {
      map.w.forEach((w, unit) => expect(w).toBeCloseTo(maps[at]!.w[unit]!, 6));
      map.beta.forEach((beta, unit) => expect(beta).toBeCloseTo(maps[at]!.beta[unit]!, 5));
    });
  });

  it('are refused for few texts, and told apart from a rate that is too large', async () => {
    const refused = async (settings: Partial<LineasSettings>, texts = 32) =>
      fitLineas(model, await request(settings, { texts }));
    await expect(refused({}, 3)).rejects.toMatchObject({ code: 'lineas-texts' });
    await expect(refused({ batch: 2 })).rejects.toMatchObject({ code: 'lineas-texts' });
    const wild = { optimiser: 'sgd', rate: 1e4 } as const;
    await expect(refused(wild)).rejects.toMatchObject({ code: 'lineas-diverged' });
  });
});

describe('the service', () => {
  const asked = (changes: Partial<FitSteeringRequest> = {}): FitSteeringRequest => ({
    ...{ kind: 'fit-steering', source: sides.source.slice(0, 20), target: sides.target.slice(0, 16) },
    ...{ method: 'lineas', hooks: ['norm_mlp_in:1', 'norm_attn_in:0'], pooling: 'mean', first: true },
    ...{ support: 'q_all', supportFrom: 'pooled', estimation: 'end-to-end', targets: 'clean' },
    ...{ seed: 0, level: 'fp32', batch: 8, maxTokens: LONGEST },
    lineas: {
      ...{ steps: 6, rate: 0.02, optimiser: 'adam', batch: 8, initial: 'linear-act' },
      ...{ lassoUnits: 0, lassoHooks: 0 },
    },
    ...changes,
  });
  const fit = (given: FitSteeringRequest, news: FitSteeringNews[] = []) =>
    fitSteering({ insides, imported: false }, given, (one) => news.push(one), new AbortController().signal);

  it('tells every step and then every hook, from maps fitted one by one', async () => {
    const news: FitSteeringNews[] = [];
    const found = await fit(asked(), news);
    expect(news.map(({ kind }) => kind)).toEqual([...Array<string>(6).fill('step'), 'hook', 'hook']);
    expect(found).toMatchObject({ estimation: 'end-to-end', targets: 'clean', whole: true, notes: [] });
    expect(found.hooks.map(({ map }) => map.hook)).toEqual(['norm_attn_in:0', 'norm_mlp_in:1']);
    for (const one of news)
      if (one.kind === 'hook') {
        expect(one.sides.source.rows).toBe(16);
        expect(one.fitted.transported).toEqual({ pooled: 1, tokens: 1 });
      }
    const plain = await fit(asked({ lineas: { ...asked().lineas!, initial: 'identity' } }));
    expect(plain.hooks).not.toEqual(found.hooks);
  });

  it('refuses what cannot be learned so', async () => {
    await expect(fit(asked({ lineas: undefined }))).rejects.toMatchObject({ code: 'lineas-settings' });
    await expect(fit(asked({ pooling: 'max' }))).rejects.toMatchObject({ code: 'lineas-settings' });
    await expect(fit(asked({ estimation: 'causal' }))).rejects.toMatchObject({ code: 'steering-estimation' });
  });
});
