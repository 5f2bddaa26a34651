/** @file The cache of optimised models keeps what it is given, drops what is damaged, and stays within its bound. */
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adamw, decodeModel } from '../../native-models';
import { toyProgram } from '../../native-models/testing/toy-program';
import { nodeCount, openCached, worthCaching, type Opening } from './model-cache';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'monge-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A runtime that makes its optimised model by writing the bytes backwards, and opens anything but `refused`. */
function runtime(refused?: Uint8Array) {
  const seen: { bytes: string; optimisation: string }[] = [];
  return {
    seen,
    open: async (bytes: Uint8Array, { optimisation, saveTo }: Opening): Promise<string> => {
      seen.push({ bytes: Buffer.from(bytes).toString(), optimisation });
      if (refused && Buffer.from(refused).equals(bytes)) throw new Error('refused');
      if (saveTo) await writeFile(saveTo, Uint8Array.from(bytes).reverse());
      return Buffer.from(bytes).toString();
    },
  };
}
const model = (text: string) => new TextEncoder().encode(text);

it('opens a model as it is the first time and its optimised form from then on', async () => {
  const { open, seen } = runtime();
  expect(await openCached(model('abc'), { folder }, open)).toEqual({ opened: 'abc', fromCache: false });
  expect(await openCached(model('abc'), { folder }, open)).toEqual({ opened: 'cba', fromCache: true });
  expect(await openCached(model('abd'), { folder }, open)).toEqual({ opened: 'abd', fromCache: false });
  expect(seen.map(({ optimisation }) => optimisation)).toEqual(['extended', 'disabled', 'extended']);
  expect((await readdir(folder)).every((name) => /^[0-9a-f]{64}\.model$/.test(name))).toBe(true);
});

it.each([
  ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  ['emptied', () => Buffer.alloc(0)],
  ['changed in one bit', (bytes: Buffer) => bytes.map((byte, at) => (at === 1 ? byte ^ 4 : byte))],
])('an entry that was %s is dropped and made anew', async (_how, damage) => {
  const { open } = runtime();
  await openCached(model('abc'), { folder }, open);
  const [name] = await readdir(folder);
  const whole = await readFile(join(folder, name!));
  await writeFile(join(folder, name!), damage(whole));
  expect(await openCached(model('abc'), { folder }, open)).toEqual({ opened: 'abc', fromCache: false });
  expect(await readFile(join(folder, name!))).toEqual(whole);
});

it('an entry that the runtime refuses is replaced; what cannot be opened at all fails and leaves nothing', async () => {
  await openCached(model('abc'), { folder }, runtime().open);
  const picky = runtime(model('cba'));
  expect((await openCached(model('abc'), { folder }, picky.open)).fromCache).toBe(false);
  await rm(folder, { recursive: true });
  await expect(openCached(model('x'), { folder }, runtime(model('x')).open)).rejects.toThrow('refused');
  expect(await readdir(folder)).toEqual([]);
});

it('drops the least recently used entries beyond its bound, and the leavings of a process that died', async () => {
  const { open } = runtime();
  const entry = 3 + 32;
  const names: string[] = [];
  for (const text of ['aaa', 'bbb', 'ccc']) {
    await openCached(model(text), { folder }, open);
    const name = (await readdir(folder)).find((other) => !names.includes(other))!;
    names.push(name);
    const then = new Date(Date.now() - 1e7 + 1e6 * names.length);
    await utimes(join(folder, name), then, then);
  }
  const stale = join(folder, 'dead.writing');
  await writeFile(stale, 'half');
  await utimes(stale, new Date(0), new Date(0));
  // Used again, so that the second is now the oldest.
  await openCached(model('aaa'), { folder }, open);
  await openCached(model('ddd'), { folder, mostBytes: 3 * entry }, open);
  const left = await readdir(folder);
  expect(left).toHaveLength(3);
  expect(left).not.toContain(names[1]);
  expect(left).toContain(names[0]);
  expect(left).not.toContain('dead.writing');
});

it('does without where the folder cannot be made', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const { open } = runtime();
  const result = await openCached(model('abc'), { folder: join(file, 'inside') }, open);
  expect(result).toEqual({ opened: 'abc', fromCache: false });
  expect((await stat(file)).size).toBe(0);
});

it('counts nodes also in the bodies of loops, and keeps large graphs only', () => {
  const looped = toyProgram(adamw(), 2);
  const graph = decodeModel(looped.model).graph!;
  expect(nodeCount(graph)).toBeGreaterThan(graph.node!.length + 20);
  expect(worthCaching(looped.model)).toBe(false);
  expect(worthCaching(new Uint8Array(300_000).fill(255)), 'no model').toBe(false);
  const large = toyProgram(adamw(), 30, 'straight');
  expect(nodeCount(decodeModel(large.model).graph!)).toBeGreaterThan(3000);
  expect(worthCaching(large.model)).toBe(true);
});
