/** @file What is told of an imported model without running it: the roles of its values, where it is a chain of blocks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../native-models';
import { modelFacts } from './facts';

const exported = (name: string) =>
  modelFacts(decodeModel(readFileSync(join(import.meta.dirname, 'testing/exports', name))), name);

describe('the facts of an imported model', () => {
  it('name the value of every role of a decoder, whatever the exporter called it', () => {
    const { roles } = exported('roles/llama.export.onnx');
    expect(roles!.layers).toBe(2);
    expect(roles!.hooks.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['embed', 'resid_post:1', 'pattern:0']),
    );
    expect(new Set(roles!.hooks.map(({ value }) => value)).size).toBeGreaterThan(10);
  });

  it('say what a fused file does not have, and why', () => {
    const { roles } = exported('roles/bert.fused.onnx');
    expect(roles!.absent.length).toBeGreaterThan(0);
    expect(roles!.absent.every(({ reason }) => reason.length > 10)).toBe(true);
  });

  it('have no roles where there is no chain of blocks', () => {
    const velocity = readFileSync(join(import.meta.dirname, '../../samples/velocity-mlp.onnx'));
    expect(modelFacts(decodeModel(velocity), 'velocity-mlp.onnx').roles).toBeUndefined();
  });
});
