/** @file Pictures with something over every patch: where patches lie, and what a drawing of them holds. */
import { describe, expect, it } from 'vitest';
import { drawPatches, patchAt, patchBox, pictureBox, type PatchDrawing } from './patches';
import { surfaceSvg } from './svg';
import { lightTheme } from './theme';

const drawing: PatchDrawing = {
  picture: { source: {}, address: () => 'data:image/png;base64,AAAA', width: 300, height: 200 },
  grid: { rows: 2, columns: 3 },
  // The middle of the picture, as a model that cuts reads it.
  area: { left: 0.25, top: 0.1, width: 0.5, height: 0.8 },
  over: { kind: 'colours', rgb: Uint8Array.from({ length: 18 }, (_, k) => 10 * k) },
  opacity: 0.5,
};

describe('patches over a picture', () => {
  const box = pictureBox(drawing, 640, 480);

  it('keep the shape of the picture, and leave no gap between neighbours', () => {
    expect(box.width / box.height).toBeCloseTo(1.5, 2);
    const [first, second] = [patchBox(drawing, box, 0), patchBox(drawing, box, 1)];
    expect(first.x + first.width).toBe(second.x);
    expect(first.x).toBe(Math.round(box.x + box.width / 4));
  });

  it('are found under the pointer, and nothing beside the part that is read', () => {
    for (let patch = 0; patch < 6; patch += 1) {
      const { x, y, width, height } = patchBox(drawing, box, patch);
      expect(patchAt(drawing, box, x + width / 2, y + height / 2)).toBe(patch);
    }
    expect(patchAt(drawing, box, box.x + 2, box.y + box.height / 2)).toBe(null);
    expect(patchAt(drawing, box, -5, -5)).toBe(null);
  });

  it('are drawn over it, with a colour bar where they are values', () => {
    const svg = (one: PatchDrawing) =>
      surfaceSvg('patches', 640, 480, (surface) => drawPatches(surface, one, 640, 480, lightTheme));
    const colours = svg(drawing);
    expect(colours).toContain('href="data:image/png;base64,AAAA"');
    expect(colours.match(/<rect[^>]* opacity="0.5"/g)).toHaveLength(6);
    expect(colours).toContain('fill="rgb(30, 40, 50)"');
    expect(svg({ ...drawing, opacity: 0 })).not.toContain('<rect');
    const values = {
      kind: 'values',
      values: new Float32Array(6),
      domain: [0, 0.25],
      label: 'share',
    } as const;
    expect(svg({ ...drawing, over: values })).toMatch(/>share</);
  });
});
