/** @file Looking into a model and changing it: more outputs, pooling in the graph, an operator that does nothing at strength 0. */
import { afterAll, describe, expect, it } from 'vitest';
import { encodeModel, GraphBuilder, stream, type ModelProto } from '../../native-models';
import { openCompute } from '../compute/session';
import type { HostTensor } from '../contract/compute';
import type { Pooling } from '../contract/language';
import { flatStates, keptTokens, pooled, tokenWeights } from './pooling';
import { withAppended, withOperator, withOutputs } from './surgery';

const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());

const WIDTH = 3;
const TOKENS = 5;

/** x [batch, tokens, 3] and a mask; hidden = 2x, y = hidden + 1. */
function model(): ModelProto {
  const graph = new GraphBuilder();
  graph.input('x', 'float32', ['batch', 'tokens', WIDTH]);
  graph.input('attention_mask', 'int64', ['batch', 'tokens']);
  graph.node('Mul', ['x', graph.constant('float32', [2])], {}, { name: 'hidden' });
  graph.node('Add', ['hidden', graph.constant('float32', [1])], {}, { name: 'y' });
  graph.output('y', 'float32', ['batch', 'tokens', WIDTH]);
  return { irVersion: 10, opsetImport: [{ domain: '', version: 21 }], graph: graph.graph('test') };
}

async function run(changed: ModelProto, feeds: Record<string, HostTensor>) {
  const session = await compute.open(encodeModel(changed), { label: 'test' });
  const known = Object.fromEntries(
    Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)),
  );
  try {
    return await session.run(known);
  } finally {
    await session.close();
  }
}

const float = (values: Float32Array, ...dims: number[]): HostTensor => ({
  type: 'float32',
  data: values,
  dims,
});
const ints = (values: readonly number[], ...dims: number[]): HostTensor => ({
  type: 'int64',
  data: BigInt64Array.from(values, BigInt),
  dims,
});

/** Texts of 1 to 5 tokens, padded on one side. */
function batchOf(lengths: readonly number[], side: 'left' | 'right') {
  const values = lengths.map((length, row) =>
    stream(1, 'text', row).normal(new Float32Array(length * WIDTH)),
  );
  const x = new Float32Array(lengths.length * TOKENS * WIDTH).fill(1e6);
  const mask = new Array<number>(lengths.length * TOKENS).fill(0);
  lengths.forEach((length, row) => {
    const start = row * TOKENS + (side === 'left' ? TOKENS - length : 0);
    x.set(values[row]!, start * WIDTH);
    mask.fill(1, start, start + length);
  });
  const feeds = {
    x: float(x, lengths.length, TOKENS, WIDTH),
    attention_mask: ints(mask, lengths.length, TOKENS),
  };
  return { values, feeds };
}

type OnePooling = Exclude<Pooling, { kind: 'each' }>;

function withPooled(pooling: OnePooling, first: boolean): ModelProto {
  const graph = new GraphBuilder('pool');
  const by =
    pooling.kind === 'max' || pooling.kind === 'none'
      ? { kept: keptTokens(graph, 'attention_mask', { first }) }
      : { weights: tokenWeights(graph, 'attention_mask', pooling, { first }) };
  pooled(graph, flatStates(graph, 'hidden', [WIDTH]), by, 'pooled');
  graph.output('pooled', 'float32', ['batch', WIDTH]);
  return withAppended(model(), graph);
}

/** The slow reference: one text at a time, in double. */
function reference(values: Float32Array, pooling: OnePooling, first: boolean): number[] {
  const tokens = Array.from({ length: values.length / WIDTH }, (_, t) =>
    [...values.subarray(t * WIDTH, (t + 1) * WIDTH)].map((value) => Math.fround(2 * value)),
  ).slice(first ? 0 : 1);
  const unit = (m: number) => tokens.map((token) => token[m]!);
  const one = (token: number[] | undefined) => token ?? [0, 0, 0];
  switch (pooling.kind) {
    case 'mean':
      return [0, 1, 2].map(
        (m) => unit(m).reduce((sum, value) => sum + value, 0) / Math.max(1, tokens.length),
      );
    case 'max':
      return [0, 1, 2].map((m) => Math.max(...unit(m)));
    case 'last':
      return one(tokens.at(-1));
    case 'position':
      return one(tokens.at(pooling.position));
    case 'none':
      return tokens.flat();
  }
}

describe('pooling in the graph', () => {
  const lengths = [5, 3, 2, 4];
  const kinds: OnePooling[] = [
    { kind: 'mean' },
    { kind: 'max' },
    { kind: 'last' },
    { kind: 'position', position: 1 },
    { kind: 'position', position: -2 },
  ];
  for (const first of [true, false])
    it.each(kinds)(
      `$kind $position equals one text at a time, first token counted: ${first}`,
      async (pooling) => {
        const changed = withPooled(pooling, first);
        for (const side of ['left', 'right'] as const) {
          const { values, feeds } = batchOf(lengths, side);
          const { pooled: got } = await run(changed, feeds);
          values.forEach((text, row) => {
            const expected = reference(text, pooling, first);
            expected.forEach((value, m) =>
              expect(Number(got!.data[row * WIDTH + m]), `${side} ${row} ${m}`).toBeCloseTo(value, 6),
            );
          });
        }
      },
    );
});

describe('surgery', () => {
  it('hands out a value inside, and refuses one that is not there', async () => {
    const { feeds, values } = batchOf([5], 'right');
    const { hidden } = await run(withOutputs(model(), [{ value: 'hidden' }]), feeds);
    expect(Number(hidden!.data[0])).toBe(Math.fround(2 * values[0]![0]!));
    expect(() => withOutputs(model(), [{ value: 'nowhere' }])).toThrow(
      expect.objectContaining({ code: 'graph-value-unknown' }),
    );
  });

  it.each(['hidden', 'x'])(
    'puts an operator in the way of %s that does nothing at strength 0',
    async (value) => {
      const changed = withOperator(model(), value, (graph, before) => {
        const strength = graph.input('strength', 'float32', []);
        const shift = graph.node('Mul', [graph.constant('float32', [10, 20, 30]), strength]);
        graph.node('Add', [before, shift], {}, { name: value });
      });
      const { feeds } = batchOf([5], 'right');
      const plain = (await run(model(), feeds))['y']!;
      const at = async (strength: number) =>
        (await run(changed, { ...feeds, strength: float(Float32Array.of(strength)) }))['y']!;
      expect((await at(0)).data).toEqual(plain.data);
      const factor = value === 'x' ? 2 : 1;
      expect(Number((await at(1)).data[2]) - Number(plain.data[2])).toBeCloseTo(30 * factor, 4);
      if (value === 'hidden')
        expect(() => withOperator(changed, value, () => undefined)).toThrow(
          expect.objectContaining({ code: 'graph-value-taken' }),
        );
    },
  );
});
