/** @file A figure from data to SVG, table and selection, on a handful of points. */
import { describe, expect, it } from 'vitest';
import { histogramScene } from './bins';
import { curveScene } from './curves';
import { extentOf, segmentsOf } from './scene';
import { sceneSvg } from './svg';
import { sceneSummary, sceneTable, tableCsv } from './table';
import { lightTheme } from './theme';
import { ticks } from './ticks';
import { frame, twoPoints as scene } from './testing';
import { fitViewport } from './viewport';

describe('a scene', () => {
  it('keeps its proportions when it asks for equal aspect', () => {
    const view = fitViewport(scene, frame);
    expect(view.y).toEqual([0, 10]);
    expect(view.x).toEqual([-5, 15]);
  });

  it('becomes the same SVG every time', () => {
    const text = sceneSvg(
      scene,
      { ...frame, height: 160, margin: { top: 8, right: 8, bottom: 30, left: 40 } },
      lightTheme,
    );
    expect(text).toContain('<title>Two points &lt;here&gt;</title>');
    expect(text.match(/<circle/g)).toHaveLength(3); // two points and the legend's
    expect(text).toMatchSnapshot();
  });

  it('becomes a table with every number, quoted where CSV needs it', () => {
    const csv = tableCsv(sceneTable(scene));
    expect(csv).toBe('mark,index,x,y,class,row\r\ndata,0,2,2,"a, b",5\r\ndata,1,8,8,,9\r\n');
  });

  it('says in words what it shows', () => {
    expect(sceneSummary(scene)).toBe(
      'Two points <here>. 2 of 2 shown. Across: x, 0 to 10. Up: y, 0 to 10. data, 2 points',
    );
  });
});

describe('lines', () => {
  it('of paths join each particle through all times', () => {
    // Two times, two particles: (0,0)→(1,1) and (5,5)→(6,6).
    const positions = Float32Array.of(0, 0, 5, 5, 1, 1, 6, 6);
    const mark = { kind: 'paths', id: 'p', label: 'p', color: 'ink', opacity: 1 } as const;
    const all = segmentsOf({ ...mark, positions, times: 2, count: 2, every: 1 });
    expect([...all]).toEqual([0, 0, 1, 1, 5, 5, 6, 6]);
    expect([...segmentsOf({ ...mark, positions, times: 2, count: 2, every: 2 })]).toEqual([0, 0, 1, 1]);
  });
});

describe('extents and ticks', () => {
  it('ignore what is not finite', () => {
    expect(extentOf([Float32Array.of(0, 0, NaN, 1, 10, Infinity, 4, 2)], 0)).toEqual([0, 4, 0, 2]);
    expect(extentOf([new Float32Array(0)])).toEqual([-1, 1, -1, 1]);
  });

  it('are powers of ten on a log axis, and round values within one decade', () => {
    expect(ticks([1e-4, 10], 'log', 6).map((t) => t.label)).toEqual([
      '1e−4',
      '1e−3',
      '0.01',
      '0.1',
      '1',
      '10',
    ]);
    expect(ticks([0.21, 0.48], 'log', 4).map((t) => t.value)).toEqual([0.25, 0.3, 0.35, 0.4, 0.45]);
    expect(ticks([0, 2500], 'linear', 3).map((t) => t.label)).toEqual(['0', '1,000', '2,000']);
  });
});

describe('a histogram', () => {
  it('counts shares in shared bins and says what a log axis cannot show', () => {
    const made = histogramScene({
      title: 'Curvature',
      subtitle: 'this run',
      xLabel: 'curvature',
      xScale: 'log',
      yLabel: 'share of paths',
      bins: 2,
      series: [
        { id: 'a', label: 'this run', values: [0.01, 0.01, 1, 0], color: 'series-1', outline: false },
        { id: 'b', label: 'other', values: [1, 1], color: 'series-0', outline: true },
      ],
    });
    const heights = made.marks.map((mark) => (mark.kind === 'bins' ? [...mark.heights] : []));
    expect(heights).toEqual([
      [50, 25],
      [0, 100],
    ]);
    expect(made.subtitle).toBe('this run · 1 values that are not positive or not finite left out');
  });
});

describe('a curve', () => {
  it('keeps room for the steps to come, and leaves out what a log axis cannot show', () => {
    const made = curveScene({
      title: 'Loss',
      subtitle: '',
      xLabel: 'step',
      yLabel: 'loss',
      yScale: 'log',
      xEnd: 100,
      curves: [
        {
          id: 'a',
          label: 'a',
          x: Float64Array.of(0, 10, 20),
          y: Float64Array.of(1, 0, 0.1),
          color: 'series-1',
          dashed: false,
        },
      ],
    });
    expect(made.x.domain).toEqual([0, 100]);
    expect(made.y.domain[0]).toBeGreaterThan(0.05);
    expect(made.y.domain[1]).toBeLessThan(2);
  });
});
