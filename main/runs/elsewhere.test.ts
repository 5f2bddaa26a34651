/** @file A run of another process is followed to its end, and no longer. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunRecord } from '../contract/engine';
import { runRecord } from '../rpc/testing';
import { RunsElsewhere } from './elsewhere';

let disk: Map<string, RunRecord>;
let told: string[];
let elsewhere: RunsElsewhere;
const owned = new Set<string>();

beforeEach(() => {
  vi.useFakeTimers();
  disk = new Map();
  told = [];
  owned.clear();
  const store = {
    get: async (id: string) => disk.get(id) ?? Promise.reject(new Error('gone')),
    owned: (id: string) => (owned.has(id) ? disk.get(id) : undefined),
  };
  elsewhere = new RunsElsewhere(store, ({ id, status }) => told.push(`${id} ${status}`), 100);
});
afterEach(() => {
  elsewhere.close();
  vi.useRealTimers();
});

const put = (id: string, status: RunRecord['status']) => {
  disk.set(id, runRecord({ id, status }));
  return disk.get(id)!;
};

it('tells each change until the run rests', async () => {
  elsewhere.see([put('a', 'queued')]);
  await vi.advanceTimersByTimeAsync(100);
  put('a', 'running');
  await vi.advanceTimersByTimeAsync(200);
  put('a', 'failed');
  await vi.advanceTimersByTimeAsync(100);
  expect(told).toEqual(['a running', 'a failed']);
  expect(vi.getTimerCount()).toBe(0);
});

it('leaves alone what rests, what this process works on, and what is gone', async () => {
  owned.add('mine');
  elsewhere.see([put('done', 'done'), put('mine', 'running')]);
  expect(vi.getTimerCount()).toBe(0);
  elsewhere.see([put('gone', 'running')]);
  disk.delete('gone');
  await vi.advanceTimersByTimeAsync(100);
  expect([told, vi.getTimerCount()]).toEqual([[], 0]);
});
