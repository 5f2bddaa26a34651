/** @file The operator in graphs that others exported: λ as an input, equal to its formula, nothing at 0, decoded with caches. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, GraphBuilder, stream, type HookPoint, type ModelProto } from '../../../native-models';
import { expectClose } from '../../../native-models/testing/expect-close';
import { openCompute } from '../../compute/session';
import type { HostTensor } from '../../contract/compute';
import type { HookMap } from '../../contract/steering';
import { withOutputs } from '../../models/surgery';
import { applyMap, applyToChannels } from '../../steering/map';
import { openImportedBody } from '../imported/body';
import { readImportedGraph } from '../imported/graph';
import { ExportFolders } from '../imported/testing';
import { tokenFeeds } from '../insides/runs';
import { lambdaInput, withMaps, withSteering } from './inserted';
import { identityFeeds, planOf, strengthFeeds } from './strength';
import { drawnMaps } from './testing';

const compute = openCompute({ threads: 1 });
const folders = new ExportFolders();
afterAll(async () => {
  await compute.close();
  await folders.close();
});

const ids = [Array.from({ length: 7 }, (_, k) => (11 * k + 3) % 64)];
const bits = (values: Float32Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

/** Hooks that could be steered, one for a value, whose width is known. */
function steerable(hooks: readonly HookPoint[]): HookPoint[] {
  const values = new Set<string>();
  return hooks.filter(({ role, value, shape }) => {
    const known = shape.every((size) => typeof size === 'number');
    if (role === 'pattern' || role === 'logits' || !known || values.has(value)) return false;
    values.add(value);
    return true;
  });
}

async function run(model: ModelProto, outputs: readonly string[], feeds: Record<string, HostTensor>) {
  const session = await compute.open(encodeModel(model), { graphLevel: 'basic' });
  try {
    const answer = await session.run(feeds);
    return outputs.map((name) => answer[name]!.data as Float32Array);
  } finally {
    await session.close();
  }
}

describe.each([
  'roles/llama.export',
  'roles/gemma2.export',
  'roles/gpt2.export',
  'roles/gpt_neox.export',
  'roles/olmo2.export',
])('%s', (name) => {
  let model: ModelProto;
  let hooks: HookPoint[];
  beforeAll(async () => {
    const graph = await readImportedGraph(await folders.of(name), compute);
    model = graph.tokens;
    hooks = steerable(graph.roles.hooks);
  });
  const asked = (lambda: HostTensor) => ({ ...tokenFeeds(ids), [lambdaInput]: lambda });
  const scalar = (value: number): HostTensor => ({ type: 'float32', data: Float32Array.of(value), dims: [] });

  it.each([false, true])('moves a value as the formula says, support: %s', async (support) => {
    const some = hooks.filter(({ layer }) => layer === 1);
    expect(some.length).toBeGreaterThan(3);
    for (const hook of some) {
      const [map] = drawnMaps([hook], { support });
      const watched = withOutputs(model, [{ value: hook.value, element: 1 }]);
      const [before] = await run(watched, [hook.value], tokenFeeds(ids));
      const steered = withMaps(watched, { maps: [map!], first: true }, hooks);
      const [after] = await run(steered, [hook.value], asked(scalar(0.6)));
      expectClose(after!, applyMap(map!, before!, 0.6), { rtol: 3e-6, atol: 3e-6 });
    }
  });

  it('is itself at λ = 0 bit for bit, and λ may be one for each map', async () => {
    const maps: HookMap[] = drawnMaps(hooks, { size: 0.05 });
    const output = model.graph!.output![0]!.name!;
    const [plain] = await run(model, [output], tokenFeeds(ids));
    const steered = withMaps(model, { maps, first: true }, hooks);
    const [none] = await run(steered, [output], asked(scalar(0)));
    expect(bits(none!)).toBe(bits(plain!));
    const [some] = await run(steered, [output], asked(scalar(0.5)));
    expect(bits(some!)).not.toBe(bits(plain!));
    const each = withMaps(model, { maps, first: true }, hooks, { lambda: 'each' });
    const all = new Float32Array(maps.length).fill(0.5);
    const [alike] = await run(each, [output], asked({ type: 'float32', data: all, dims: [maps.length] }));
    expectClose(alike!, some!, { atol: 1e-5 });
  });

  it('must be given λ', async () => {
    const steered = withMaps(model, { maps: drawnMaps(hooks.slice(0, 1)), first: true }, hooks);
    await expect(run(steered, [], tokenFeeds(ids))).rejects.toMatchObject({ code: 'feeds-missing' });
  });
});

