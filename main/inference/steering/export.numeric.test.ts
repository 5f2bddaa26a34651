/** @file Steered models exported: folded equals inserted, and what cannot be folded stays in the graph and is said. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, type SteeringPlan } from '../../../native-models';
import { expectClose } from '../../../native-models/testing/expect-close';
import { loadLanguageFixture } from '../../../native-models/testing/language-fixture';
import { openCompute } from '../../compute/session';
import type { Steering } from '../../contract/steering';
import { buildGraph, describeModel } from '../../models/checkpoint-graph';
import { writeWeights } from '../../models/weight-file';
import { tokenFeeds } from '../insides/runs';
import { exportedSteering, type ExportedSteering } from './export';
import { planOf, strengthFeeds } from './strength';
import { drawnMaps, TinyGraphs } from './testing';

const compute = openCompute({ threads: 1 });
const tiny = new TinyGraphs();
const LOCATION = 'model.weights';
let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'monge-folded-'))));
afterAll(async () => {
  await compute.close();
  await tiny.close();
  await rm(folder, { recursive: true });
});

const ids = [Array.from({ length: 7 }, (_, k) => (11 * k + 3) % 64)];

async function logitsOf({ model, weights }: ExportedSteering): Promise<Float32Array> {
  const own = await mkdtemp(join(folder, 'model-'));
  await writeWeights(join(own, LOCATION), weights);
  const session = await compute.open(encodeModel(model), { folder: own, graphLevel: 'basic' });
  try {
    return (await session.run(tokenFeeds(ids)))['logits']!.data as Float32Array;
  } finally {
    await session.close();
  }
}

describe.each(['llama', 'gemma2', 'gpt2', 'gpt_neox', 'olmo2', 'phi3', 'qwen2'] as const)('%s', (family) => {
  const fixture = loadLanguageFixture(family);
  const build = (steering: SteeringPlan | null) =>
    buildGraph(fixture.source, describeModel(fixture.config), [], LOCATION, 'fp32', steering);
  const values = new Set<string>();
  const hooks = build(null).hooks.filter(({ role, value }) => {
    if (role === 'pattern' || role === 'logits' || values.has(value)) return false;
    values.add(value);
    return true;
  });

  async function check(roles: RegExp, steered: Partial<Steering>, support = false) {
    const maps = drawnMaps(
      hooks.filter(({ role }) => roles.test(role)),
      { size: 0.1, support },
    );
    const steering: Steering = { maps, lambda: 0.7, first: true, ...steered };
    const plan = planOf(steering, hooks);
    const inserted = (
      await tiny.run(fixture, { ids, outputs: ['logits'], plan, feeds: strengthFeeds(steering, plan) })
    ).logits!.data as Float32Array;
    const plain = (await tiny.run(fixture, { ids, outputs: ['logits'] })).logits!.data as Float32Array;
    const exported = exportedSteering(build, steering, LOCATION);
    const scale = Math.max(...inserted.map(Math.abs));
    expectClose(await logitsOf(exported), inserted, { atol: 1e-5 * scale });
    // It can fail: without steering they are far apart.
    expect(() => expectClose(plain, inserted, { atol: 1e-2 * scale })).toThrow('close');
    expect(exported.folded.length + exported.inside.length).toBe(maps.length);
    const inputs = exported.model.graph!.input!.map(({ name }) => name);
    expect(inputs).toEqual(['input_ids', 'attention_mask']);
    return exported;
  }

  it('with maps at norms is folded', async () => {
    const { folded, inside, model } = await check(/^norm_/, {});
    expect(inside).toEqual([]);
    expect(folded).toHaveLength(hooks.filter(({ role }) => role.startsWith('norm_')).length);
    expect(model.graph!.node!.some(({ name }) => name?.includes('steering/'))).toBe(false);
  });

  it('with maps at all hooks is folded as far as may be, and says why not further', async () => {
    const { folded, inside } = await check(/./, {});
    expect(folded).toEqual(expect.arrayContaining(['q:0', 'v:1', 'mlp_act:0']));
    for (const { hook, reason } of inside) {
      expect(hook).toMatch(/^(resid_|embed|attn_out|mlp_out|mlp_gate)/);
      expect(reason).toMatch(/read|shares|sum/);
    }
    expect(inside.map(({ hook }) => hook)).toContain('resid_post:0');
  });

  it('keeps supports, and a first token that is left, in the graph', async () => {
    for (const [steered, support, reason] of [
      [{}, true, /support/],
      [{ first: false }, false, /first token/],
    ] as const) {
      const { folded, inside } = await check(/^norm_/, steered, support);
      expect(folded).toEqual([]);
      for (const one of inside) expect(one.reason).toMatch(reason);
    }
  });
});
