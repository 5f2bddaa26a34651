/** @file The interface for foreign files without a process, and what both ways share: kinds, limits of memory, errors. */
import { describe, expect, it } from 'vitest';
import { MongeError } from '../../native-models/error';
import { openInPlace } from './in-place';
import { memoryLimit } from './limits';
import type { ForeignCall } from './messages';
import { memoryOf } from './watch';

const kinds = {
  count: {
    limits: { seconds: 10 },
    load: async () => async (request: { to: number }, call: ForeignCall<number>) => {
      let at = 0;
      while (at < request.to && !call.signal.aborted) call.update((at += 1));
      return at;
    },
  },
  fail: {
    limits: {},
    load: async () => () => {
      throw new MongeError({ code: 'told', what: 'told' });
    },
  },
};

describe('foreign files in this thread', () => {
  it('are answered with updates, and give up by a signal', async () => {
    const foreign = openInPlace(kinds);
    expect(foreign.started).toBe(false);
    const heard: number[] = [];
    expect(await foreign.ask({ kind: 'count', to: 3 }, (at) => heard.push(at))).toBe(3);
    expect([heard, foreign.started]).toEqual([[1, 2, 3], true]);
    const stop = new AbortController();
    const until = (at: number) => at === 2 && stop.abort();
    expect(await foreign.ask({ kind: 'count', to: 9 }, until, { signal: stop.signal })).toBe(2);
    await foreign.close();
  });

  it('throw what their handlers throw, and refuse kinds that are not in the table', async () => {
    const foreign = openInPlace(kinds);
    await expect(foreign.ask({ kind: 'fail' })).rejects.toMatchObject({ code: 'told' });
    const unknown = foreign.ask({ kind: 'toString' } as never);
    await expect(unknown).rejects.toMatchObject({ code: 'foreign-kind' });
  });
});

describe('the limit of memory', () => {
  it('is a share of the machine, or what the person says in MiB', () => {
    expect(memoryLimit({})).toBeGreaterThan(2 ** 28);
    expect(memoryLimit({ MONGE_FOREIGN_MEMORY: '1024' })).toBe(2 ** 30);
  });

  it.each(['much', '-5', '1e3.5', '12'])('is refused as %s', (text) => {
    expect(() => memoryLimit({ MONGE_FOREIGN_MEMORY: text })).toThrow(/bad-usage/);
  });

  it('is told by the last word of a process that was beyond it', () => {
    expect([memoryOf('memory 123\n'), memoryOf(''), memoryOf('mem')]).toEqual([123, null, null]);
  });
});
