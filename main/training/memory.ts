/** @file Whether a training fits into this machine, said before its first step instead of by a killed process. */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import type { MemoryEstimate } from '../../native-models';
import { MongeError } from '../../native-models/error';

const MEGABYTE = 2 ** 20;

/** What can be found out of the machine's memory; all in bytes. */
export interface MemorySources {
  platform: NodeJS.Platform;
  /** On Linux what could be had without swapping. */
  free: number;
  total: number;
  /** A file's text; null where there is none. */
  read: (path: string) => string | null;
}

/**
 * Bytes that this process can still get. On Linux that is what the kernel calls available, and no more than its control
 * group allows, whose file cache can be reclaimed; elsewhere "free" leaves out what the system only holds in case, so the
 * installed memory counts.
 */
export function availableMemory(sources: MemorySources = machine()): number {
  const { platform, free, total, read } = sources;
  if (platform !== 'linux') return total;
  const limits = [
    groupRoom(
      read,
      '/sys/fs/cgroup/memory.max',
      '/sys/fs/cgroup/memory.current',
      '/sys/fs/cgroup/memory.stat',
    ),
    groupRoom(
      read,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes',
      '/sys/fs/cgroup/memory/memory.stat',
    ),
  ];
  return Math.min(free, ...limits);
}

/**
 * The estimate in a sentence.
 * @throws `memory-too-large` when it is more than there is, with what takes most of it.
 */
export function requireMemory(
  estimate: MemoryEstimate,
  label: string,
  available: number = availableMemory(),
): string {
  const { state, activations, stream, total, largest } = estimate;
  const parts = [
    `state ${megabytes(state)}`,
    `activations and gradients ${megabytes(activations)}`,
    `batches ${megabytes(stream)}`,
  ].join(', ');
  if (total <= available) return `memory estimate ${megabytes(total)} (${parts})`;
  const named = largest.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');
  throw new MongeError({
    code: 'memory-too-large',
    what: 'this training needs more memory than there is',
    where: { op: label },
    got: `about ${megabytes(total)}: ${parts}; largest values: ${named}`,
    expected: `at most ${megabytes(available)}`,
    help: 'use a smaller batch or a smaller network, mark layers for rematerialisation, or close other programs',
  });
}

/** `120 MB`, and `1.3 MB` below ten. */
function megabytes(bytes: number): string {
  const amount = bytes / MEGABYTE;
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} MB`;
}

/** What a control group may still take: its limit less its use, of which cached files do not count. */
function groupRoom(
  read: MemorySources['read'],
  limitFile: string,
  usageFile: string,
  statisticsFile: string,
): number {
  const limit = Number(read(limitFile) ?? NaN);
  const usage = Number(read(usageFile) ?? NaN);
  if (!Number.isFinite(limit) || !Number.isFinite(usage)) return Infinity;
  const statistics = read(statisticsFile) ?? '';
  const cached = ['inactive_file', 'active_file'].reduce(
    (sum, key) => sum + Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(statistics)?.[1] ?? 0),
    0,
  );
  return limit - Math.max(0, usage - cached);
}

function machine(): MemorySources {
  return {
    platform: process.platform,
    free: freemem(),
    total: totalmem(),
    read(path) {
      try {
        return readFileSync(path, 'utf8').trim();
      } catch {
        return null;
      }
    },
  };
}
