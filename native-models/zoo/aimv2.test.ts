/** @file AIMv2 against the fixtures of the published code, with mistakes that must be noticed; loading of both layouts. */
import { describe, expect, it } from 'vitest';
import { evaluate, type HostArray } from '../evaluate/evaluate';
import { float32 } from '../ir/types';
import {
  aimv2FixtureGraph,
  aimv2FixturesPresent,
  aimv2StatesGraph,
  expectAimv2Gradients,
  expectAimv2States,
  loadAimv2Fixture,
  type Aimv2FixtureName,
} from '../testing/aimv2-fixture';
import { codeOf } from '../testing/code-of';
import { aimv2 } from './aimv2';
import { importAimv2, importLlama } from './checkpoint';

const NAMES: readonly Aimv2FixtureName[] = ['tiny-absolute', 'tiny-native'];

describe.skipIf(!aimv2FixturesPresent).each(NAMES)('the fixture %s', (name) => {
  it('loads alike from both layouts', () => {
    const { weights, model } = loadAimv2Fixture(name);
    expect(Object.keys(weights.hf).sort()).toEqual(Object.keys(model.parameters).sort());
    expect(weights.original).toEqual(weights.hf);
  });

  it('has the hidden states and gradients of the published code', () => {
    const fixture = loadAimv2Fixture(name);
    const results = evaluate(aimv2FixtureGraph(fixture, 'float64'), {
      ...fixture.weights.hf,
      images: fixture.images,
    });
    expectAimv2States(results, fixture, 'float64');
    expectAimv2Gradients(results, fixture);
  });
});

/** Runs the forward pass alone, with weights or model changed, and holds it to the fixture. */
function mutated(
  name: Aimv2FixtureName,
  change: (
    weights: Record<string, HostArray>,
    fixture: ReturnType<typeof loadAimv2Fixture>,
  ) => {
    weights?: Record<string, HostArray>;
    model?: ReturnType<typeof aimv2>;
  },
): () => void {
  const fixture = loadAimv2Fixture(name);
  const { weights = fixture.weights.hf, model = fixture.model } = change({ ...fixture.weights.hf }, fixture);
  const results = evaluate(aimv2StatesGraph({ model, images: fixture.images }), {
    ...weights,
    images: fixture.images,
  });
  return () => expectAimv2States(results, fixture, 'float64');
}

/** Exchanges two parameters in every block. */
function swapped(weights: Record<string, HostArray>, left: string, right: string): Record<string, HostArray> {
  return Object.fromEntries(
    Object.keys(weights).map((key) => {
      const other = key.includes(left) ? key.replace(left, right) : key.replace(right, left);
      return [key, weights[other]!];
    }),
  );
}

describe.skipIf(!aimv2FixturesPresent)('mistakes are noticed:', () => {
  it.each([
    ['gate and up exchanged', 'gate_proj', 'up_proj'],
    ['keys and values exchanged', 'k_proj', 'v_proj'],
    ['the norms of a block exchanged', 'rms_norm1', 'rms_norm2'],
  ])('%s', (_title, left, right) => {
    expect(mutated('tiny-absolute', (weights) => ({ weights: swapped(weights, left, right) }))).toThrow(
      /hidden\.1/,
    );
  });

  it('patches flattened in (row, column, channel) order', () => {
    expect(
      mutated('tiny-absolute', (weights) => {
        const key = 'embeddings.patch_embed.weight';
        const { data, shape } = weights[key]!;
        const width = shape[1]!;
        // Our row of (channel, row, column) is given the weights of the other order.
        const turned = Array.from({ length: data.length }, (_, flat) => {
          const entry = Math.floor(flat / width);
          const other = (entry % 16) * 3 + Math.floor(entry / 16);
          return data[other * width + (flat % width)]!;
        });
        return { weights: { ...weights, [key]: { data: turned, shape } } };
      }),
    ).toThrow(/hidden\.0/);
  });

  it('rows before columns in the position features of a grid that is not square', () => {
    expect(
      mutated('tiny-native', (weights, { model: { options } }) => {
        const table = aimv2({ ...options, positions: 'learnedFromGrid' });
        const key = 'embeddings.position_embedding.weight';
        const correct = table.initialise(0)[key]!;
        const width = options.width;
        const halves = Float32Array.from(correct, (_, flat) => {
          const feature = flat % width;
          return correct[flat - feature + ((feature + width / 2) % width)]!;
        });
        return { model: table, weights: { ...weights, [key]: { data: halves, shape: [18, width] } } };
      }),
    ).toThrow(/hidden\.0/);
  });

  it('no patch norm', () => {
    expect(
      mutated('tiny-absolute', (weights, { model }) => ({
        weights,
        // An epsilon this large makes the norm a constant factor, which the gain makes up for.
        model: aimv2({ ...model.options, epsilon: 1e6 }),
      })),
    ).toThrow(/hidden\.0/);
  });

  it('an epsilon of 1e-6', () => {
    expect(
      mutated('tiny-absolute', (weights, { model }) => ({
        weights,
        model: aimv2({ ...model.options, epsilon: 1e-6 }),
      })),
    ).toThrow(/hidden\.0/);
  });
});

describe('checkpoints', () => {
  const model = aimv2({
    channels: 1,
    height: 4,
    columns: 4,
    patch: 2,
    width: 8,
    hidden: 8,
    layers: 1,
    heads: 2,
    positions: 'learned',
    outputs: 5,
  });

  it('are refused by name and by shape', () => {
    expect(codeOf(() => importAimv2({}, model.parameters))).toBe('checkpoint-names');
    const extra = { 'lm_head.weight': { data: [1], shape: [1, 1] }, other: { data: [1], shape: [1] } };
    expect(codeOf(() => importLlama(extra, { 'lm_head.weight': float32(1, 1) }))).toBe('checkpoint-names');
    const wrong = { 'lm_head.weight': { data: [1, 2, 3, 4, 5, 6], shape: [3, 2] } };
    expect(codeOf(() => importLlama(wrong, { 'lm_head.weight': float32(3, 2) }))).toBe('checkpoint-shape');
  });

  it('are transposed, and found under early names and with the prefix of the joint model', () => {
    const stored = Object.fromEntries(
      Object.entries(model.parameters).map(([name, { shape }]) => {
        const sizes = shape.map(Number);
        const early = name
          .replace('attention.out_proj', 'attention.proj_out')
          .replace('ffn.down_proj', 'ffn.fc2');
        const count = sizes.reduce((product, size) => product * size, 1);
        const turned = /_proj|patch_embed/.test(name) && sizes.length === 2;
        return [
          `vision_model.${early}`,
          {
            data: Float32Array.from({ length: count }, (_, at) => at),
            shape: turned ? [...sizes].reverse() : sizes,
          },
        ];
      }),
    );
    const weights = importAimv2(stored, model.parameters);
    const head = weights['head.output_proj.weight']!;
    expect(head.shape).toEqual([8, 5]);
    // Entry (input 1, output 2) of ours is entry (output 2, input 1) of the file.
    expect(head.data[1 * 5 + 2]).toBe(2 * 8 + 1);
    expect(weights['encoder.layers.0.attention.out_proj.weight']!.data[1]).toBe(8);
  });
});
