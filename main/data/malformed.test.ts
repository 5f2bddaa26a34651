/** @file Broken files: each gives its coded error that names the file and the place; none opens, none crashes. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './index';
import { malformedFiles } from './testing/malformed';
import { openWorkbench, rejection, type FileWorkbench } from './testing/workbench';

let bench: FileWorkbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

describe('a malformed file', { timeout: 60_000 }, () => {
  it.each(malformedFiles)('$name: $code', async ({ fileName, bytes, code, place }) => {
    const error = await rejection(openDataset(await bench.file(fileName, bytes())));
    expect(error.code, error.message).toBe(code);
    expect(error.detail.where?.file?.split('/')[0]).toBe(fileName);
    expect(error.detail.where).toMatchObject(place ?? {});
    expect(error.message).not.toContain(bench.folder);
  });

  it('is there at least forty times, each under its own name', () => {
    expect(malformedFiles.length).toBeGreaterThanOrEqual(40);
    expect(new Set(malformedFiles.map((file) => file.name)).size).toBe(malformedFiles.length);
    expect(new Set(malformedFiles.map((file) => file.fileName)).size).toBe(malformedFiles.length);
  });
});

describe('a model', () => {
  it('is told from data by its name, with what can be done with it', async () => {
    const error = await rejection(openDataset(await bench.file('velocity.onnx', 'ONNX bytes')));
    expect(error.code).toBe('model-not-data');
    expect(error.detail.help).toContain('monge inspect');
  });
});

describe('a path', () => {
  it('that leads nowhere is file-not-found', async () => {
    for (const path of ['nowhere.csv', 'nowhere/deeper.csv', 'with\0null.csv', `${'x'.repeat(5000)}.csv`])
      expect((await rejection(openDataset(`${bench.folder}/${path}`))).code).toBe('file-not-found');
  });

  it('that leads nowhere is told as it was tried', async () => {
    const path = join(bench.folder, 'deeper', 'nowhere.csv');
    expect((await rejection(openDataset(path))).detail.where).toEqual({ file: path });
  });

  it('to a device is not-a-file', async () => {
    expect((await rejection(openDataset('/dev/null'))).code).toBe('not-a-file');
  });

  it('to a folder without images is no-rows', async () => {
    await bench.file('documents/readme.txt', 'hello');
    expect((await rejection(openDataset(`${bench.folder}/documents`))).code).toBe('no-rows');
  });
});
