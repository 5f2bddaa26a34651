/** @file Files that are models and files that are not: told apart by content, refused with a code, never with a crash. */
import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, externalise } from '../../native-models';
import { openDataset } from '../data';
import { openWorkbench, rejection, type FileWorkbench } from '../data/testing/workbench';
import { isOnnxHead, looksLikeModel, readModel } from './read';
import { OpenModels } from './open-models';
import { branchingModel } from './testing';
import type { ModelInfo } from '../contract/models';

let bench: FileWorkbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

const bytes = branchingModel();

describe('a model file', () => {
  it('is told by its content, whatever its name', async () => {
    expect(await looksLikeModel(await bench.file('unnamed.bin', bytes))).toBe(true);
    expect(await looksLikeModel(await bench.file('table.csv', 'a,b\n1,2\n'))).toBe(false);
    expect(await looksLikeModel(await bench.file('empty.csv', ''))).toBe(false);
    expect(await looksLikeModel(bench.folder)).toBe(false);
    expect(await looksLikeModel('/nowhere/model.onnx')).toBe(false);
    expect(isOnnxHead(Uint8Array.of(8, 10, 0x3a))).toBe(true);
    expect(isOnnxHead(Uint8Array.of(8, 10, 0x99))).toBe(false);
  });

  it.each([
    ['cut short', bytes.subarray(0, bytes.length - 40), /^onnx-/],
    ['text with the name of a model', new TextEncoder().encode('not a model at all'), /^onnx-/],
    ['empty', new Uint8Array(), /^empty-file$/],
    ['without a graph', Uint8Array.of(8, 10), /^onnx-no-graph$/],
    ['of zeros', new Uint8Array(2000), /^onnx-/],
  ])('%s is refused with a code and its name', async (name, content, code) => {
    const file = `${name.replaceAll(' ', '-')}.onnx`;
    const error = await rejection(readModel(await bench.file(file, content)));
    expect(error.code).toMatch(code);
    expect(error.detail.where?.file).toBe(file);
  });

  it('cut anywhere is refused or read, and never hangs or crashes', async () => {
    for (let length = 1; length < bytes.length; length += 7) {
      const path = await bench.file('cut.onnx', bytes.subarray(0, length));
      const error = await new OpenModels()
        .answer(path, null, { kind: 'view', request: { graph: 0, open: [] } }, null)
        .then(
          () => null,
          (thrown: unknown) => thrown,
        );
      expect(error === null || (error as { code?: string }).code?.startsWith('onnx-')).toBe(true);
    }
  });

  it('that is not there is file-not-found', async () => {
    expect((await rejection(readModel('/nowhere/model.onnx'))).code).toBe('file-not-found');
  });

  it('with weights in another file is another model when these change', async () => {
    const { model, data } = externalise(decodeModel(bytes), { location: 'weights.data', threshold: 0 });
    const path = await bench.file('outside.onnx', encodeModel(model));
    const weights = await bench.file('weights.data', data);
    const { sha256 } = await readModel(path);
    expect((await readModel(path)).sha256).toBe(sha256);
    await writeFile(
      weights,
      data.map((byte) => byte ^ 1),
    );
    const changed = (await readModel(path)).sha256;
    expect(changed).not.toBe(sha256);
    await rm(weights);
    expect([sha256, changed]).not.toContain((await readModel(path)).sha256);
  });

  it('that was changed after it was opened is said to be', async () => {
    const models = new OpenModels();
    const path = await bench.file('changing.onnx', bytes);
    const info = (await models.answer(path, null, { kind: 'info' }, null)) as ModelInfo;
    expect(info).toMatchObject({
      format: 'onnx',
      name: 'changing.onnx',
      mainBody: null,
      facts: { nodes: 3 },
    });
    const error = await rejection(new OpenModels().answer(path, 'f'.repeat(16), { kind: 'info' }, null));
    expect(error.code).toBe('data-changed');
  });
});

describe('weights that are no ONNX model', () => {
  const safetensors = Buffer.concat([
    Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from('{"__metadata__":{}}'),
  ]);
  it.each([
    ['llama.gguf', Buffer.from('GGUF\x03\0\0\0')],
    ['hidden.bin', Buffer.from('GGUF\x03\0\0\0')],
    ['weights.safetensors', safetensors],
    ['weights.bin', safetensors],
  ])('%s gets an honest word', async (name, content) => {
    const error = await rejection(openDataset(await bench.file(name, new Uint8Array(content))));
    expect(error.code).toBe('model-not-data');
    expect(error.detail.help).toContain('ONNX');
  });
});
