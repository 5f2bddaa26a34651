/** @file Tiny models run part by part: what every hook shows is what the whole graph shows with the maps before it switched on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HookPoint } from '../../../../native-models';
import { expectClose } from '../../../../native-models/testing/expect-close';
import {
  languageFixtures,
  loadLanguageFixture,
  loadTensorFixture,
} from '../../../../native-models/testing/language-fixture';
import { quantisedWeights } from '../../../../native-models/testing/quantised-weights';
import { randomDecoder } from '../../../../native-models/testing/random-decoder';
import { openCompute } from '../../../compute/session';
import type { HookMap, SteeringPooling } from '../../../contract/steering';
import { describeModel } from '../../../models/checkpoint-graph';
import type { BlockModel, HookSamples } from '../../../steering/estimate';
import { openImportedBody } from '../../imported/body';
import { ExportFolders } from '../../imported/testing';
import type { Insides } from '../../insides/insides';
import { openInsides } from '../../insides/open';
import { weightFolder } from '../../weight-cache';
import { drawnMaps } from '../testing';
import { segmentModel } from './segment-model';
import { sideOf, type Side } from './side';
import { wholeModel } from './whole-model';

const compute = openCompute({ threads: 1 });
const folders = new ExportFolders();
const opened: Insides[] = [];
let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'monge-segments-'))));
afterAll(async () => {
  for (const insides of opened) await insides.close();
  await compute.close();
  await folders.close();
  await rm(folder, { recursive: true });
});

async function insidesOf(name: string): Promise<Insides> {
  const insides = await openedInsides(name);
  opened.push(insides);
  return insides;
}

async function openedInsides(name: string): Promise<Insides> {
  if (name.includes('/')) return (await openImportedBody(await folders.of(name), compute)).insides;
  const { config, source } = await checkpointOf(name);
  return openInsides(source, describeModel(config), {
    ...{ name, compute, tokenizer: null },
    folder: (weights, level) => weightFolder(name, weights, { folder }, level),
  });
}

async function checkpointOf(name: string) {
  if (name === 'bert') return loadTensorFixture(name);
  if (name !== 'quantised') return loadLanguageFixture(name);
  const { config, source } = randomDecoder('mistral');
  return { config, source: await quantisedWeights(source, () => 'Q4_0') };
}

/** Longer than the windows of the families that have them. */
const texts = [16, 4, 11, 1, 7].map((length, seed) =>
  Array.from({ length }, (_, k) => (7 * k * k + 11 * k + 5 * seed + 1) % 64),
);
const options = { first: true, tokens: true, batch: 2 };
const stopped = () => false;

/** Everything that can be steered, but for what is another hook's value too. */
function steerable({ hooks }: Insides): HookPoint[] {
  const known = new Set<string>();
  return hooks.filter(({ role, value }) => {
    if (role === 'pattern' || role === 'logits' || known.has(value)) return false;
    known.add(value);
    return true;
  });
}

/** What each hook of a model shows with the maps of those before it. */
async function shown<State>(
  model: BlockModel<State> & { start: (side: Side) => State },
  side: Side,
  maps: readonly HookMap[],
): Promise<Map<string, HookSamples>> {
  const found = new Map<string, HookSamples>();
  let state = model.start(side);
  for (const hook of model.hooks) {
    const first = await model.run(state, hook.block, { maps: [], read: [hook] });
    found.set(hook.id, first!.samples[0]!);
    const own = maps.filter((map) => map.hook === hook.id);
    state = (await model.run(state, hook.block, { maps: own, read: [] }))!.next;
  }
  return found;
}

const exported = [
  'decoders/llama.script',
  'decoders/gpt2.export',
  'decoders/qwen3.fused',
  'roles/bert.script',
];

describe.each([...languageFixtures, 'quantised', 'bert', ...exported])('%s', (name) => {
  // Leaving out first tokens is the harder way; the easier one is looked at once.
  const ways = name === 'llama' ? [true, false] : [false];
  it.each(ways)('is the whole graph at every hook, first tokens steered: %s', async (first) => {
    const insides = await insidesOf(name);
    const level = name === 'quantised' ? '4-bit-0' : 'fp32';
    const hooks = steerable(insides);
    const maps = drawnMaps(hooks, { size: 0.1 }).map((map, at) =>
      at % 3 === 0 ? drawnMaps([hooks[at]!], { size: 0.1, support: true })[0]! : map,
    );
    const side = sideOf(
      texts.filter((ids) => first || ids.length > 1),
      { ...options, first },
    );
    const choice = { pooling: 'mean', first, stopped } as const;
    const model = segmentModel((await insides.runs(level)).model, hooks, choice);
    expect(model.hooks.map(({ id }) => id).toSorted()).toEqual(hooks.map(({ id }) => id).toSorted());
    const order = model.hooks.map(({ id }) => hooks.find((hook) => hook.id === id)!);
    // Every third hook has no map: what is not moved is carried too.
    const some = maps.filter((_, at) => at % 3 !== 1);
    const parts = await shown(model, side, some);
    await model.close();
    const whole = await shown(wholeModel(insides, level, order, choice), side, some);
    for (const { id } of hooks) {
      const close = { rtol: 1e-5, atol: 1e-5 };
      expectClose(parts.get(id)!.pooled.data, whole.get(id)!.pooled.data, close);
      expectClose(parts.get(id)!.tokens!.data, whole.get(id)!.tokens!.data, { rtol: 1e-4, atol: 2e-5 });
    }
  });
});

/** One unit's values in a text as one number, written down again. */
const formulas: Record<Exclude<SteeringPooling, 'all'>, (values: number[]) => number> = {
  mean: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  last: (values) => values.at(-1)!,
  median: (values) => {
    const sorted = values.toSorted((a, b) => a - b);
    const half = sorted.length / 2;
    return Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : sorted[Math.floor(half)]!;
  },
};

describe.each(['smollm2', 'gemma2', 'bert'])('pooling of %s', (name) => {
  it.each([true, false])(
    'is the same with padding left, right and text by text, first tokens pooled: %s',
    async (first) => {
      const insides = await insidesOf(name);
      const hooks = insides.hooks.filter(({ id }) => ['norm_mlp_in:1', 'v:0', 'resid_post:1'].includes(id));
      const runs = await insides.runs('fp32');
      const own = texts.filter((ids) => first || ids.length > 1);
      const sides = [
        sideOf(own, { ...options, first, batch: 5 }),
        sideOf(own, { ...options, first, batch: 5, padding: 'left' }),
        sideOf(own, { ...options, first, batch: 1 }),
      ];
      for (const pooling of ['mean', 'max', 'min', 'median', 'last', 'all'] as const) {
        const model = segmentModel(runs.model, hooks, { pooling, first, stopped });
        for (const side of sides) {
          const found = await shown(model, side, []);
          for (const { id } of hooks) {
            const expected: number[] = [];
            for (const ids of own) {
              const { data, dims } = (await runs.run({ ids: [ids], hooks: [id] }))[id]!;
              const units = data.length / dims[1]!;
              const values = (data as Float32Array).subarray(first ? 0 : units);
              if (pooling === 'all') expected.push(...values);
              else
                for (let unit = 0; unit < units; unit++)
                  expected.push(formulas[pooling]([...values].filter((_, at) => at % units === unit)));
            }
            expectClose(found.get(id)!.pooled.data, expected, { rtol: 1e-5, atol: 1e-5 });
          }
        }
        await model.close();
      }
    },
  );
});