describe.each([
  'decoders/llama.script',
  'decoders/gpt2.export',
  'decoders/qwen3.fused',
  'roles/llama.export',
])('decoding %s', (name) => {
  it.each([true, false])('token by token is the whole text, first token steered: %s', async (first) => {
    const body = await openImportedBody(await folders.of(name), compute);
    const words = await body.words('fp32');
    const norms = steerable(body.insides.hooks as HookPoint[]).filter(({ role }) => role.startsWith('norm_'));
    const maps = drawnMaps(norms, { size: 0.1 });
    for (const lambda of [0, 0.5, 1])
      await words.compare({ maps, lambda, first }, async (unsteered, steered) => {
        const whole = (await steered.step({ ids, cache: null, logits: 'all' })).logits;
        let cache = null;
        const single: number[] = [];
        for (const id of ids[0]!) {
          const step: Awaited<ReturnType<typeof steered.step>> = await steered.step({
            ids: [[id]],
            cache,
            logits: 'last',
          });
          cache = step.cache;
          single.push(...step.logits);
        }
        expectClose(single, whole, { rtol: 1e-4, atol: 1e-4 });
        const plain = (await unsteered.step({ ids, cache: null, logits: 'all' })).logits;
        if (lambda === 0) expect(bits(whole)).toBe(bits(plain));
        else expect(() => expectClose(whole, plain, { atol: 1e-3 })).toThrow('close');
      });
    await words.close();
    await body.close();
  });
});

describe('channels of images', () => {
  it.each([false, true])('move as a whole, as their means say, support: %s', async (support) => {
    const [images, channels, side] = [3, 8, 4];
    const graph = new GraphBuilder();
    graph.input('x', 'float32', ['batch', channels, side, side]);
    graph.node('Mul', ['x', graph.constant('float32', [2])], {}, { name: 'hidden' });
    graph.node('Neg', ['hidden'], {}, { name: 'y' });
    graph.output('hidden', 'float32', ['batch', channels, side, side]);
    graph.output('y', 'float32', ['batch', channels, side, side]);
    const opsetImport = [{ domain: '', version: 21 }];
    const model: ModelProto = { irVersion: 10, opsetImport, graph: graph.graph('images') };
    const hook: HookPoint = {
      ...{ id: 'norm_mlp_in:0', role: 'norm_mlp_in', layer: 0, value: 'hidden' },
      shape: [channels, 'height', 'width'],
    };
    const [map] = drawnMaps([{ id: hook.id, shape: [channels] }], { support });
    const steered = withMaps(model, { maps: [map!], first: true }, [hook], { channels: new Set([hook.id]) });
    const data = stream(1, 'images').normal(new Float32Array(images * channels * side * side));
    const x: HostTensor = { type: 'float32', data, dims: [images, channels, side, side] };
    const before = data.map((value) => 2 * value);
    for (const lambda of [0, 0.8]) {
      const strength: HostTensor = { type: 'float32', data: Float32Array.of(lambda), dims: [] };
      const [hidden, y] = await run(steered, ['hidden', 'y'], { x, [lambdaInput]: strength });
      const expected = applyToChannels(map!, before, side * side, lambda);
      expectClose(hidden!, expected, { atol: lambda * 5e-6 });
      expect(y).toEqual(hidden!.map((value) => -value));
    }
    // The same with the numbers of the maps as inputs.
    const steering = { maps: [map!], lambda: 0.8, first: true };
    const plan = planOf(steering, [hook]);
    const planned = withSteering(model, plan, [hook], new Set([hook.id]));
    const [moved] = await run(planned, ['hidden'], { x, ...strengthFeeds(steering, plan) });
    expectClose(moved!, applyToChannels(map!, before, side * side, 0.8), { atol: 5e-6 });
    const [still] = await run(planned, ['hidden'], { x, ...identityFeeds(plan) });
    expect(bits(still!)).toBe(bits(before));
  });
});
