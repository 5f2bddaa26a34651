/** @file The affine map between data and model units: moments, images, round trip. */
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../../contract/data';
import { fitStandardisation, standardise, unstandardise } from './standardise';

function matrix(rows: number[][], image?: Matrix['image']): Matrix {
  return {
    rows: rows.length,
    columns: rows[0]!.length,
    data: new Float32Array(rows.flat()),
    names: [],
    image,
  };
}

describe('fitStandardisation', () => {
  it('gives each column mean zero and deviation one, and leaves a constant column alone', () => {
    const fit = fitStandardisation([
      matrix([
        [0, 100, 7],
        [2, 300, 7],
      ]),
    ]);
    expect([...fit.mean]).toEqual([1, 200, 7]);
    expect([...fit.scale]).toEqual([1, 100, 1]);
  });

  it('shares one mean and one deviation over the pixels of an image', () => {
    const fit = fitStandardisation([
      matrix(
        [
          [-1, 1],
          [-1, 1],
        ],
        { height: 1, width: 2, channels: 1 },
      ),
    ]);
    expect([...fit.mean]).toEqual([0, 0]);
    expect([...fit.scale]).toEqual([1, 1]);
  });

  it('weighs a source cloud and a data cloud equally, whatever their sizes', () => {
    const fit = fitStandardisation([matrix([[-1]]), matrix([[1], [1], [1]])]);
    expect([...fit.mean]).toEqual([0]);
    expect(fit.scale[0]).toBeCloseTo(1, 12);
  });

  it('is undone exactly at the edge', () => {
    const cloud = matrix([
      [0.25, 12],
      [1.5, -3],
      [2, 8],
    ]);
    const fit = fitStandardisation([cloud]);
    const back = unstandardise(standardise(cloud.data, fit), fit);
    back.forEach((value, at) => expect(value).toBeCloseTo(cloud.data[at]!, 5));
  });
});
