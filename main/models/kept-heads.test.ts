/** @file Heads are read once for a file, and again for another content of it. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeptHeads } from './kept-heads';

const folder = mkdtempSync(join(tmpdir(), 'monge-heads-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Files of this test were written a minute ago: the time of a change cannot be set, so the clock is. */
beforeEach(() => vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

let made = 0;
function file(text: string): string {
  const path = join(folder, String((made += 1)));
  writeFileSync(path, text);
  return path;
}

/** Counts how often a head was read: here the whole text. */
function reader(mostBytes: number) {
  const heads = new KeptHeads<string>((text) => text.length, mostBytes);
  const reads: string[] = [];
  const get = (path: string) =>
    heads.get(path, async () => {
      reads.push(path);
      return fs.readFile(path, 'utf8');
    });
  return { get, reads };
}

describe('heads', () => {
  it('are read once, by whoever asks and at the same time', async () => {
    const { get, reads } = reader(100);
    const path = file('one');
    expect(await Promise.all([get(path), get(path)])).toEqual(['one', 'one']);
    expect(await get(path)).toBe('one');
    expect(reads.length).toBeLessThanOrEqual(2);
    const before = reads.length;
    await get(path);
    expect(reads).toHaveLength(before);
  });

  it('are read again where the file was written again, also to the same length', async () => {
    const { get, reads } = reader(100);
    const path = file('one');
    await get(path);
    writeFileSync(path, 'two');
    utimesSync(path, 1, 1);
    expect(await get(path)).toBe('two');
    expect(reads).toHaveLength(2);
  });

  it('of a file that was just written are not kept: it may be written again at the same time of its clock', async () => {
    vi.useRealTimers();
    const { get, reads } = reader(100);
    const path = file('one');
    await get(path);
    await get(path);
    expect(reads).toHaveLength(2);
  });

  it('are forgotten, the oldest first, where all are too large, and where reading failed', async () => {
    const { get, reads } = reader(8);
    const [a, b, c] = [file('aaaa'), file('bbbb'), file('cccc')];
    for (const path of [a, b, a, c, a, b]) await get(path);
    expect(reads).toEqual([a, b, c, b]);
    const heads = new KeptHeads<string>(() => 1, 8);
    await expect(heads.get(a, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await heads.get(a, async () => 'yes')).toBe('yes');
  });
});
