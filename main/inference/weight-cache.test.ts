/** @file Written weights: found again, never half of one, bounded with the oldest thrown away. */
import { mkdtemp, readdir, readFile, rm, truncate, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LazyWeight } from '../../native-models';
import { weightFileName, weightFolder } from './weight-cache';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'monge-weights-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const weight = (length: number): LazyWeight => ({
  name: 'w',
  type: 'uint8',
  dims: [length],
  bytes: async () => new Uint8Array(length).fill((made += 1)),
});

it('writes once, and again after damage or for other weights', async () => {
  const entry = await weightFolder('checkpoint', [weight(10)], { folder }, 'fp32');
  const first = await readFile(join(entry, weightFileName));
  expect(first).toHaveLength(10);
  expect(await weightFolder('checkpoint', [weight(10)], { folder }, 'fp32')).toBe(entry);
  expect(await readFile(join(entry, weightFileName))).toEqual(first);
  await truncate(join(entry, weightFileName), 5);
  await weightFolder('checkpoint', [weight(10)], { folder }, 'fp32');
  expect(await readFile(join(entry, weightFileName))).toHaveLength(10);
  const others = [
    await weightFolder('another', [weight(10)], { folder }, 'fp32'),
    await weightFolder('checkpoint', [weight(10)], { folder }, '4-bit-0'),
    await weightFolder('checkpoint', [weight(12)], { folder }, 'fp32'),
  ];
  expect(new Set([entry, ...others]).size).toBe(4);
});

it('leaves nothing behind where a weight cannot be made', async () => {
  const broken: LazyWeight = { ...weight(10), bytes: () => Promise.reject(new Error('unreadable')) };
  await expect(weightFolder('checkpoint', [broken], { folder }, 'fp32')).rejects.toThrow('unreadable');
  expect(await readdir(folder)).toEqual([]);
});

it('throws away what was not used for longest', async () => {
  const entries: string[] = [];
  for (const [k, name] of ['a', 'b', 'c'].entries()) {
    const entry = await weightFolder(name, [weight(100)], { folder, mostBytes: 1000 }, 'fp32');
    await utimes(entry, k + 1, k + 1);
    entries.push(entry);
  }
  // Using the oldest makes it the newest.
  await weightFolder('a', [weight(100)], { folder, mostBytes: 1000 }, 'fp32');
  const last = await weightFolder('d', [weight(100)], { folder, mostBytes: 250 }, 'fp32');
  const left = (await readdir(folder)).map((name) => join(folder, name));
  expect(new Set(left)).toEqual(new Set([entries[0]!, last]));
});

it('gives two that write at once a whole file', async () => {
  const both = await Promise.all([1, 2].map(() => weightFolder('x', [weight(50)], { folder }, 'fp32')));
  expect(both[0]).toBe(both[1]);
  expect(await readFile(join(both[0]!, weightFileName))).toHaveLength(50);
  expect(await readdir(folder)).toHaveLength(1);
});
