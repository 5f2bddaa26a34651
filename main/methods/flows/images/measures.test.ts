/** @file The sheet of samples: every image at its place, gaps between them. */
import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import type { PreparedInputs } from '../points/prepare';
import { noiseSource } from '../points/source';
import { encodeSheet } from '../../../images/pixels';
import { sampleSheet, SHEET_BUDGETS } from './measures';

it('has a column per budget and a row per noise, two white pixels apart', () => {
  const image = { height: 2, width: 3, channels: 1 };
  const [left, right] = [new Uint8Array(12).fill(10), new Uint8Array(12).fill(20)];
  const sheet = decode(encodeSheet([left, right], 2, image));
  expect([sheet.width, sheet.height, sheet.channels]).toEqual([8, 6, 1]);
  const line = (y: number) => [...sheet.data.subarray(y * 8, (y + 1) * 8)];
  expect(line(0)).toEqual([10, 10, 10, 255, 255, 20, 20, 20]);
  expect(line(2)).toEqual(new Array(8).fill(255));
  expect(line(5)).toEqual(line(0));
});

it('shows where the flow carries the noise, whatever the budget, where the velocity does not change', async () => {
  const image = { height: 2, width: 2, channels: 1 };
  const standardisation = { mean: new Float64Array(4), scale: new Float64Array(4).fill(1e-6) };
  const prepared = { source: noiseSource(4), standardisation } as unknown as PreparedInputs;
  const target = stream(0, 'target').uniform(new Float32Array(4));
  const velocity = async (_time: number, points: Float32Array) => points.map((_, k) => target[k % 4]!);
  const sheet = decode(await sampleSheet(velocity, prepared, image));
  expect(sheet.width).toBe(SHEET_BUDGETS.length * 4 - 2);
  const grey = target.map((value) => Math.round((value + 1) * 127.5));
  for (let column = 0; column < SHEET_BUDGETS.length; column++)
    expect(Math.abs(sheet.data[4 * column]! - grey[0]!)).toBeLessThanOrEqual(1);
});
