/** @file Decoders of every family, built from config and weights, against what transformers computes from the same. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decoderConfig,
  decoderGraph,
  type DecoderGraph,
  type DecoderGraphOptions,
} from '../../native-models';
import { expectClose } from '../../native-models/testing/expect-close';
import {
  languageFixtures,
  loadLanguageFixture,
  type LanguageFixture,
  type ReferenceText,
} from '../../native-models/testing/language-fixture';
import { openCompute } from '../compute/session';
import type { Feeds, HostTensor, Session } from '../contract/compute';
import { writeModelFolder } from './weight-file';

const compute = openCompute({ threads: 1 });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-decoders-'));
});
afterAll(async () => {
  await compute.close();
  await rm(folder, { recursive: true });
});

const tolerance = { atol: 1e-4, rtol: 1e-4 };

/** Writes model and weights as a person's machine does, and opens them. */
async function open(
  fixture: LanguageFixture,
  options: DecoderGraphOptions,
): Promise<{ graph: DecoderGraph; session: Session }> {
  const graph = decoderGraph(decoderConfig(fixture.config), fixture.source, options);
  const path = await writeModelFolder(await mkdtemp(join(folder, 'model-')), graph);
  return { graph, session: await compute.open(await readFile(path), { folder: dirname(path) }) };
}

/** The texts as one batch; places of padding hold the given token. */
function batch(texts: readonly { ids: number[] }[], side: 'left' | 'right', padding = 7): Feeds {
  const tokens = Math.max(...texts.map(({ ids }) => ids.length));
  const rows = texts.map(({ ids }) => {
    const pads = tokens - ids.length;
    const place = (values: number[], pad: number) =>
      side === 'right'
        ? [...values, ...Array<number>(pads).fill(pad)]
        : [...Array<number>(pads).fill(pad), ...values];
    return {
      ids: place(ids, padding),
      mask: place(
        ids.map(() => 1),
        0,
      ),
    };
  });
  const dims = [texts.length, tokens];
  return {
    input_ids: integers(
      rows.flatMap(({ ids }) => ids),
      dims,
    ),
    attention_mask: integers(
      rows.flatMap(({ mask }) => mask),
      dims,
    ),
  };
}

function integers(values: readonly number[], dims: readonly number[]): HostTensor {
  return { type: 'int64', data: BigInt64Array.from(values, (value) => BigInt(value)), dims };
}

/** What belongs to one text of a batch [batch, tokens, …]. */
function rowOf(
  { data, dims }: HostTensor,
  row: number,
  length: number,
  side: 'left' | 'right',
): Float32Array {
  const [, tokens, ...rest] = dims as [number, number, ...number[]];
  const size = rest.reduce((product, each) => product * each, 1);
  const from = (row * tokens + (side === 'left' ? tokens - length : 0)) * size;
  return (data as Float32Array).slice(from, from + length * size);
}

