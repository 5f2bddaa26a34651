/** @file Encoders of texts and images, built from config and weights, against what transformers computes from the same. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encoderConfig,
  encoderGraph,
  type EncoderGraph,
  type EncoderGraphOptions,
  type StoredArray,
} from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import { loadTensorFixture } from '../../native-models/testing/language-fixture';
import { openCompute } from '../compute/session';
import type { HostTensor, Session } from '../contract/compute';
import { writeModelFolder } from './weight-file';

const compute = openCompute({ threads: 1 });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-encoders-'));
});
afterAll(async () => {
  await compute.close();
  await rm(folder, { recursive: true });
});

const tolerance = { atol: 1e-4, rtol: 1e-4 };
type Fixture = ReturnType<typeof loadTensorFixture>;

async function open(
  { config, source }: Fixture,
  options: EncoderGraphOptions,
): Promise<{ graph: EncoderGraph; session: Session }> {
  const graph = encoderGraph(encoderConfig(config), source, options);
  const path = await writeModelFolder(await mkdtemp(join(folder, 'model-')), graph);
  return { graph, session: await compute.open(await readFile(path), { folder: dirname(path) }) };
}

function integers(values: readonly number[], dims: readonly number[]): HostTensor {
  return { type: 'int64', data: BigInt64Array.from(values, (value) => BigInt(value)), dims };
}

const numbers = (array: StoredArray | HostTensor | undefined) => array!.data as Float32Array;

describe('bert', () => {
  const fixture = loadTensorFixture('bert');
  const { expected } = fixture;
  const texts = [0, 1, 2].map((index) => Array.from(expected[`text.${index}`]!.data, Number));
  const tokens = Math.max(...texts.map(({ length }) => length));
  const width = 24;

  const feeds = (side: 'left' | 'right') => {
    const row = (values: readonly number[], pad: number) => {
      const pads = Array<number>(tokens - values.length).fill(pad);
      return side === 'right' ? [...values, ...pads] : [...pads, ...values];
    };
    const dims = [texts.length, tokens];
    return {
      input_ids: integers(
        texts.flatMap((ids) => row(ids, 9)),
        dims,
      ),
      attention_mask: integers(
        texts.flatMap((ids) =>
          row(
            ids.map(() => 1),
            0,
          ),
        ),
        dims,
      ),
    };
  };

  it.each(['right', 'left'] as const)('has the states of transformers, padded on the %s', async (side) => {
    const outputs = ['resid_pre:0', 'resid_post:0', 'resid_post:1'];
    const { graph, session } = await open(fixture, { outputs, pooler: true });
    const values = await session.run(feeds(side));
    for (const [row, { length }] of texts.entries()) {
      const from = row * tokens + (side === 'left' ? tokens - length : 0);
      for (const [layer, id] of outputs.entries()) {
        const value = graph.hooks.find((hook) => hook.id === id)!.value;
        const size = length * width;
        const states = numbers(expected[`states.${row}`]).slice(layer * size, (layer + 1) * size);
        expectClose(numbers(values[value]).slice(from * width, (from + length) * width), states, tolerance);
      }
      const pooled = numbers(values.pooled).slice(row * width, (row + 1) * width);
      expectClose(pooled, numbers(expected[`pooled.${row}`]), tolerance);
    }
    expect(values.states).toEqual(values['blocks.1.resid_post']);
    await session.close();
  });

  it.each(['mean', 'cls', 'max'] as const)(
    'makes one vector a text, %s, whichever side is padded',
    async (kind) => {
      const pooling = { kind, normalise: kind !== 'cls' };
      const { session } = await open(fixture, { pooling, states: false });
      for (const side of ['right', 'left'] as const) {
        const { embedding } = await session.run(feeds(side));
        expect(embedding!.dims).toEqual([texts.length, width]);
        const all = texts.flatMap((_, row) => [...numbers(expected[`${kind}.${row}`])]);
        expectClose(numbers(embedding), all, tolerance);
      }
      await session.close();
    },
  );

  it('has the attention patterns of transformers', async () => {
    const { session } = await open(fixture, { outputs: ['pattern:0', 'pattern:1'], states: false });
    const ids = texts[1]!;
    const values = await session.run({
      input_ids: integers(ids, [1, ids.length]),
      attention_mask: integers(
        ids.map(() => 1),
        [1, ids.length],
      ),
    });
    const all = [0, 1].flatMap((layer) => [...numbers(values[`blocks.${layer}.pattern`])]);
    expectClose(all, numbers(expected['patterns.1']), tolerance);
    await session.close();
  });

  it('takes types of tokens where they are asked for', async () => {
    const { session } = await open(fixture, { tokenTypes: true });
    const given = feeds('right');
    const dims = given.input_ids.dims;
    const of = (type: number) => ({
      token_type_ids: integers(Array<number>(dims[0]! * dims[1]!).fill(type), dims),
    });
    const zero = await session.run({ ...given, ...of(0) });
    const one = await session.run({ ...given, ...of(1) });
    const plain = await open(fixture, {});
    expect(zero.states).toEqual((await plain.session.run(given)).states);
    expect(one.states).not.toEqual(zero.states);
    await session.close();
  });
});

describe('vit', () => {
  const fixture = loadTensorFixture('vit');
  const { expected } = fixture;

  it('has the states, patterns, classes and the pooled vector of transformers', async () => {
    const outputs = ['resid_pre:0', 'resid_post:0', 'resid_post:1', 'pattern:0', 'pattern:1', 'norm_final'];
    const { graph, session } = await open(fixture, { outputs, pooler: true, logits: true });
    const { data, shape } = expected.image!;
    const values = await session.run({
      pixels: { type: 'float32', data: data as Float32Array, dims: shape },
    });
    const captured = (id: string) => [...numbers(values[graph.hooks.find((hook) => hook.id === id)!.value])];
    expectClose(outputs.slice(0, 3).flatMap(captured), numbers(expected['states.0']), tolerance);
    expectClose(outputs.slice(3, 5).flatMap(captured), numbers(expected['patterns.0']), tolerance);
    expectClose(numbers(values.states), numbers(expected['final.0']), tolerance);
    expectClose(numbers(values.logits), numbers(expected.logits), tolerance);
    expectClose(numbers(values.pooled), numbers(expected.pooled), tolerance);
    expect(values.states!.dims).toEqual([2, 10, 24]);
    await session.close();
  });
});
