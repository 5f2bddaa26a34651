/** @file A training that cannot fit is refused with a reason, and the room of a control group is respected. */
import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import type { MemoryEstimate } from '../../native-models';
import { availableMemory, requireMemory, type MemorySources } from './memory';

const MB = 2 ** 20;
const estimate: MemoryEstimate = {
  state: 100 * MB,
  activations: 700.4 * MB,
  stream: 1.25 * MB,
  copies: 300 * MB,
  total: 1024 * MB,
  largest: [
    { name: 'layer1/Gemm', bytes: 64 * MB },
    { name: 'layer1/Gelu', bytes: 32 * MB },
  ],
};

it('puts the estimate into words, or refuses with what takes most of it', () => {
  expect(requireMemory(estimate, 'training', 1024 * MB)).toBe(
    'memory estimate 1024 MB (state 100 MB, activations and gradients 700 MB, batches 1.3 MB)',
  );
  expect(() => requireMemory(estimate, 'training', 1023 * MB)).toThrow(
    expect.objectContaining({
      code: 'memory-too-large',
      detail: expect.objectContaining({
        where: { op: 'training' },
        got: expect.stringContaining('layer1/Gemm 64 MB, layer1/Gelu 32 MB') as string,
        expected: 'at most 1023 MB',
      }) as object,
    }),
  );
});

it('knows the limits of a control group, of either kind, and that its file cache can be had back', () => {
  const sources = (files: Record<string, string>, more: Partial<MemorySources> = {}): MemorySources => ({
    platform: 'linux',
    free: 8000 * MB,
    total: 16_000 * MB,
    read: (path) => files[path] ?? null,
    ...more,
  });
  expect(availableMemory(sources({}))).toBe(8000 * MB);
  const second = {
    '/sys/fs/cgroup/memory.max': String(1000 * MB),
    '/sys/fs/cgroup/memory.current': String(700 * MB),
    '/sys/fs/cgroup/memory.stat': `anon 1\nactive_file ${100 * MB}\ninactive_file ${200 * MB}\n`,
  };
  expect(availableMemory(sources(second))).toBe(600 * MB);
  expect(availableMemory(sources(second, { free: 500 * MB }))).toBe(500 * MB);
  expect(availableMemory(sources({ ...second, '/sys/fs/cgroup/memory.max': 'max' }))).toBe(8000 * MB);
  const first = {
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': String(2000 * MB),
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': String(500 * MB),
  };
  expect(availableMemory(sources(first))).toBe(1500 * MB);
  expect(availableMemory(sources(second, { platform: 'darwin' }))).toBe(16_000 * MB);
});

it('finds some memory on this machine, and not more than there is', () => {
  expect(availableMemory()).toBeGreaterThan(50 * MB);
  expect(availableMemory()).toBeLessThanOrEqual(totalmem());
});