describe.each(languageFixtures)('%s', (name) => {
  const fixture = loadLanguageFixture(name);
  const config = decoderConfig(fixture.config);

  it.each(['right', 'left'] as const)(
    'has the logits and states of transformers, padded on the %s',
    async (side) => {
      const outputs = ['embed', ...config.windows.map((_, layer) => `resid_post:${layer}`), 'norm_final'];
      const { graph, session } = await open(fixture, { outputs: ['resid_pre:0', ...outputs] });
      const values = await session.run(batch(fixture.texts, side));
      const valueOf = (id: string) => values[graph.hooks.find((hook) => hook.id === id)!.value]!;
      for (const [row, text] of fixture.texts.entries()) {
        const length = text.ids.length;
        expectClose(rowOf(values.logits!, row, length, side), text.logits, tolerance);
        expectClose(rowOf(valueOf('norm_final'), row, length, side), text.final, tolerance);
        const states = ['resid_pre:0', ...config.windows.map((_, layer) => `resid_post:${layer}`)];
        const size = text.states.length / states.length;
        for (const [layer, id] of states.entries())
          expectClose(
            rowOf(valueOf(id), row, length, side),
            text.states.slice(layer * size, (layer + 1) * size),
            tolerance,
          );
      }
      for (const { data } of Object.values(values))
        expect((data as Float32Array).every(Number.isFinite)).toBe(true);
      await session.close();
    },
  );

  it('has the attention patterns of transformers', async () => {
    const text = fixture.texts.find(({ patterns }) => patterns !== null)!;
    const outputs = config.windows.map((_, layer) => `pattern:${layer}`);
    const { session } = await open(fixture, { outputs, logits: 'none' });
    const values = await session.run(batch([text], 'right'));
    const all = config.windows.flatMap((_, layer) => [
      ...(values[`blocks.${layer}.pattern`]!.data as Float32Array),
    ]);
    expectClose(all, text.patterns!, tolerance);
    await session.close();
  });

  it('gives token by token with caches what it gives at once', async () => {
    const { session } = await open(fixture, { caches: true, logits: 'last' });
    const { ids, logits } = fixture.texts[0]!;
    const { kvHeads, headWidth, layers, vocabulary } = config;
    let past: Record<string, HostTensor> = {};
    for (let layer = 0; layer < layers; layer += 1)
      for (const part of ['key', 'value'])
        past[`past.${layer}.${part}`] = {
          type: 'float32',
          data: new Float32Array(0),
          dims: [1, kvHeads, 0, headWidth],
        };
    // LongRoPE changes its angles at a length, where a cache has to be made anew.
    const rope = config.positions.kind === 'rotary' ? config.positions.layers[0]!.scaling : null;
    const first = rope?.kind === 'longrope' ? rope.original + 1 : 3;
    let from = 0;
    for (let to = first; to <= ids.length; to += 1) {
      const results = await session.run({
        input_ids: integers(ids.slice(from, to), [1, to - from]),
        attention_mask: integers(Array<number>(to).fill(1), [1, to]),
        ...past,
      });
      expect(results.logits!.dims).toEqual([1, 1, vocabulary]);
      if (rope?.kind !== 'longrope' || to > rope.original)
        expectClose(
          results.logits!.data as Float32Array,
          logits.slice((to - 1) * vocabulary, to * vocabulary),
          tolerance,
        );
      past = Object.fromEntries(
        Object.entries(results)
          .filter(([key]) => key.startsWith('present.'))
          .map(([key, value]) => [key.replace('present', 'past'), value]),
      );
      from = to;
    }
    await session.close();
  });

  it('goes on in a batch whose padding stands between a text and its continuation', async () => {
    const { session } = await open(fixture, { caches: true, logits: 'last' });
    const [long, short] = fixture.texts as [ReferenceText, ReferenceText];
    const { kvHeads, headWidth, layers, vocabulary } = config;
    const scaling = config.positions.kind === 'rotary' ? config.positions.layers[0]!.scaling : null;
    // The long text begins beyond the length at which LongRoPE changes its angles.
    const [begun, shortBegun] = scaling?.kind === 'longrope' ? [9, 2] : [5, 2];
    const pads = Array<number>(begun - shortBegun).fill(0);
    const ones = (count: number) => Array<number>(count).fill(1);
    let past: Record<string, HostTensor> = {};
    for (let layer = 0; layer < layers; layer += 1)
      for (const part of ['key', 'value'])
        past[`past.${layer}.${part}`] = {
          type: 'float32',
          data: new Float32Array(0),
          dims: [2, kvHeads, 0, headWidth],
        };
    for (let more = 0; more <= 3; more += 1) {
      const ids =
        more === 0
          ? [...long.ids.slice(0, begun), ...short.ids.slice(0, shortBegun), ...pads]
          : [long.ids[begun + more - 1]!, short.ids[shortBegun + more - 1]!];
      const results = await session.run({
        input_ids: integers(ids, [2, ids.length / 2]),
        attention_mask: integers(
          [...ones(begun + more), ...ones(shortBegun), ...pads, ...ones(more)],
          [2, begun + more],
        ),
        ...past,
      });
      const row = ({ logits }: ReferenceText, at: number) => [
        ...logits.slice((at - 1) * vocabulary, at * vocabulary),
      ];
      const got = results.logits!.data as Float32Array;
      expectClose(got.slice(0, vocabulary), row(long, begun + more), tolerance);
      expectClose(got.slice(vocabulary), row(short, shortBegun + more), tolerance);
      past = Object.fromEntries(
        Object.entries(results)
          .filter(([key]) => key.startsWith('present.'))
          .map(([key, value]) => [key.replace('present', 'past'), value]),
      );
    }
    await session.close();
  });
});
