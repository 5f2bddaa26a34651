/** @file Steering written to files and read again, by us and by others; and every way in which a file may not fit. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MongeError } from '../../../native-models/error';
import { encodeGguf } from '../../../native-models/io/gguf-write';
import { decodeSafetensors, encodeSafetensors } from '../../../native-models/io/safetensors';
import { codeOf } from '../../../native-models/testing/code-of';
import { memorySource } from '../../../native-models/testing/gguf-bytes';
import type { HookMap, SteeringRecipe } from '../../contract/steering';
import { makeMap } from '../map';
import { encodeControlVector, readControlVector } from './control-vector';
import { recipeText } from './recipe';
import { decodeSteering, encodeSteering } from './steering-file';

const maps: HookMap[] = [
  makeMap({ hook: 'embed', w: [1, 1], beta: [0.5, -0.5], units: [1, 0], form: 'add' }),
  makeMap({ hook: 'norm_attn_in:3', w: [1.15, 0.5], beta: [2.425, 0], lo: [-1, -2], hi: [1, 2] }),
];
const hashOf = (letter: string) => letter.repeat(64);
const recipe: SteeringRecipe = {
  version: 1,
  program: 'monge 0.1.0',
  model: { name: 'SmolLM2-135M', sha256: hashOf('a'), level: 'fp32' },
  method: 'linear-act',
  pooling: 'mean',
  support: 'q_0_100',
  supportFrom: 'pooled',
  estimation: 'causal',
  targets: 'steered',
  first: true,
  n: { source: 128, target: 128 },
  dataSha256: { source: hashOf('b'), target: hashOf('c') },
  seed: 7,
  lambda: [1, 0.5],
  hooks: ['embed', 'norm_attn_in:3'],
};
const bytes = () => encodeSteering({ maps, recipe });

describe('safetensors with a recipe', () => {
  it('come back as they were written', () => {
    const widths = new Map([
      ['embed', 2],
      ['norm_attn_in:3', 2],
      ['resid_post:0', 2],
    ]);
    expect(decodeSteering(bytes(), { sha256: hashOf('a'), widths })).toEqual({ maps, recipe });
    expect(bytes()).toEqual(bytes());
  });

  it('name their tensors by role, layer and part, for others to read', () => {
    const { arrays, metadata } = decodeSafetensors(bytes());
    expect(arrays['norm_attn_in/3/w']?.data).toEqual(Float32Array.of(1.15, 0.5));
    expect(Object.keys(arrays)).toHaveLength(10);
    expect(JSON.parse(metadata['monge.steering']!)).toEqual(recipe);
  });

  it('are refused for another model, other widths, or a hook that it does not have', () => {
    const read = (subject: Parameters<typeof decodeSteering>[1]) =>
      codeOf(() => decodeSteering(bytes(), subject));
    expect(read({ sha256: hashOf('b') })).toBe('steering-model');
    expect(read({ widths: new Map([['embed', 2]]) })).toBe('steering-hook-unknown');
    expect(read({ widths: new Map([['embed', 3]]) })).toBe('steering-width');
  });

  it('are refused where they are damaged', () => {
    const changed = (change: (file: ReturnType<typeof decodeSafetensors>) => void) => {
      const file = decodeSafetensors(bytes());
      change(file);
      return codeOf(() => decodeSteering(encodeSafetensors(file.arrays, file.metadata)));
    };
    const withRecipe = (part: object) =>
      changed(({ metadata }) => (metadata['monge.steering'] = JSON.stringify({ ...recipe, ...part })));
    expect(changed(() => undefined)).toBe('nothing thrown');
    expect(changed(({ arrays }) => ((arrays['embed/beta']!.data as Float32Array)[0] = NaN))).toBe(
      'steering-map',
    );
    expect(changed(({ arrays }) => (arrays['embed/lo'] = { data: new Float32Array(3), shape: [3] }))).toBe(
      'steering-map',
    );
    expect(changed(({ arrays }) => ((arrays['embed/w']!.data as Float32Array)[0] = 2))).toBe('steering-form');
    expect(changed(({ arrays }) => delete arrays['embed/hi'])).toBe('steering-file');
    expect(changed(({ arrays }) => (arrays['embed/units'] = { data: new Float32Array(2), shape: [2] }))).toBe(
      'steering-file',
    );
    expect(changed(({ arrays }) => (arrays['embed/more'] = { data: new Float32Array(2), shape: [2] }))).toBe(
      'steering-hooks',
    );
    expect(changed(({ metadata }) => delete metadata['monge.steering'])).toBe('steering-file');
    expect(changed(({ metadata }) => (metadata['monge.forms'] = '[]'))).toBe('steering-file');
    expect(changed(({ metadata }) => (metadata['monge.steering'] = '{'))).toBe('steering-recipe');
    expect(withRecipe({ version: 2 })).toBe('steering-version');
    expect(withRecipe({ seed: -1 })).toBe('steering-recipe');
    expect(withRecipe({ more: 1 })).toBe('steering-recipe');
    expect(withRecipe({ lambda: null })).toBe('steering-recipe');
    expect(withRecipe({ lambda: [1] })).toBe('steering-hooks');
    expect(withRecipe({ hooks: ['embed'], lambda: 1 })).toBe('steering-hooks');
    expect(codeOf(() => decodeSteering(bytes().subarray(0, 200)))).toBe('safetensors-truncated');
    expect(codeOf(() => encodeSteering({ maps: [maps[0]!], recipe }))).toBe('steering-hooks');
  });

  it('have a recipe that people can read', () => {
    expect(recipeText(recipe).split('\n')[1]).toBe('  "version": 1,');
  });
});

describe('control vectors of llama.cpp', () => {
  const direction = (layer: number, beta: number[], more: Partial<HookMap> = {}): HookMap => ({
    ...makeMap({ hook: `resid_post:${layer}`, w: beta.map(() => 1), beta, form: 'add' }),
    ...more,
  });
  const two = [direction(4, [1, 2, -0.125]), direction(1, [0.25, -0.625, 1.5])];
  const written = () => encodeControlVector({ maps: two, lambda: [1, 2], first: true }, 'llama');
  const refused = async (action: () => Promise<unknown>) => {
    const error: unknown = await action().catch((thrown: unknown) => thrown);
    return error instanceof MongeError ? error.code : 'nothing thrown';
  };

  it('are byte for byte what the Python package gguf writes', () => {
    const fixture = readFileSync(new URL('./testing/control-vector.gguf', import.meta.url));
    expect(Buffer.from(written()).equals(fixture)).toBe(true);
  });

  it('come back as maps that add, strengths included, in the order of the blocks', async () => {
    const { maps: read, model } = await readControlVector(memorySource(written()));
    expect(model).toBe('llama');
    expect(read).toEqual([direction(1, [0.5, -1.25, 3]), direction(4, [1, 2, -0.125])]);
  });

  it('hold shifts that were fitted as transport too, and zeros in units that are not steered', async () => {
    const shift = makeMap({ hook: 'resid_post:2', w: [1, 1], beta: [3, 4], units: [0, 1] });
    const { maps: read } = await readControlVector(
      memorySource(encodeControlVector({ maps: [shift], lambda: 0.5, first: true }, 'llama')),
    );
    expect([...read[0]!.beta]).toEqual([0, 2]);
  });

  it('are refused for what llama.cpp cannot do', () => {
    const write = (map: HookMap, first = true, others: HookMap[] = []) =>
      codeOf(() => encodeControlVector({ maps: [map, ...others], lambda: 1, first }, 'llama'));
    expect(write(direction(1, [1]))).toBe('nothing thrown');
    expect(write(direction(0, [1]))).toBe('control-vector-hook');
    expect(write(direction(1, [1], { hook: 'norm_attn_in:1' }))).toBe('control-vector-hook');
    expect(write(makeMap({ hook: 'resid_post:1', w: [1.5], beta: [1] }))).toBe('control-vector-scale');
    expect(write(makeMap({ hook: 'resid_post:1', w: [1], beta: [1], lo: [0] }))).toBe(
      'control-vector-support',
    );
    expect(write(direction(1, [1]), false)).toBe('control-vector-first');
    expect(write(direction(1, [1]), true, [direction(2, [1, 2])])).toBe('control-vector-width');
  });

  it('are refused where they are none', async () => {
    const file = (architecture: string, name: string, data: number[], shape = [data.length]) =>
      refused(() =>
        readControlVector(
          memorySource(
            encodeGguf({
              metadata: { 'general.architecture': architecture },
              tensors: [{ name, shape, data: Float32Array.from(data) }],
            }),
          ),
        ),
      );
    expect(await file('controlvector', 'direction.1', [1])).toBe('nothing thrown');
    expect(await file('llama', 'direction.1', [1])).toBe('control-vector-file');
    expect(await file('controlvector', 'direction.0', [1])).toBe('control-vector-file');
    expect(await file('controlvector', 'token_embd.weight', [1])).toBe('control-vector-file');
    expect(await file('controlvector', 'direction.1', [1, 2], [2, 1])).toBe('control-vector-file');
    expect(await file('controlvector', 'direction.1', [NaN])).toBe('steering-map');
    expect(await refused(() => readControlVector(memorySource(written().subarray(0, 150))))).toMatch(
      /^gguf-/,
    );
  });
});
