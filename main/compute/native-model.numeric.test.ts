/** @file The options of a session act: large graphs come from the cache with equal bits, and MONGE_DEBUG tells where time goes. */
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { adamw, initialState } from '../../native-models';
import { toyFeeds, toyNetwork, toyProgram } from '../../native-models/testing/toy-program';
import { DEBUG_VARIABLE } from './debug';
import { openCompute } from './session';
import type { Feeds, HostTensor } from './types';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function feedsOf(program: ReturnType<typeof toyProgram>): Feeds {
  const values = { ...initialState(program, toyNetwork.initialise(1)), ...toyFeeds(program, 0) };
  return Object.fromEntries(
    Object.entries(values).map(([name, { data, shape }]): [string, HostTensor] => [
      name,
      { type: 'float32', data: Float32Array.from(data), dims: shape },
    ]),
  );
}

describe('the cache of optimised models', () => {
  const program = toyProgram(adamw(), 30, 'straight');

  it('serves a large graph the second time, with the same bits, and survives damage', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'monge-cache-'));
    const compute = openCompute({ threads: 1, cache: { folder } });
    const run = async () => {
      const session = await compute.open(program.model, { label: 'large' });
      const outputs = await session.run(feedsOf(program));
      await session.close();
      return outputs;
    };
    const plain = openCompute({ threads: 1 });
    const expected = await (await plain.open(program.model)).run(feedsOf(program));
    expect(await run()).toEqual(expected);
    const [name, ...others] = await readdir(folder);
    expect(others).toEqual([]);
    const path = join(folder, name!);
    const used = async () => (await stat(path)).mtimeMs;
    await utimes(path, new Date(0), new Date(0));
    expect(await run()).toEqual(expected);
    expect(await used(), 'marked as used').toBeGreaterThan(0);
    const { size } = await stat(path);
    await writeFile(path, 'damaged');
    expect(await run()).toEqual(expected);
    expect((await stat(path)).size, 'made anew').toBe(size);
    await compute.close();
    await plain.close();
    await rm(folder, { recursive: true });
  });

  it('leaves small graphs alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'monge-cache-'));
    const compute = openCompute({ threads: 1, cache: { folder } });
    await compute.open(toyProgram(adamw(), 1).model);
    await compute.close();
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});

describe('MONGE_DEBUG', () => {
  const program = toyProgram(adamw(), 4);

  async function told(level: string): Promise<string> {
    vi.stubEnv(DEBUG_VARIABLE, level);
    let text = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((part) => {
      text += String(part);
      return true;
    });
    const compute = openCompute({ threads: 1 });
    const session = await compute.open(program.model, { label: 'toy training' });
    await session.run(feedsOf(program));
    await session.run(feedsOf(program));
    await compute.close();
    vi.restoreAllMocks();
    return text;
  }
  const profiles = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('monge-profile-')).length;

  it('says nothing by default and at the levels that are for programs', async () => {
    expect(await told('')).toBe('');
    expect(await told('2')).toBe('');
  });

  it('3 lists where nodes ran', async () => {
    const text = await told('3');
    expect(text).toMatch(/^\[monge\] toy training \(cpu\)\n {2}on CPU: \d{2,} nodes\n$/);
  });

  it('4 adds the time by operation and by scope, and leaves no file', async () => {
    const before = await profiles();
    const text = await told('4');
    expect(text).toContain('in kernels over 2 runs');
    expect(text).toMatch(/time by operation\n(.*\n)* +[\d.]+ ms +\d+ % +\d+ × {2}Mul\n/);
    // The gradient of the loss is taken in each of 2 × 4 steps.
    expect(text).toMatch(/time by scope\n(.*\n)* +[\d.]+ ms +\d+ % +\d+ × {2}adamw/);
    expect(text).not.toMatch(/× {2}Loop\n/);
    expect(await profiles()).toBe(before);
  });

  it('refuses a level that is none, when a model is opened', async () => {
    vi.stubEnv(DEBUG_VARIABLE, 'verbose');
    const compute = openCompute({ threads: 1 });
    await expect(compute.open(program.model)).rejects.toMatchObject({ code: 'debug-level' });
  });
});
