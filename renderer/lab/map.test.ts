/** @file The layer × token map without a screen: its window, colours, labels and numbers. */
import { describe, expect, test } from 'vitest';
import { surfaceSvg } from '../../figures/svg';
import { lightTheme } from '../../figures/theme';
import type { LanguageLook } from '../../main/rpc/contract';
import { MemoryDecoder } from '../testing/memory-decoder';
import { lens, look } from '../testing/memory-language';
import { drawLens, lensTable } from './lens-draw';
import { drawMapCells, drawMapFrame, fitting, mapPlace, mapTable, rankOf, tokenLabel } from './map-draw';
import { mapColor, mapDomain, mapPixels, mapTone } from './map-scale';
import { moved, whole, withToken, zoomed } from './window';

const model = new MemoryDecoder({ layers: 3, heads: 2, width: 8 });
const text = 'The Tower is in Paris.';
const norms = look(model, {
  ...{ kind: 'look', text, level: 'fp32', measure: { kind: 'norm' }, role: 'resid_post' },
});
const looked = (change: Partial<LanguageLook>): LanguageLook => ({ ...norms, ...change });

describe('the window of tokens', () => {
  test('zooming keeps what is under the pointer in its place, and never shows fewer than eight', () => {
    expect(zoomed([0, 100], 100, 0.5, 0.5)).toEqual([25, 75]);
    expect(zoomed([0, 100], 100, 0.5, 1)).toEqual([50, 100]);
    expect(zoomed([40, 50], 100, 0.1, 0.5)).toEqual([41, 49]);
    expect(zoomed([25, 75], 100, 4, 0.5)).toEqual(whole(100));
    expect(zoomed([0, 3], 3, 0.5, 0.5)).toEqual([0, 3]);
  });

  test('moving ends at the text’s ends', () => {
    expect(moved([10, 20], 100, -30)).toEqual([0, 10]);
    expect(moved([10, 20], 100, 300)).toEqual([90, 100]);
    expect(withToken([10, 20], 100, 42)).toEqual([33, 43]);
    expect(withToken([10, 20], 100, 3)).toEqual([3, 13]);
    expect(withToken([10, 20], 100, 15)).toEqual([10, 20]);
  });
});

describe('colours', () => {
  test('signed values are symmetric around the ground, norms are on a log scale', () => {
    const signed = looked({ values: Float32Array.of(-0.2, 0.5), scale: 'diverging' });
    expect(mapDomain(signed)).toEqual([-0.5, 0.5]);
    expect(mapTone(0, [-0.5, 0.5], 'diverging')).toBe(0.5);
    expect(mapColor(0.5, 'diverging', lightTheme)).toBe('rgb(241, 243, 246)');
    expect(mapTone(10, [1, 100], 'log')).toBeCloseTo(0.5, 12);
    expect(mapDomain(looked({ values: Float32Array.of(NaN, 0), scale: 'linear' }))).toEqual([0, 1]);
  });

  test('a column of several tokens shows what stands out the most; nothing stays clear', () => {
    const tokens = norms.tokens.slice(0, 4);
    const shown = looked({
      ...{ tokens, rows: norms.rows.slice(0, 1), scale: 'diverging' },
      values: Float32Array.of(0.1, -1, NaN, NaN),
    });
    const { width, bytes } = mapPixels(shown, 0, 4, 2, lightTheme);
    expect(width).toBe(2);
    expect([...bytes.subarray(0, 4)]).toEqual([0x17, 0x69, 0xd2, 255]);
    expect(bytes[7]).toBe(0);
  });
});

test('tokens are labelled as they fit', () => {
  expect([tokenLabel(' Paris'), tokenLabel('\n'), tokenLabel('  ')]).toEqual(['Paris', '⏎', '␣␣']);
  expect([fitting('Colosseum', 100), fitting('Colosseum', 32), fitting('Colosseum', 8)]).toEqual([
    'Colosseum',
    'Colo…',
    '',
  ]);
});

test('as SVG the map has its words, its formula and one rectangle a run of cells', () => {
  const place = mapPlace(norms, whole(norms.tokens.length), 600, 300);
  const svg = surfaceSvg('Map', 600, 300, (surface) => {
    drawMapCells(surface, norms, place, lightTheme);
    drawMapFrame(surface, norms, place, lightTheme);
  });
  for (const word of ['embed', 'Tower', 'next', '‖h‖₂ of the state, log scale'])
    expect(svg).toContain(`>${word}<`);
  expect(svg.match(/<rect/g)!.length).toBeGreaterThan(norms.rows.length);
  expect(svg).not.toContain('NaN');
});

test('the table has every cell, and ranks count from the largest', () => {
  const { columns, rows } = mapTable(norms);
  expect(columns).toEqual(['hook', 'position', 'token', 'norm', '‖h‖', 'next token']);
  expect(rows).toHaveLength(norms.rows.length * norms.tokens.length);
  const shown = looked({ values: norms.values.map((_, at) => -at) });
  expect([rankOf(shown, 1, 0), rankOf(shown, 1, 3)]).toEqual([1, 4]);
});

test('the lens agrees with itself at the end, where nothing is left of its KL', () => {
  const answer = lens(model, text, 2, 3);
  const last = answer.rows.at(-1)!;
  expect(last.agrees).toBe(true);
  expect(last.divergence).toBeCloseTo(0, 9);
  expect(last.finalProbability).toBe(last.top[0]!.probability);
  const svg = surfaceSvg('Lens', 220, 200, (surface) =>
    drawLens(surface, answer, { top: 28, cellHeight: 30, width: 220 }, 'entropy', 1, lightTheme),
  );
  expect(svg).toContain('entropy, nats');
  expect(lensTable(answer).rows).toHaveLength(4);
});
