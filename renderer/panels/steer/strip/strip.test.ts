/** @file The strip on top as data: which hooks are rows and cells, and what stands on either side. */
import { describe, expect, it } from 'vitest';
import type { DatasetInfo, HookCertificate } from '../../../../main/rpc/contract';
import { languageFacts } from '../../../testing/memory-language';
import { datasetInfo, runRecord } from '../../../testing/memory-engine';
import { steerOverview } from '../../../testing/memory-steer';
import { chosenWords, hookRows, shortRole, stepped } from './hooks';
import { labelsOf, sideOf, swappedLabels } from './sides';

const { hooks: facts } = languageFacts({ layers: 4, heads: 2, width: 16 });
const none: ReadonlyMap<string, HookCertificate> = new Map();
const rowsOf = (chosen: string[], certificates = none, fitted = steerOverview().hooks) =>
  hookRows({ facts, chosen: new Set(chosen), fitted, certificates });

describe('the map of hooks', () => {
  it('has a row for the usual roles and for those that are chosen, in the order of the model', () => {
    expect(rowsOf([]).map(({ role }) => role)).toEqual(['norm_attn_in', 'norm_mlp_in']);
    expect(rowsOf(['resid_post:2']).map(({ role }) => role)).toEqual([
      'norm_attn_in',
      'norm_mlp_in',
      'resid_post',
    ]);
    expect(shortRole('norm_attn_in')).toBe('attn');
  });

  it('fills a cell by the share of W₂ that its map takes away, and leaves the others empty', () => {
    const [attention] = rowsOf(['norm_attn_in:0']);
    expect(attention!.cells.map((cell) => cell!.chosen)).toEqual([true, false, false, false]);
    const [first, , third] = attention!.cells;
    expect(first!.reduction).toBeCloseTo(1 - 0.2 / 1.1, 6);
    expect(first!.says).toMatch(/^block 0 · norm_attn_in · W₂ 1\.1 → 0\.2, 16 of 16 units$/);
    expect(third!.reduction).toBeNull();
  });

  it('marks hooks that a run left out, and those that failed certification, with the reason', () => {
    const wrong = {
      hook: 'norm_attn_in:3',
      verdict: 'wrong',
      reason: 'the hook is dead',
      checks: [],
    } as const;
    const [attention, perceptron] = rowsOf([], new Map([[wrong.hook, { ...wrong, checks: [] }]]));
    expect(attention!.cells[3]!.says).toContain('left out: the hook is dead');
    expect(perceptron!.cells[1]!.wrong).toBe(true);
    expect(attention!.cells[0]!.wrong).toBe(false);
  });

  it('says what is chosen, without what cannot be steered', () => {
    const all = facts.filter(({ role }) => role === 'norm_mlp_in').map(({ id }) => id);
    expect(chosenWords(rowsOf(all))).toBe('norm_mlp_in · 3 of 4 blocks');
    expect(chosenWords(rowsOf([]))).toBe('choose hooks');
  });

  it('is walked by arrow keys, stopping at its ends', () => {
    const rows = rowsOf([]);
    expect(stepped(rows, null, [1, 0])).toBe('norm_attn_in:0');
    expect(stepped(rows, 'norm_attn_in:0', [1, 0])).toBe('norm_attn_in:1');
    expect(stepped(rows, 'norm_attn_in:1', [0, 1])).toBe('norm_mlp_in:1');
    expect(stepped(rows, 'norm_mlp_in:3', [1, 0])).toBe('norm_mlp_in:3');
  });
});

const words = (name: string, rows: number): DatasetInfo => {
  const info = datasetInfo(name, rows);
  const [column] = info.columns;
  return {
    ...info,
    columns: [
      { ...column!, name: 'text', kind: 'text', role: 'text' },
      { ...column!, name: 'concept', kind: 'category', role: 'label', categories: ['food', 'sport'] },
    ],
  };
};
const given = (dataset: DatasetInfo) => ({ id: dataset.id, name: dataset.name, dataset, model: null });

describe('a side', () => {
  it('is what the run was of while the next run would take the same', () => {
    const dataset = words('everyday.jsonl', 512);
    const reference = {
      kind: 'dataset',
      input: 'source',
      name: '',
      path: '',
      sha256: dataset.sha256,
    } as const;
    const run = runRecord('1', { inputs: [{ ...reference, rows: 512, roles: {} }], config: { from: '' } });
    const side = sideOf('source', given(dataset), { from: '' }, run, steerOverview());
    expect(side).toMatchObject({ name: 'everyday.jsonl', count: '512 texts', changed: false });
    const other = sideOf('source', given(words('other.jsonl', 40)), { from: '' }, run, steerOverview());
    expect(other).toMatchObject({
      name: 'other.jsonl',
      changed: true,
      warning: '40 texts: w ± 0.16 by chance',
    });
  });

  it('can be the rows of a label, and says where a file has no words', () => {
    const dataset = words('all.jsonl', 90);
    expect(labelsOf(dataset, '')).toEqual({ column: 'concept', names: ['food', 'sport'] });
    expect(sideOf('target', given(dataset), { to: 'sport' }, null, null)).toMatchObject({
      name: 'all.jsonl · sport',
    });
    expect(sideOf('source', given(datasetInfo('moons.csv', 90)), {}, null, null)!.warning).toMatch(
      /no column of text/,
    );
    expect(sideOf('source', null, {}, null, null)).toBeNull();
  });

  it('changes places with the other where labels name them', () => {
    expect(swappedLabels({ from: 'food', to: 'sport' })).toEqual({ from: 'sport', to: 'food' });
    expect(swappedLabels({})).toBeNull();
  });
});
