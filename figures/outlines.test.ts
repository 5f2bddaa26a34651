/** @file Outlines with holes, signs, strokes and notes: as SVG, table, legend and words; and surfaces in space. */
import { describe, expect, it } from 'vitest';
import { sceneLegend } from './legend';
import { boxOf, drawMesh, mixed, projector, type MeshPicture } from './mesh';
import { layerOf, type Mark, type Scene } from './scene';
import { sceneSvg, surfaceSvg } from './svg';
import { sceneSummary, sceneTable } from './table';
import { lightTheme } from './theme';
import type { Frame } from './viewport';

const frame: Frame = { width: 200, height: 160, margin: { top: 8, right: 8, bottom: 30, left: 46 } };
const square = (size: number): Float32Array =>
  Float32Array.of(-size, -size, size, -size, size, size, -size, size);
const outline: Mark = {
  kind: 'polygons',
  id: 'set',
  label: 'set',
  rings: [square(4), square(2)],
  fill: 0.1,
  stroke: 'dotted',
  color: 'series-1',
  opacity: 1,
};
const sign = (shape: 'cross' | 'ring' | 'spot' | 'diamond'): Mark => ({
  kind: 'points',
  id: shape,
  label: shape,
  points: Float32Array.of(0, 0),
  radius: 5,
  color: 'good',
  opacity: 1,
  shape,
});
const scene: Scene = {
  title: 'Sets',
  subtitle: '',
  x: { label: 'Y1', scale: 'linear', domain: [-5, 5] },
  y: { label: 'Y2', scale: 'linear', domain: [-5, 5] },
  equalAspect: false,
  marks: [outline, sign('cross'), sign('ring'), sign('spot')],
  notes: ['L1: everything'],
};

describe('outlines', () => {
  it('are one path with holes by the even-odd rule, each ring closed and stroked as asked', () => {
    const svg = sceneSvg(scene, frame, lightTheme);
    const area = /<path d="([^"]*)" [^>]*fill-rule="evenodd"/.exec(svg)![1]!;
    expect(area.match(/M/g)).toHaveLength(2);
    expect(area.match(/Z/g)).toHaveLength(2);
    expect(svg.match(/stroke-dasharray="1.5 3"/g)).toHaveLength(2);
    expect(svg).toContain('L1: everything');
  });

  it('are told with their holes in the table, by stroke in the legend, and in words', () => {
    const { columns, rows } = sceneTable(scene);
    expect(columns).toContain('class');
    expect(rows.filter((row) => row.includes('outline 1'))).toHaveLength(4);
    expect(sceneLegend(scene, lightTheme).map(({ shape }) => shape)).toEqual([
      'dots',
      'cross',
      'ring',
      'dot',
    ]);
    expect(sceneSummary(scene)).toContain('L1: everything');
    expect(sceneSummary(scene)).toContain('set, 2 outlines');
  });

  it('share the legend with cells, which name a side of 0 only where there are two', () => {
    const cells = (values: number[]): Mark => ({
      kind: 'cells',
      id: 'cells',
      label: 'accepted',
      grid: 1,
      extent: [0, 1, 0, 1],
      values: Float32Array.from(values),
      limit: 1,
      color: 'ink',
      opacity: 1,
    });
    const labels = (values: number[]) =>
      sceneLegend({ ...scene, marks: [cells(values)] }, lightTheme).map(({ label }) => label);
    expect(labels([0, 1])).toEqual(['accepted']);
    expect(labels([-1, 1])).toEqual(['accepted below 0', 'accepted above 0']);
  });

  it('lie under what moves, signs above it', () => {
    expect(scene.marks.map(layerOf)).toEqual(['ground', 'signs', 'signs', 'signs']);
    expect(layerOf({ ...sign('spot'), shape: undefined } as Mark)).toBe('cloud');
  });
});

describe('a surface in space', () => {
  // A tetrahedron around the origin, wound outwards.
  const picture: MeshPicture = {
    title: 'Set in space',
    subtitle: '',
    positions: Float32Array.of(1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1),
    triangles: Uint32Array.of(0, 1, 2, 0, 3, 1, 0, 2, 3, 1, 3, 2),
    axes: ['Y1', 'Y2', 'Y3'],
    color: '#1769d2',
    points: [{ at: [0, 0, 0], label: 'truth', shape: 'spot', color: '#ff0000' }],
  };

  it('fills the same room whatever the units, and stays inside however it is turned', () => {
    const stretched = {
      ...picture,
      positions: picture.positions.map((v, i) => (i % 3 === 0 ? 1000 * v : v)),
    };
    expect(boxOf(stretched).half).toEqual([1000, 1, 1]);
    for (const yaw of [0, 0.8, 2.4])
      for (const pitch of [-1.5, 0, 1]) {
        const at = projector(stretched, { yaw, pitch }, 200, 100);
        for (let i = 0; i < 12; i += 3) {
          const [x, y] = at(
            stretched.positions[i]!,
            stretched.positions[i + 1]!,
            stretched.positions[i + 2]!,
          );
          expect(x >= 50 && x <= 150 && y >= 0 && y <= 100).toBe(true);
        }
      }
  });

  it('shows what lies upwards higher, and from above its top nearer', () => {
    const at = projector(picture, { yaw: 0, pitch: 0.5 }, 200, 200);
    const [top, bottom] = [at(0, 0, 1), at(0, 0, -1)];
    expect(top[1]).toBeLessThan(bottom[1]);
    expect(top[2]).toBeLessThan(bottom[2]);
  });

  it.each([1, -1])('paints back, point, front, whichever way its triangles wind (%i)', (winding) => {
    const triangles = winding === 1 ? picture.triangles : picture.triangles.slice().reverse();
    const svg = surfaceSvg('s', 200, 200, (surface) =>
      drawMesh(
        surface,
        { ...picture, triangles },
        { yaw: 0.3, pitch: 0.4 },
        { width: 200, height: 200 },
        lightTheme,
      ),
    );
    const [before, after] = svg.split('<circle');
    const opaque = before!.match(/<polygon/g)!.length;
    const clear = after!.match(/<polygon[^>]*opacity="0.5"/g)!.length;
    expect(opaque + clear).toBe(4);
    expect(opaque).toBeGreaterThan(0);
    expect(clear).toBeGreaterThan(0);
    for (const name of picture.axes) expect(svg).toContain(name);
  });

  it('mixes colours on the way from one to the other', () => {
    expect(mixed('#000000', '#ffffff', 0.5)).toBe('rgb(128, 128, 128)');
  });
});
