/** @file The control of random weights: the same shape and spread, other numbers, the same for a seed. */
import { expect, it } from 'vitest';
import { openCheckpoint } from '../models/checkpoint';
import { ExportFolders } from './imported/testing';
import { randomWeights } from './random-weights';
import { openLanguage } from './service/opened';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODEL = 'samples/tiny-lm';

function spread(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
  };
}

it('draws every tensor anew at its own mean and deviation', async () => {
  const checkpoint = await openCheckpoint(MODEL);
  const random = randomWeights(checkpoint, 3);
  const name = checkpoint.names.find((one) => checkpoint.shape(one).length === 2)!;
  const [own, drawn, again, other] = [
    await checkpoint.float32(name),
    await random.float32(name),
    await randomWeights(checkpoint, 3).float32(name),
    await randomWeights(checkpoint, 4).float32(name),
  ];
  expect(drawn).toEqual(again);
  expect(drawn).not.toEqual(other);
  expect(spread(drawn).deviation / spread(own).deviation).toBeCloseTo(1, 1);
  const dot = own.reduce((sum, value, k) => sum + value * drawn[k]!, 0) / own.length;
  expect(Math.abs(dot) / spread(own).deviation ** 2).toBeLessThan(0.1);
});

it('is none of an exported graph', async () => {
  const folders = new ExportFolders();
  try {
    const path = await folders.of('decoders/llama.script');
    const place = { threads: 1, cacheFolder: await folders.root, randomWeights: 3 };
    await expect(openLanguage(path, place)).rejects.toMatchObject({ code: 'weights-fixed' });
  } finally {
    await folders.close();
  }
});

it('is opened beside the model itself and says no words', async () => {
  const cacheFolder = mkdtempSync(join(tmpdir(), 'monge-random-'));
  const opened = await openLanguage(MODEL, { threads: 1, cacheFolder, randomWeights: 3 });
  try {
    expect(opened.insides.levels).toEqual(['fp32']);
    await expect(opened.decoder('fp32')).rejects.toMatchObject({ code: 'random-weights-words' });
  } finally {
    await opened.close();
    rmSync(cacheFolder, { recursive: true, force: true });
  }
});
