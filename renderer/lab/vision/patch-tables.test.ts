/** @file Tables behind the figures of patches. */
import { describe, expect, it } from 'vitest';
import type { PatchAttention } from '../../../main/rpc/contract';
import { attentionTable, meanOverHeads, span } from './patch-tables';

const attention: PatchAttention = {
  ...{ layer: 0, heads: 2, grid: { rows: 1, columns: 2 }, milliseconds: 1 },
  values: Float32Array.of(0.25, 0.5, 0.75, 0.125),
  classShare: Float32Array.of(0.25, 0.125),
  entropy: Float32Array.of(1, 1),
};

describe('attention of patches', () => {
  it('is a line a patch after that of the class token, and sums to 1 a head', () => {
    const { columns, rows } = attentionTable(attention);
    expect(columns).toEqual(['row', 'column', 'head 0', 'head 1']);
    expect(rows).toEqual([
      ['class token', '', 0.25, 0.125],
      [0, 0, 0.25, 0.75],
      [0, 1, 0.5, 0.125],
    ]);
    for (const head of [2, 3]) expect(rows.reduce((sum, row) => sum + Number(row[head]), 0)).toBe(1);
  });

  it('has a mean over heads', () => {
    expect([...meanOverHeads(attention)]).toEqual([0.5, 0.3125]);
  });

  it('leaves out what is no number from its scale', () => {
    expect(span(Float32Array.of(NaN, 2, -1))).toEqual([-1, 2]);
    expect(span(Float32Array.of(NaN))).toEqual([0, 1]);
  });
});
