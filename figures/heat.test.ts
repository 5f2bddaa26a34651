/** @file Heat maps as numbers: colours, pooling, the table behind them, and the SVG. */
import { describe, expect, it } from 'vitest';
import {
  cellsFor,
  drawHeatCells,
  drawHeatFrame,
  heatDomain,
  heatPixels,
  heatTable,
  heatTone,
  pooledLargest,
} from './heat';
import type { Heat } from './heat';
import { toneColor } from './palette';
import { surfaceSvg } from './svg';
import { lightTheme } from './theme';

const heat: Heat = {
  values: Float32Array.of(1, 0, 0, 0, 0, 0.01, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 1e-7),
  size: 4,
  rowLabel: 'source',
  columnLabel: 'data',
  valueLabel: 'P',
  scale: 'log',
};

describe('a heat map', () => {
  it('spreads its colours over four decades, or evenly', () => {
    const log = heatDomain(heat);
    expect(log).toEqual([expect.closeTo(1e-4, 12), 1]);
    expect([0, 1e-7, 0.01, 1].map((value) => heatTone(value, log, 'log'))).toEqual([
      0,
      0,
      expect.closeTo(0.5, 6),
      1,
    ]);
    expect(heatTone(0.5, heatDomain({ ...heat, scale: 'linear' }), 'linear')).toBe(0.5);
  });

  it('keeps single cells when there is no room for all', () => {
    expect([...pooledLargest(heat.values, 4, 2)]).toEqual([1, 0, 0, 0.5]);
    expect([cellsFor(512, 300), cellsFor(512, 600), cellsFor(5, 1)]).toEqual([256, 512, 1]);
  });

  it('paints little near the ground on both themes', () => {
    const pixels = heatPixels(Float32Array.of(0, 1), [0, 1], 'linear', lightTheme);
    const bright = (at: number) => pixels[at]! + pixels[at + 1]! + pixels[at + 2]!;
    expect(bright(0)).toBeGreaterThan(bright(4));
    const dark = { ...lightTheme, background: '#101318' };
    const night = heatPixels(Float32Array.of(0, 1), [0, 1], 'linear', dark);
    expect(night[0]! + night[1]!).toBeLessThan(night[4]! + night[5]!);
    expect(pixels[3]).toBe(255);
  });

  it('has a table of the cells that are not negligible', () => {
    expect(heatTable(heat)).toEqual({
      columns: ['source', 'data', 'P'],
      rows: [
        [0, 0, 1],
        [1, 1, expect.closeTo(0.01, 6)],
        [2, 2, 0.5],
      ],
    });
  });

  it('is an SVG with one rectangle per run of colour and a named colour bar', () => {
    const svg = surfaceSvg('P', 300, 260, (surface) => {
      drawHeatCells(surface, heat, 300, 260, lightTheme);
      drawHeatFrame(surface, heat, 300, 260, lightTheme);
    });
    const full = toneColor(1, lightTheme);
    expect(svg).toContain(`fill="${full}"`);
    for (const text of ['source', 'data', '>P<', '≤']) expect(svg).toContain(text);
  });
});
