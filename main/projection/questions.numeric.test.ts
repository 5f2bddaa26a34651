/** @file The questions of the projector and the unit browser, asked of made-up rows as a method's queries are. */
import { afterAll, describe, expect, it } from 'vitest';
import { openCompute } from '../compute/session';
import type { ProjectionAnswer } from '../contract/projection';
import { answerQuery, type Query, type QueryContext } from '../contract/query';
import { projectionAnswers } from './questions';
import type { RowStore } from './row-store';
import { plantedClusters } from './testing/clusters';

const rows = 90;
const planted = plantedClusters(rows, 8, 3);
const labels = {
  codes: planted.classes.map((code, row) => (row === 89 ? -1 : code)),
  names: ['place', 'person', 'food'],
};
const store: RowStore = {
  sources: [
    { name: 'resid_post:1', rows, columns: 8 },
    { name: 'mlp_act:1', rows, columns: 8 },
  ],
  matrix: async (source) =>
    source === 'resid_post:1' ? planted : { ...planted, data: planted.data.map((value) => value * 2 + 1) },
  ids: Array.from({ length: rows }, (_, row) => `row ${row}`),
  texts: Array.from({ length: rows }, (_, row) => `Sentence “${row}”.`),
  labels,
  tokens: async (_source, unit, row) => [{ text: `token of ${row}`, value: unit }],
};

const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());
const kept = new Map<string, Promise<unknown>>();
const context = {
  compute,
  cached: (key: string, make: () => Promise<unknown>) => {
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key);
  },
} as unknown as QueryContext;
const queries = projectionAnswers(async () => store) as unknown as Record<string, Query>;
const ask = async <T>(name: string, args: object): Promise<T> =>
  (await answerQuery(queries, name, context, args)) as T;
const project = (args: object) => ask<ProjectionAnswer>('project', { source: 'resid_post:1', ...args });

describe('project', () => {
  it('shows every row by its components, with what was fitted on what', async () => {
    const found = await project({ method: 'pca' });
    expect(found).toMatchObject({
      progress: { phase: 'done' },
      axes: ['PC 1', 'PC 2'],
      fittedOn: 'all 90 rows',
    });
    expect([found.rows.length, found.points!.length]).toEqual([rows, 2 * rows]);
    expect(found.explained![0]).toBeGreaterThan(found.explained![1]);
  });

  it('fits on a class or another source and shows the rest', async () => {
    const found = await project({ method: 'pca', fit: { group: 0 }, show: 1, components: [1, 2] });
    expect(found).toMatchObject({ axes: ['PC 2', 'PC 3'], fittedOn: '30 place rows' });
    expect([...found.rows]).toEqual([...labels.codes.keys()].filter((row) => labels.codes[row] === 1));
    const other = await project({ method: 'pca', fit: { source: 'mlp_act:1' } });
    expect(other.fittedOn).toBe('all 90 rows of mlp_act:1');
  });

  it('puts class means on either side of 0, and a direction and units as they are', async () => {
    const found = await project({ method: 'class-means', axis: { to: 2, from: 0 } });
    expect(found.axes).toEqual(['food − place', 'PC across']);
    const mean = (code: number) => {
      const own = [...found.rows].filter((row) => labels.codes[row] === code);
      return own.reduce((sum, row) => sum + found.points![2 * row]!, 0) / own.length;
    };
    expect(mean(2)).toBeCloseTo(-mean(0), 3);
    expect(mean(2)).toBeGreaterThan(1);
    const units = await project({ method: 'units', units: [3, 5] });
    expect([units.points![2], units.points![3]]).toEqual([planted.data[8 + 3], planted.data[8 + 5]]);
    const vector = new Float32Array(8);
    vector[2] = -3;
    const along = await project({ method: 'direction', direction: { name: 'probe 1', vector } });
    expect(along.axes[0]).toBe('probe 1');
    expect(along.points![2]! - along.points![0]!).toBeCloseTo(planted.data[2]! - planted.data[10]!, 5);
  });

  it('goes on with a slow one while it is asked for', async () => {
    let found = await project({ method: 'umap', milliseconds: 0 });
    expect(found.progress.phase).toBe('components');
    for (let asked = 0; asked < 2000 && found.progress.phase !== 'done'; asked++)
      found = await project({ method: 'umap', milliseconds: 20 });
    expect(found.progress.phase).toBe('done');
    expect(found.points!.every(Number.isFinite)).toBe(true);
    expect(found.rows.length).toBe(rows);
  });

  it.each([
    ['projection-fit', { method: 'umap', fit: { group: 0 } }],
    ['projection-source', { method: 'pca', source: 'resid_post:7' }],
    ['projection-class-empty', { method: 'pca', show: 9 }],
    ['projection-argument', { method: 'direction' }],
    ['projection-width', { method: 'direction', direction: { name: 'x', vector: new Float32Array(3) } }],
    ['projection-unit', { method: 'units', units: [0, 8] }],
    ['query-invalid', { method: 'isomap' }],
  ])('refuses with %s', async (code, args) => {
    await expect(project(args)).rejects.toMatchObject({ code });
  });
});

