/** @file What the settings accept, and what is suggested for which data. */
import { describe, expect, it } from 'vitest';
import type { DatasetInfo } from '../../contract/data';
import { config, suggest } from './config';

function dataset(rows: number, width: number): DatasetInfo {
  return {
    rows,
    columns: [
      { name: 'x', kind: 'vector', role: 'feature', width, missing: 0 },
      { name: 'label', kind: 'category', role: 'label', width: 1, missing: 0 },
    ],
  } as unknown as DatasetInfo;
}

describe('config', () => {
  it('has the defaults of the two-dimensional recipe', () => {
    expect(config.parse({})).toMatchObject({
      coupling: 'sinkhorn',
      poolSize: 4096,
      epsilon: 0.05,
      steps: 4000,
      batchSize: 512,
      learningRate: 2e-3,
      hidden: 96,
      layers: 3,
      device: 'auto',
      pairs: 65536,
    });
    // The knobs of a coupling stand where they change nothing.
    expect(config.parse({})).toMatchObject({
      sharpness: 0,
      cost: 'dot',
      centre: true,
      components: 0,
      marginalPenalty: 0,
      start: 'ladder',
      sampling: 'stratified',
    });
  });

  it('reads what a command line gives and refuses what makes no sense', () => {
    expect(config.parse({ steps: '10', coupling: 'assignment' })).toMatchObject({
      steps: 10,
      coupling: 'assignment',
    });
    expect(() => config.parse({ epsilon: 0 })).toThrow('config-invalid');
    expect(() => config.parse({ coupling: 'optimal' })).toThrow('config-invalid');
    expect(() => config.parse({ poolsize: 3 })).toThrow('config-unknown-key');
  });

  it('explains every setting', () => {
    for (const field of config.describe()) {
      expect(field.help.length, field.key).toBeGreaterThan(10);
      expect(field.group, field.key).not.toBe('');
    }
  });
});

describe('suggest', () => {
  it('leaves the plane alone, widens the network for images, and keeps pools within reach of small data', () => {
    expect(suggest({ data: dataset(20_000, 2) })).toEqual({});
    expect(suggest({ data: dataset(60_000, 784) })).toMatchObject({ hidden: 512, layers: 4, poolSize: 2048 });
    expect(suggest({ data: dataset(500, 2) })).toEqual({ poolSize: 512 });
    expect(suggest({})).toEqual({});
  });

  it('gives images a small transformer whose patches need no padding where that costs nothing, and tiny ones a perceptron', () => {
    const images = (height: number, width: number, channels: number) => {
      const info = dataset(60_000, height * width * channels);
      const [column, label] = info.columns;
      return {
        ...info,
        columns: [{ ...column, kind: 'image', role: 'image', image: { height, width, channels } }, label],
      } as DatasetInfo;
    };
    const suggested = (height: number, width: number, channels = 1) =>
      suggest({ data: images(height, width, channels) });
    expect(suggested(28, 28)).toMatchObject({ network: 'transformer', patch: 7, width: 128 });
    expect(suggested(32, 32, 3)).toMatchObject({ network: 'transformer', patch: 8 });
    expect(suggested(25, 25)).toMatchObject({ patch: 5 });
    expect(suggested(29, 31)).toMatchObject({ patch: 7 });
    expect(suggested(96, 96, 3)).toMatchObject({ patch: 24 });
    expect(suggested(8, 8)).toMatchObject({ hidden: 512 });
    expect(suggested(8, 8)).not.toHaveProperty('network');
    expect(() => config.parse({}, suggested(4000, 3000))).not.toThrow();
  });

  it('suggests only what the settings accept', () => {
    for (const data of [dataset(9, 2), dataset(1797, 64), dataset(100_000, 3072)])
      expect(() => config.parse({}, suggest({ data }))).not.toThrow();
  });
});
