/** @file Weights written beside a model, tensor by tensor, at the places that its initialisers name. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { externalSpans, externalTensors, type LazyWeight } from '../../native-models';
import { writeModelFolder, writeWeights } from './weight-file';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

function weight(name: string, values: number[], length = values.length): LazyWeight {
  const bytes = async () => new Uint8Array(Float32Array.from(values).buffer);
  return { name, type: 'float32', dims: [length], bytes };
}

it('puts every weight where the model says', async () => {
  const weights = [weight('a', [1, 2, 3]), weight('b', [4])];
  const initializer = externalTensors(weights, 'model.weights');
  const model = { graph: { initializer } };
  const told: number[] = [];
  const path = await writeModelFolder(
    join(folder, 'new'),
    { model, weights },
    { onProgress: (at) => told.push(at) },
  );
  expect((await stat(path)).isFile()).toBe(true);
  const data = await readFile(join(folder, 'new', 'model.weights'));
  const values = externalSpans(model).map(({ offset, length }) => [
    ...new Float32Array(new Uint8Array(data.subarray(offset, offset + length)).buffer),
  ]);
  expect(values).toEqual([[1, 2, 3], [4]]);
  expect(told).toEqual([12, 4100]);
});

it('refuses a weight of another length, and stops when it is told to', async () => {
  const path = join(folder, 'other');
  await expect(writeWeights(path, [weight('a', [1, 2], 3)])).rejects.toMatchObject({ code: 'weight-length' });
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(writeWeights(path, [weight('a', [1])], { signal })).rejects.toThrow('enough');
});
