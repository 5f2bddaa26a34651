/** @file Answers about generated images: classes, shared noise, guidance, the nearest training images, interpolation. */
import { afterAll, describe, expect, it } from 'vitest';
import type { AnswerOf } from '../../../contract/query';
import { stream } from '../../../../native-models';
import { config as schema, type FlowsConfig } from '../config';
import { velocityNetwork } from '../network';
import { setRowsAside } from '../points/prepare';
import { asker, datasetInMemory, recorded, storedRun } from '../../testing';
import { flows } from '../index';
import { between } from './images';

const image = { height: 4, width: 4, channels: 1 };
const ROWS = 60;
const pixels = stream(1, 'pixels')
  .uniform(new Float32Array(16 * ROWS))
  .map((value) => 2 * value - 1);
const labels = Int32Array.from({ length: ROWS }, (_, row) => row % 2);
const data = datasetInMemory(pixels, 16, image, labels);

const conditional = schema.parse({
  ...{ network: 'transformer', condition: 'label', guidance: 2, patch: 2, width: 16, depth: 1, heads: 2 },
});
const plain = schema.parse({ hidden: 8, layers: 1 });

/** A run with random parameters at steps 0 and 5: what the answers look like does not depend on training. */
function stored(config: FlowsConfig) {
  const run = recorded();
  const network = velocityNetwork(config, { dimension: 16, image, classes: 2 });
  for (const step of [0, 5])
    run.snapshots.set(
      step,
      Object.fromEntries(
        Object.entries(network.parameters).map(([name, { shape }]) => {
          const size = (shape as number[]).reduce((product, length) => product * length, 1);
          const values = stream(step, name).normal(new Float32Array(size));
          return [name, { data: values.map((value) => 0.3 * value), shape: shape as number[] }];
        }),
      ),
    );
  return storedRun(run, { data }, config);
}
const [withClasses, without] = [stored(conditional), stored(plain)];
const [conditionally, plainly] = [asker(flows, withClasses), asker(flows, without)];
const common = { step: 'latest', solver: 'euler', noiseSeed: 4 };
const ask = (changes: Record<string, unknown>) =>
  conditionally('samples', { ...common, evaluations: [2], count: 3, ...changes });
const part = (answer: AnswerOf<'flows', 'samples'>, row: number) =>
  answer.pixels.slice(row * answer.count * 16, (row + 1) * answer.count * 16);

afterAll(async () => {
  for (const { compute } of [withClasses, without])
    await (compute as unknown as { close(): Promise<void> }).close();
});

describe('samples', () => {
  it('of a conditional flow have a row for each class, the same noise in all', async () => {
    const all = await ask({ evaluations: [2, 5] });
    expect(all).toMatchObject({
      ...{ step: 5, image, evaluations: [2, 5], count: 3, classes: ['a', 'b'], guidance: 2 },
      rows: [
        { label: 0, name: 'a' },
        { label: 1, name: 'b' },
      ],
    });
    expect(all.pixels).toHaveLength(2 * 2 * 3 * 16);
    expect(part(all, 0)).not.toEqual(part(all, 1));
    // Asked one by one, and with more images, they are what they were.
    const one = await ask({ label: 1, count: 7 });
    expect(one.rows).toEqual([{ label: 1, name: 'b' }]);
    expect(one.pixels.slice(0, 3 * 16)).toEqual(part(all, 1));
  });

  it('without a class, or with no guidance, are of all classes together', async () => {
    const none = await ask({ label: 'none' });
    expect(none.rows).toEqual([{ label: null, name: '' }]);
    const unguided = await ask({ guidance: 0 });
    expect(unguided.guidance).toBe(0);
    expect(part(unguided, 0)).toEqual(none.pixels);
    expect(part(unguided, 1)).toEqual(none.pixels);
    expect((await ask({ label: 0, guidance: 1 })).pixels).not.toEqual(none.pixels);
  });

  it('of a flow without classes are one row, and no class may be asked for', async () => {
    const request = { ...common, evaluations: [2], count: 3 };
    const answer = await plainly('samples', request);
    expect(answer).toMatchObject({ classes: [], rows: [{ label: null, name: '' }] });
    await expect(plainly('samples', { ...request, label: 0 })).rejects.toMatchObject({
      code: 'query-invalid',
    });
    await expect(plainly('samples', { ...request, label: 'each' })).rejects.toMatchObject({
      code: 'query-invalid',
    });
    await expect(ask({ label: 2 })).rejects.toMatchObject({ code: 'query-invalid' });
  });

  it('follow the snapshot', async () => {
    const early = await ask({ step: 0 });
    expect(early.step).toBe(0);
    expect(early.pixels).not.toEqual((await ask({})).pixels);
  });
});

describe('nearest', () => {
  const request = { ...common, evaluations: 2, count: 3, neighbours: 4 };

  it('finds the closest training images, by brute force the same', async () => {
    const answer = await conditionally('nearest', request);
    const shown = await ask({});
    expect(answer.generated).toEqual(shown.pixels);
    expect(answer.pixels).toHaveLength(2 * 3 * 4 * 16);
    const { training, heldOut } = setRowsAside(ROWS, conditional.heldOut, withClasses.seed);
    for (let which = 0; which < 6; which++) {
      const made = answer.generated.subarray(which * 16, (which + 1) * 16);
      const distance = (row: number) =>
        Math.hypot(...Array.from(made, (value, k) => value - 127.5 * (pixels[row * 16 + k]! + 1)));
      const rows = [...answer.dataRows.subarray(which * 4, (which + 1) * 4)];
      const sorted = [...training].sort((a, b) => distance(a) - distance(b));
      // Pixels are rounded, distances are not.
      rows.forEach((row, k) => {
        expect(distance(row)).toBeCloseTo(distance(sorted[k]!), -0.5);
        expect(answer.distances[which * 4 + k]).toBeCloseTo(distance(row), -0.5);
        expect(answer.labels![which * 4 + k]).toBe(row % 2);
        expect([...heldOut]).not.toContain(row);
      });
    }
  });

  it('is not for grids too large to compare', async () => {
    await expect(conditionally('nearest', { ...request, count: 200 })).rejects.toMatchObject({
      code: 'query-invalid',
    });
  });
});

describe('interpolation', () => {
  it('starts and ends at the images of its two noises', async () => {
    const answer = await conditionally('interpolation', {
      ...{ ...common, evaluations: 2, count: 5, from: 2, to: 0 },
    });
    expect(answer).toMatchObject({ count: 5, path: 'circle' });
    const shown = await ask({});
    for (const row of [0, 1]) {
      const strip = answer.pixels.subarray(row * 5 * 16, (row + 1) * 5 * 16);
      expect(strip.slice(0, 16)).toEqual(part(shown, row).slice(2 * 16, 3 * 16));
      expect(strip.slice(4 * 16)).toEqual(part(shown, row).slice(0, 16));
      expect(strip.slice(2 * 16, 3 * 16)).not.toEqual(strip.slice(0, 16));
    }
  });

  it('keeps the length on a circle, which a straight line does not', () => {
    const [left, right] = [Float32Array.of(3, 0), Float32Array.of(0, 3)];
    const middle = (path: 'circle' | 'line') => Math.hypot(...between(left, right, 3, path).subarray(2, 4));
    expect(middle('circle')).toBeCloseTo(3, 5);
    expect(middle('line')).toBeCloseTo(3 / Math.SQRT2, 5);
    expect([...between(left, left, 3, 'circle')]).toEqual([3, 0, 3, 0, 3, 0]);
  });
});
