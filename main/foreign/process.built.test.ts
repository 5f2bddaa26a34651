/** @file The process for foreign files with harmless stand-ins: late, blocked, grown, ended, given up, and replaced each time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MongeError } from '../../native-models/error';
import type { Foreign } from './messages';
import { openForeign } from './process';
import { buildStandIn } from './testing/build';
import { standInKinds } from './testing/kinds';

let folder: string;
let entry: URL;
let foreign: Foreign<typeof standInKinds>;
const memoryBytes = 512 * 2 ** 20;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monge-foreign-'));
  entry = await buildStandIn(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  foreign = openForeign(entry, standInKinds, { memoryBytes, graceMilliseconds: 300 });
});
afterEach(() => foreign.close());

const failure = async (answer: Promise<unknown>): Promise<MongeError> => {
  const thrown: unknown = await answer.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(MongeError);
  return thrown as MongeError;
};

const gone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

it('starts when first asked, stays warm, carries arrays as they are, and ends when it is closed', async () => {
  expect(foreign.started).toBe(false);
  const value = {
    floats: Float32Array.of(1, -0, NaN),
    whole: BigInt64Array.of(2n ** 62n),
    bytes: new Uint8Array(300_000).fill(7),
    words: ['α', null, undefined],
  };
  expect(await foreign.ask({ kind: 'echo', value })).toEqual(value);
  expect(foreign.started).toBe(true);
  const pid = await foreign.ask({ kind: 'pid' });
  expect(pid).not.toBe(process.pid);
  expect(await foreign.ask({ kind: 'pid' })).toBe(pid);
  await foreign.close();
  expect([foreign.started, gone(pid)]).toEqual([false, true]);
  expect(await foreign.ask({ kind: 'pid' })).not.toBe(pid);
});

it('answers two calls at a time', async () => {
  const slow = foreign.ask({ kind: 'sleep', milliseconds: 500 });
  let slept = false;
  void slow.then(() => (slept = true));
  expect(await foreign.ask({ kind: 'echo', value: 1 })).toBe(1);
  expect(slept).toBe(false);
  expect(await slow).toBe('slept');
});

it('refuses a request that cannot be copied, and goes on', async () => {
  await expect(foreign.ask({ kind: 'echo', value: () => 1 })).rejects.toThrow(/could not be cloned/);
  expect(await foreign.ask({ kind: 'echo', value: 2 })).toBe(2);
});

describe('what ends it costs one call each', () => {
  afterEach(async () => expect(await foreign.ask({ kind: 'echo', value: 'again' })).toBe('again'));

  it('too late, with the main thread blocked; who waits behind hears that it was not its fault', async () => {
    const before = await foreign.ask({ kind: 'pid' });
    const late = failure(foreign.ask({ kind: 'block', milliseconds: 60_000 }, undefined, { file: 'a.onnx' }));
    const behind = failure(foreign.ask({ kind: 'echo', value: 1 }));
    expect((await late).detail).toMatchObject({
      ...{ code: 'foreign-time', blame: 'input', where: { file: 'a.onnx' }, expected: 'at most 1 s' },
    });
    expect((await behind).detail).toMatchObject({ code: 'foreign-interrupted', blame: 'machine' });
    expect(await foreign.ask({ kind: 'pid' })).not.toBe(before);
  });

  it('too much memory beside the heap, in a call that never gives the thread back', async () => {
    const error = await failure(
      foreign.ask({ kind: 'grow', bytes: 2 ** 30 }, undefined, { file: 'big.onnx' }),
    );
    expect(error.detail).toMatchObject({
      ...{ code: 'foreign-memory', blame: 'input', where: { file: 'big.onnx' } },
      expected: 'at most 512 MiB',
    });
    expect(error.detail.help).toContain('MONGE_FOREIGN_MEMORY');
  });

  it('too much memory on the heap', async () => {
    expect((await failure(foreign.ask({ kind: 'heap' }))).code).toBe('foreign-memory');
  });

  it('its own end', async () => {
    const [ending, other] = [
      failure(foreign.ask({ kind: 'exit', code: 3 }, undefined, { file: 'x' })),
      failure(foreign.ask({ kind: 'sleep', milliseconds: 20_000 })),
    ];
    expect((await ending).detail).toMatchObject({
      code: 'foreign-ended',
      blame: 'input',
      got: 'exit code 3',
    });
    expect((await other).code).toBe('foreign-ended');
  });

  it('silence, in a call that may otherwise take as long as it likes', async () => {
    const words: number[] = [];
    const hear = ({ word }: { word: number }) => void words.push(word);
    expect(await foreign.ask({ kind: 'words', count: 6, milliseconds: 500 }, hear)).toBe('said');
    expect(words).toEqual([0, 1, 2, 3, 4, 5]);
    const silent = await failure(foreign.ask({ kind: 'words', count: 2, milliseconds: 30_000 }, hear));
    expect(silent.detail).toMatchObject({ code: 'foreign-time', expected: 'at most 2 s' });
  });
});

describe('a call that is given up', () => {
  it('is asked to stop, and the process stays', async () => {
    const before = await foreign.ask({ kind: 'pid' });
    const stop = new AbortController();
    const answer = foreign.ask(
      { kind: 'words', count: 1000, milliseconds: 20 },
      ({ word }) => word === 2 && stop.abort(),
      { signal: stop.signal },
    );
    expect(await answer).toBe('stopped');
    expect(await foreign.ask({ kind: 'pid' })).toBe(before);
  });

  it('costs the process where it does not come back, and throws the reason', async () => {
    const before = await foreign.ask({ kind: 'pid' });
    const stop = new AbortController();
    const held = failure(foreign.ask({ kind: 'hold', milliseconds: 60_000 }, undefined, stop));
    setTimeout(() => stop.abort(new MongeError({ code: 'profile-stopped', what: 'stopped' })), 100);
    expect((await held).code).toBe('profile-stopped');
    expect(await foreign.ask({ kind: 'pid' })).not.toBe(before);
    expect((await failure(foreign.ask({ kind: 'pid' }, undefined, stop))).code).toBe('profile-stopped');
  });

  it('is given up by closing too', async () => {
    const held = failure(foreign.ask({ kind: 'hold', milliseconds: 60_000 }));
    // What waits behind it can be given up without an end.
    const waiting = foreign.ask({ kind: 'pid' }, undefined, { signal: AbortSignal.timeout(300) });
    expect((await failure(waiting)).code).toBe('foreign-stopped');
    await foreign.close();
    expect((await held).code).toBe('foreign-stopped');
  });
});

it('says that it cannot be started, and blames no file for it', async () => {
  const broken = openForeign(new URL('none.mjs', entry), standInKinds);
  expect((await failure(broken.ask({ kind: 'pid' }))).detail).toMatchObject({
    ...{ code: 'foreign-not-started', blame: 'machine' },
  });
  await broken.close();
});
