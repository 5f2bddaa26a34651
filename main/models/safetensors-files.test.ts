/** @file Safetensors on disk: tensors by range, shards by their index, and indices that lead astray. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors, type StoredArray } from '../../native-models';
import { openSafetensors } from './safetensors-files';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-safetensors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const a: StoredArray = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
const b: StoredArray = { data: Float32Array.of(0.5, -2), shape: [2], dtype: 'bfloat16' };
const c: StoredArray = { data: BigInt64Array.of(9n), shape: [] };

/** A model of two shards in a folder of its own; `map` overrides where its index says the tensors are. */
function sharded(name: string, map: Record<string, unknown> = {}): string {
  const inside = join(folder, name);
  mkdirSync(inside);
  writeFileSync(join(inside, 'model-1.safetensors'), encodeSafetensors({ a, c }, { format: 'pt' }));
  writeFileSync(join(inside, 'model-2.safetensors'), encodeSafetensors({ b }));
  const weight_map = { a: 'model-1.safetensors', b: 'model-2.safetensors', ...map };
  const index = JSON.stringify({ metadata: { total_size: 20 }, weight_map });
  writeFileSync(join(inside, 'model.safetensors.index.json'), index);
  return inside;
}

it('fetches single tensors of a file', async () => {
  const path = join(folder, 'model.safetensors');
  writeFileSync(path, encodeSafetensors({ a, b, c }, { step: '3' }));
  const files = await openSafetensors(path);
  expect(files).toMatchObject({ path, files: [path], metadata: { step: '3' } });
  expect(files.tensors.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual(['c I64', 'a F32', 'b BF16']);
  expect([await files.read('b'), await files.read('a')]).toEqual([b, a]);
  expect((await openSafetensors(folder)).path, 'also by its folder').toBe(path);
  await expect(files.read('d')).rejects.toMatchObject({ code: 'tensor-unknown' });
  truncateSync(path, files.tensors[2]!.to - 1);
  await expect(files.read('b')).rejects.toMatchObject({ code: 'referenced-file-short' });
  await expect(openSafetensors(path)).rejects.toMatchObject({ code: 'safetensors-offsets' });
});

it('fetches a tensor behind 3 GB without reading them', async () => {
  const path = join(folder, 'large.safetensors');
  const first = 3 * 2 ** 30;
  const json = JSON.stringify({
    embedding: { dtype: 'F32', shape: [first / 4], data_offsets: [0, first] },
    bias: { dtype: 'F16', shape: [2], data_offsets: [first, first + 4] },
  }).padEnd(256);
  const head = new Uint8Array(8 + json.length);
  head[1] = 1;
  head.set(new TextEncoder().encode(json), 8);
  writeFileSync(path, head);
  // A file with a hole takes no space.
  truncateSync(path, head.length + first);
  appendFileSync(path, Uint8Array.of(0x00, 0x3c, 0x00, 0xc0));
  const { tensors, read } = await openSafetensors(path);
  expect(tensors.map(({ from, to }) => to - from)).toEqual([first, 4]);
  expect(await read('bias')).toEqual({ data: Float32Array.of(1, -2), shape: [2], dtype: 'float16' });
  rmSync(path);
});

describe('shards', () => {
  it('open by folder or index; only what the index names is there', async () => {
    const inside = sharded('whole');
    for (const path of [inside, join(inside, 'model.safetensors.index.json')]) {
      const files = await openSafetensors(path);
      expect(files.metadata).toEqual({ total_size: '20' });
      expect(files.tensors.map(({ name, file }) => [name, file])).toEqual([
        ['a', join(inside, 'model-1.safetensors')],
        ['b', join(inside, 'model-2.safetensors')],
      ]);
      expect([await files.read('a'), await files.read('b')]).toEqual([a, b]);
    }
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['leads out of its folder', 'referenced-file-outside', { a: '../model.safetensors' }],
    ['is absolute', 'referenced-file-outside', { a: '/etc/passwd' }],
    ['names no file', 'referenced-file-missing', { a: 'model-3.safetensors' }],
    ['names a folder', 'referenced-file-missing', { a: '.' }],
    ['names another format', 'safetensors-header', { a: 'model.safetensors.index.json' }],
    ['misplaces a tensor', 'safetensors-shards', { a: 'model-2.safetensors' }],
    ['has no name', 'safetensors-shards', { a: 7 }],
  ])('an index that %s is %s', async (what, code, map) => {
    await expect(openSafetensors(sharded(what, map))).rejects.toMatchObject({ code });
  });

  it.each(['', '{', '[]', '{"weight_map":[]}', 'null'])('an index of %j is refused', async (text) => {
    const path = join(folder, 'broken.safetensors.index.json');
    writeFileSync(path, text);
    await expect(openSafetensors(path)).rejects.toMatchObject({ code: 'safetensors-shards' });
  });
});

it('files that are not there or hold something else are refused', async () => {
  await expect(openSafetensors(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-not-found' });
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  await expect(openSafetensors(empty)).rejects.toMatchObject({ code: 'file-not-found' });
  for (const [bytes, code] of [
    [new Uint8Array(3), 'safetensors-truncated'],
    [new Uint8Array(64).fill(0xff), 'safetensors-header'],
    [Uint8Array.of(200, 0, 0, 0, 0, 0, 0, 0, 0x7b), 'safetensors-truncated'],
  ] as const) {
    const path = join(empty, 'x.safetensors');
    writeFileSync(path, bytes);
    await expect(openSafetensors(path)).rejects.toMatchObject({ code, detail: { where: { file: path } } });
  }
});
