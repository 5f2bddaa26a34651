/** @file Pictures as inputs against the processors of transformers, and the configurations that are refused. */
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../native-models/testing/code-of';
import { expectClose } from '../../../native-models/testing/expect-close';
import { readPicture } from './picture';
import { preprocessingOf, preprocessingWords, usualPreprocessing } from './preprocessing';
import { pictureReference } from './testing';

const { arrays, processors, file } = await pictureReference();
const size = { height: 12, width: 12 };

describe('a picture as inputs', () => {
  it.each(['vit', 'clip'] as const)('equals what the processor of transformers makes, %s', (name) => {
    const picture = readPicture('a.png', file, preprocessingOf(processors[name], size), size);
    expect(picture.pixels.dims).toEqual([1, 3, 12, 12]);
    const values = arrays[`${name}.values`]!.data as Float32Array;
    expectClose(picture.pixels.data as Float32Array, values, { atol: 2e-7, rtol: 2e-7 });
  });

  it('tells which part of the file is read', () => {
    const { read, width, height } = readPicture('a.png', file, preprocessingOf(processors.clip, size), size);
    // 23 × 17 becomes 20 × 15, of which 12 × 12 lie 4 from the left and 1 from the top.
    expect([width, height]).toEqual([23, 17]);
    expect(read).toEqual({ left: 4 / 20, top: 1 / 15, width: 12 / 20, height: 12 / 15 });
  });

  it('is said in words', () => {
    expect(preprocessingWords(preprocessingOf(processors.clip, size))).toEqual([
      'shorter edge to 15 pixels, bicubic',
      '12 × 12 from the middle',
      'times 1/255',
      'minus 0.48145466, 0.4578275, 0.40821073, divided by 0.26862954, 0.26130258, 0.27577711',
      'preprocessor_config.json',
    ]);
    expect(preprocessingWords(usualPreprocessing(size)).at(-1)).toContain('no preprocessor_config.json');
  });
});

describe('preprocessor_config.json', () => {
  it('has the values of a ViT for absent keys, and sizes as one number in older files', () => {
    const usual = { ...usualPreprocessing(size), source: 'preprocessor_config.json' };
    expect(preprocessingOf({}, size)).toEqual(usual);
    expect(preprocessingOf({ size: 30 }, size).resize).toEqual({ height: 30, width: 30 });
    expect(preprocessingOf({ do_normalize: false, do_rescale: false }, size)).toMatchObject({
      ...{ rescale: 1, mean: [0, 0, 0], deviation: [1, 1, 1] },
    });
  });

  it.each([
    ['size', { size: { height: 1e9, width: 4 } }],
    ['size', { size: { height: 4096, width: 4097 } }],
    ['size', { size: { longest_edge: 20 } }],
    ['size', { size: -3 }],
    ['crop_size', { do_center_crop: true, crop_size: 0 }],
    ['resample', { resample: 9 }],
    ['resample', { resample: '2' }],
    ['image_mean', { image_mean: [0.5, 0.5] }],
    ['image_std', { image_std: [0.5, 0, 0.5] }],
    ['rescale_factor', { rescale_factor: null, do_rescale: 'yes' }],
    ['do_pad', { do_pad: true }],
  ])('is refused where %s is absurd or asks for what is not built', (_, json) => {
    expect(codeOf(() => preprocessingOf(json, size))).toBe('preprocessing-unsupported');
  });
});

describe('a file that is no good picture', () => {
  const read = (bytes: Uint8Array, how = usualPreprocessing(size)) =>
    codeOf(() => readPicture('a.png', bytes, how, size));
  const changed = (change: (view: DataView) => void) => {
    const copy = file.slice();
    change(new DataView(copy.buffer));
    return copy;
  };

  it.each([
    ['image-too-large', changed((view) => view.setUint32(16, 2 ** 31 - 1))],
    ['truncated', file.slice(0, 20)],
    ['corrupt-image', file.slice(0, 200)],
    ['corrupt-image', changed((view) => view.setUint32(file.length - 40, 0))],
    ['wrong-magic', new TextEncoder().encode('GIF89a and more')],
    ['wrong-magic', new Uint8Array(0)],
  ])('is refused with %s', (code, bytes) => {
    expect(read(bytes)).toBe(code);
  });

  it('is refused where its shape, or the size that comes out, is not that of the model', () => {
    const line = encode({ width: 4000, height: 1, data: new Uint8Array(4000), channels: 1, depth: 8 });
    expect(read(line, { ...usualPreprocessing(size), resize: { shortestEdge: 4000 } })).toBe('image-shape');
    expect(read(file, { ...usualPreprocessing(size), crop: { height: 13, width: 12 } })).toBe('image-shape');
    expect(read(file, { ...usualPreprocessing(size), resize: null })).toBe('preprocessing-differs');
  });
});
