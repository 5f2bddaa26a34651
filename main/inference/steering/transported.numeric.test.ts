/** @file Shares that are transported: counted in the graph as by hand, of models built here and of exported ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLanguageFixture } from '../../../native-models/testing/language-fixture';
import { openCompute } from '../../compute/session';
import type { HookMap, Steering } from '../../contract/steering';
import { describeModel } from '../../models/checkpoint-graph';
import { openImportedBody } from '../imported/body';
import { ExportFolders } from '../imported/testing';
import type { Insides } from '../insides/insides';
import { openInsides } from '../insides/open';
import { weightFolder } from '../weight-cache';
import { planOf, strengthFeeds } from './strength';
import { drawnMaps } from './testing';
import { transportedShares } from './transported';

const compute = openCompute({ threads: 1 });
const folders = new ExportFolders();
let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'monge-shares-'))));
afterAll(async () => {
  await compute.close();
  await folders.close();
  await rm(folder, { recursive: true });
});

async function insidesOf(name: string): Promise<Insides> {
  if (name.includes('/')) return (await openImportedBody(await folders.of(name), compute)).insides;
  const { config, source } = loadLanguageFixture(name);
  return openInsides(source, describeModel(config), {
    ...{ name, compute, tokenizer: null },
    folder: (weights, level) => weightFolder(name, weights, { folder }, level),
  });
}

/** Units moved at one hook: its values while all maps but its own are on. */
async function byHand(insides: Insides, rows: number[][], steering: Steering, map: HookMap) {
  const others = { ...steering, maps: steering.maps.filter((one) => one !== map) };
  const plan = planOf(others, insides.hooks);
  const runs = await insides.runs('fp32');
  let moved = 0;
  let all = 0;
  for (const ids of rows) {
    const answer = await runs.run({
      ...{ ids: [ids], hooks: [map.hook] },
      steering: { plan, feeds: strengthFeeds(others, plan) },
    });
    const values = answer[map.hook]!.data as Float32Array;
    const width = map.w.length;
    values.forEach((a, at) => {
      const unit = at % width;
      if (map.units[unit] === 0) return;
      all += 1;
      if (at < width && !steering.first) return;
      if (map.lo[unit]! < a && a < map.hi[unit]!) moved += 1;
    });
  }
  return moved / all;
}

describe.each(['llama', 'gpt2', 'olmo2', 'decoders/llama.script', 'roles/gpt2.export'])('%s', (name) => {
  it.each([true, false])('counts as by hand, first tokens steered: %s', async (first) => {
    const insides = await insidesOf(name);
    const roles = ['norm_attn_in', 'attn_out', 'mlp_act', 'resid_post'];
    const hooks = insides.hooks.filter(({ role, layer }) => roles.includes(role) && layer === 1);
    expect(hooks.length).toBeGreaterThan(1);
    const maps = drawnMaps(hooks, { size: 0.2, support: true });
    // One that moves everything beside those with supports.
    const [free] = drawnMaps([insides.hooks.find(({ id }) => id === 'mlp_out:0')!], { size: 0.2 });
    const steering: Steering = { maps: [free!, ...maps], lambda: 1, first };
    const rows = [
      [3, 14, 25, 36, 47, 58, 5],
      [8, 9, 10, 11],
    ];
    const shares = await transportedShares(insides, rows, steering, 'fp32');
    for (const map of maps)
      expect(shares.get(map.hook)).toBeCloseTo(await byHand(insides, rows, steering, map), 6);
    expect(shares.get('mlp_out:0')).toBeCloseTo(first ? 1 : 9 / 11, 12);
    expect([...shares.values()].some((share) => share > 0.05 && share < 0.95)).toBe(true);
    await (insides as Insides & { close?(): Promise<void> }).close?.();
  });
});
