/** @file Leases: made once, kept by last use, never closed while in use, and bounded where who asks waits. */
import { describe, expect, it, vi } from 'vitest';
import { LeasedCache } from './leased-cache';

function cache(most: number, waits = false) {
  const close = vi.fn(async (_value: string) => undefined);
  return { close, leased: new LeasedCache<string>({ most, waits, close }) };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 1));

describe('a cache of leases', () => {
  it('makes a thing once for all who ask, and keeps it when they are done', async () => {
    const { leased, close } = cache(2);
    const make = vi.fn(async () => 'a');
    const [one, two] = await Promise.all([leased.lease('a', make), leased.lease('a', make)]);
    one.end();
    two.end();
    const again = await leased.lease('a', make);
    expect([again.value, make.mock.calls.length, close.mock.calls.length]).toEqual(['a', 1, 0]);
  });

  it('closes what was not used for longest', async () => {
    const { leased, close } = cache(2);
    for (const key of ['a', 'b', 'a', 'c']) (await leased.lease(key, async () => key)).end();
    expect(close.mock.calls).toEqual([['b']]);
    await leased.close();
    expect(close.mock.calls.flat().sort()).toEqual(['a', 'b', 'c']);
  });

  it('closes nothing that is in use, also when it is dropped, and closes it once', async () => {
    const { leased, close } = cache(1);
    const used = await leased.lease('a', async () => 'a');
    (await leased.lease('b', async () => 'b')).end();
    let dropped = false;
    const dropping = leased.drop('a').then(() => (dropped = true));
    await settled();
    expect([dropped, close.mock.calls.flat()]).toEqual([false, ['b']]);
    // Who asks now gets a new one.
    const fresh = await leased.lease('a', async () => 'new');
    expect(fresh.value).toBe('new');
    used.end();
    used.end();
    await dropping;
    expect(close.mock.calls.filter(([value]) => value === 'a')).toHaveLength(1);
  });

  it('lets who asks for one more wait until one is idle', async () => {
    const { leased, close } = cache(1, true);
    const used = await leased.lease('a', async () => 'a');
    let other: string | null = null;
    const asking = leased.lease('b', async () => 'b').then(({ value }) => (other = value));
    await settled();
    expect(other).toBeNull();
    // Those of a kept one do not wait.
    (await leased.lease('a', async () => 'never')).end();
    used.end();
    await asking;
    expect([other, close.mock.calls]).toEqual(['b', [['a']]]);
  });

  it('does not keep what could not be made', async () => {
    const { leased } = cache(1, true);
    await expect(leased.lease('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect((await leased.lease('a', async () => 'yes')).value).toBe('yes');
  });
});
