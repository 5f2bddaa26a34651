/** @file Roles found in exported models by structure: what is captured there is what our own graphs of the same weights have. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decodeModel,
  decoderConfig,
  decoderGraph,
  encodeModel,
  encoderConfig,
  encoderGraph,
  generationGraph,
  type HookPoint,
} from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { loadLanguageFixture, loadTensorFixture } from '../../native-models/testing/language-fixture';
import { openCompute } from '../compute/session';
import type { Feeds, HostTensor } from '../contract/compute';
import { rolesOf } from './roles';
import { withOutputs } from './surgery';
import { writeModelFolder } from './weight-file';

const compute = openCompute({ threads: 1 });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-roles-'));
});
afterAll(async () => {
  await compute.close();
  await rm(folder, { recursive: true });
});

const read = async (file: string) =>
  decodeModel(await readFile(new URL(`testing/exports/roles/${file}.onnx`, import.meta.url)));

function integers(values: readonly number[], dims: readonly number[]): HostTensor {
  return { type: 'int64', data: BigInt64Array.from(values, (value) => BigInt(value)), dims };
}

const feeds: Feeds = {
  input_ids: integers([5, 9, 33, 2, 60, 17, 8, 41, 12, 3], [2, 5]),
  attention_mask: integers([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [2, 5]),
};

/** Captures every place of both that has the same id. */
async function compare(
  file: string,
  name: string,
): Promise<{ compared: string[]; absent: string[]; own: string[] }> {
  const model = await read(file);
  const { hooks, absent } = rolesOf(model);
  const { config, source } = loadTensorFixture(name);
  const build = (outputs: readonly string[]) =>
    name === 'bert'
      ? encoderGraph(encoderConfig(config), source, { outputs })
      : decoderGraph(decoderConfig(config), source, { outputs });
  const own = build([]);
  const shared = own.hooks.filter(({ id }) => hooks.some((hook) => hook.id === id));
  const captured = build(shared.map(({ id }) => id));
  const path = await writeModelFolder(await mkdtemp(join(folder, 'own-')), captured);
  const reference = await compute.open(await readFile(path), { folder: dirname(path) });
  const expected = await reference.run(feeds);
  const session = await compute.open(
    encodeModel(
      withOutputs(
        model,
        hooks.map(({ value }) => ({ value, element: 1 })),
      ),
    ),
    { graphLevel: 'basic' },
  );
  const values = await session.run(feeds);
  const at = (list: readonly HookPoint[], id: string) => list.find((hook) => hook.id === id)!.value;
  for (const { id } of shared) {
    const got = values[at(hooks, id)]!;
    const wanted = expected[at(own.hooks, id)]!;
    try {
      expectClose(got.data as Float32Array, wanted.data as Float32Array, { atol: 1e-4, rtol: 1e-4 });
      expect(got.dims.slice(0, 2)).toEqual(wanted.dims.slice(0, 2));
    } catch (thrown) {
      throw new Error(`${file} ${id} ${at(hooks, id)} [${got.dims.join(', ')}]`, { cause: thrown });
    }
  }
  await session.close();
  await reference.close();
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
  return { compared: ids(shared), absent: ids(absent), own: ids(own.hooks) };
}

/** What blocks lack in each of these files; everything else of our own graphs is found and equal. */
const lacking: Record<string, string[]> = {
  'llama.script': [],
  'llama.export': [],
  'gemma2.export': [],
  'phi3.export': [],
  'olmo2.export': ['norm_attn_in', 'norm_mlp_in'],
  'gpt2.export': [],
  // Queries, keys and values are one product there, whose axes are turned before it is cut.
  'gpt_neox.export': ['q', 'k', 'v', 'resid_mid'],
  'bert.script': ['norm_attn_in', 'norm_final', 'logits'],
  'bert.fused': [
    ...['embed', 'norm_attn_in', 'q', 'k', 'v', 'pattern', 'attn_out', 'resid_mid', 'mlp_gate', 'mlp_out'],
    ...['norm_final', 'logits'],
  ],
};

describe('roles by structure', () => {
  it.each(Object.keys(lacking))('captures in %s what our own graph has', async (file) => {
    const { compared, absent, own } = await compare(file, file.split('.')[0]!);
    expect(new Set(absent.map((id) => id.split(':')[0]))).toEqual(new Set(lacking[file]));
    expect(compared).toEqual(own.filter((id) => !absent.includes(id)));
  });
});

it('captures in a graph of fused operators what our own plain graph has', async () => {
  const { config, source, texts } = loadLanguageFixture('qwen3');
  const read = decoderConfig(config);
  // Exports hand all caches on in one part, as our own graph does where layers have windows, here wider than the text.
  const windows = read.windows.map(() => 4096);
  const fast = generationGraph({ ...read, windows }, source, {
    ...{ level: 'fp32', head: 'level', loop: false, location: 'model.weights' },
  });
  const { hooks, absent } = rolesOf(fast.model);
  // The last sum is made for the tokens that logits are wanted for, and fused with the last norm.
  expect(absent.map(({ id }) => id)).toEqual(['pattern:0', 'pattern:1', 'resid_post:1', 'norm_final']);
  const found = hooks.filter(({ id }) => id !== 'logits');
  const plain = decoderGraph(read, source, {
    outputs: found.map(({ id }) => id),
    logits: 'none',
  });
  const run = async (graph: Pick<typeof plain, 'model' | 'weights'>, given: Feeds) => {
    const path = await writeModelFolder(await mkdtemp(join(folder, 'fused-')), graph);
    const session = await compute.open(await readFile(path), { folder: dirname(path), graphLevel: 'basic' });
    const values = await session.run(given);
    await session.close();
    return (list: readonly HookPoint[], id: string) =>
      values[list.find((hook) => hook.id === id)!.value]!.data as Float32Array;
  };
  const { ids } = texts[0]!;
  const past = { type: 'float32', data: new Float32Array(0), dims: [1, 2, 0, 16] } as const;
  const got = await run(
    { model: withOutputs(fast.model, found), weights: [...fast.weights] },
    {
      ids: integers(ids, [1, ids.length]),
      lengths: { type: 'int32', data: Int32Array.of(ids.length - 1), dims: [1] },
      total: { type: 'int32', data: Int32Array.of(ids.length), dims: [] },
      rows: integers([ids.length - 1], [1]),
      ...{ past_key_0: past, past_value_0: past, past_key_1: past, past_value_1: past },
    },
  );
  const expected = await run(plain, {
    input_ids: integers(ids, [1, ids.length]),
    attention_mask: integers(
      ids.map(() => 1),
      [1, ids.length],
    ),
  });
  for (const { id } of found)
    expectClose(got(hooks, id), expected(plain.hooks, id), { atol: 1e-4, rtol: 1e-4 });
});