describe('units', () => {
  it('have statistics, a histogram of each group and the rows that light them most', async () => {
    const groups = { to: 0, from: 1 };
    const table = await ask<{ units: number; auroc: Float64Array }>('units', {
      source: 'resid_post:1',
      groups,
    });
    expect(table.units).toBe(8);
    expect(table.auroc.every((value) => value >= 0 && value <= 1)).toBe(true);
    const unit = await ask<{ histogram: { counts: Uint32Array }; to: Uint32Array }>('unit', {
      source: 'resid_post:1',
      unit: 3,
      groups,
    });
    const sum = (counts: Uint32Array) => counts.reduce((a, b) => a + b, 0);
    expect([sum(unit.histogram.counts), sum(unit.to)]).toEqual([90, 30]);
    const top = await ask<{
      rows: { row: number; value: number; text: string; tokens: unknown }[];
      total: number;
      line: number;
    }>('topRows', { source: 'resid_post:1', unit: 3, rank: 10, count: 4 });
    expect([top.rows.length, top.total]).toEqual([4, 10]);
    expect(top.rows[0]!.text).toBe(`Sentence “${top.rows[0]!.row}”.`);
    expect(top.rows[0]!.tokens).toEqual([{ text: `token of ${top.rows[0]!.row}`, value: 3 }]);
    const above = await ask<{ total: number }>('topRows', {
      source: 'resid_post:1',
      unit: 3,
      least: top.line,
    });
    expect(above.total).toBe(10);
  });

  it('tells the text of a row, and refuses one that is not there', async () => {
    expect(await ask('row', { row: 7 })).toMatchObject({ text: 'Sentence “7”.' });
    await expect(ask('row', { row: 90 })).rejects.toMatchObject({ code: 'row-unknown' });
  });
});

describe('subset', () => {
  it('is a file of JSON Lines with text, label and id', async () => {
    const lines = async (args: object) => {
      const { name, bytes } = await ask<{ name: string; bytes: Uint8Array }>('subset', args);
      return {
        name,
        lines: new TextDecoder()
          .decode(bytes)
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      };
    };
    const chosen = await lines({ rows: Uint32Array.of(89, 2, 2), name: 'Orte / “Städte”', form: 'chosen' });
    expect(chosen.name).toMatch(/^Orte-[A-Za-z-]+\.jsonl$/);
    expect(chosen.lines).toEqual([
      { id: 'row 2', text: 'Sentence “2”.', label: 'food' },
      { id: 'row 89', text: 'Sentence “89”.', label: null },
    ]);
    const marked = await lines({ rows: Uint32Array.of(2), name: 'text', form: 'marked' });
    expect(marked.lines.length).toBe(rows);
    expect(marked.lines[2]).toMatchObject({ 'in text': true });
    await expect(
      ask('subset', { rows: Uint32Array.of(90), name: 'x', form: 'chosen' }),
    ).rejects.toMatchObject({ code: 'projection-row' });
  });
});
