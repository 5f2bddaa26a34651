/** @file Resizing against Pillow, byte for byte (Hamming to one), with every filter, larger and smaller. */
import { describe, expect, it } from 'vitest';
import { filterNames, resized } from './resample';
import { pictureReference } from './testing';

const { arrays } = await pictureReference();
const bytes = (name: string) => arrays[name]!.data as Uint8Array;
const picture = { width: 23, height: 17, pixels: bytes('rgb') };

describe('resized', () => {
  const sizes = ['12x12', '31x9', '40x40', '5x17'];
  const cases = sizes.flatMap((size) => filterNames.map((filter, number) => [size, filter, number] as const));
  it.each(cases)('is what Pillow makes, %s %s', (size, filter, number) => {
    const [width, height] = size.split('x').map(Number);
    const made = resized(picture, width!, height!, filter);
    const expected = bytes(`${size}.${number}`);
    const off = made.pixels.reduce((most, byte, at) => Math.max(most, Math.abs(byte - expected[at]!)), 0);
    expect(off).toBeLessThanOrEqual(filter === 'Hamming' ? 1 : 0);
    expect(made.pixels).toHaveLength(expected.length);
  });

  it('leaves a picture of the size as it is', () => {
    expect(resized(picture, 23, 17, 'Lanczos').pixels).toEqual(picture.pixels);
  });
});
