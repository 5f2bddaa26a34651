/** @file The fixed pool: slots for runs, one kept free for queries, so that panels answer while training goes on, and one for profiles. */
import type { MethodDefinition } from '../contract/define';
import type { Executor } from './executor';
import { createGpuLock } from '../compute/gpu-lock';
import { forbidTelemetry } from '../compute/no-telemetry';
import type { ComputeAnswers, ComputeRequest, RunUpdate } from './messages';
import { openWorker, type Slot } from './slot';

export type { Slot } from './slot';

export interface Pool {
  runs: readonly Slot[];
  queries: Slot;
  /** Starts its thread only when somebody profiles a model. */
  profiles: Slot;
  close(): Promise<void>;
}

/** `workerUrl` null: every slot works in this thread, with these methods (for tests). */
export function openPool(workerUrl: URL | null, methods: readonly MethodDefinition[], runSlots = 1): Pool {
  forbidTelemetry();
  const gpuLock = createGpuLock();
  const open = () => (workerUrl ? openWorker(workerUrl, gpuLock) : openInline(methods, gpuLock));
  const runs = Array.from({ length: runSlots }, open);
  const queries = open();
  const profiles = open();
  return {
    runs,
    queries,
    profiles,
    async close() {
      await Promise.all([...runs, queries, profiles].map((slot) => slot.close()));
    },
  };
}

function openInline(methods: readonly MethodDefinition[], gpuLock: SharedArrayBuffer): Slot {
  // Loaded when first asked: an engine with workers never needs the native library in its own thread.
  let executor: Promise<Executor> | null = null;
  const underWay = new Set<Promise<unknown>>();
  const slot: Slot = {
    async ask<K extends ComputeRequest['kind']>(
      request: Extract<ComputeRequest, { kind: K }>,
      onUpdate: (update: RunUpdate) => void = () => undefined,
    ) {
      executor ??= import('./executor').then((module) => module.createExecutor(methods, gpuLock, null));
      const answer = executor.then((ready) => ready.execute(request, onUpdate)) as Promise<ComputeAnswers[K]>;
      underWay.add(answer);
      try {
        return await answer;
      } finally {
        underWay.delete(answer);
      }
    },
    async close() {
      await Promise.allSettled(underWay);
      if (executor) await slot.ask({ kind: 'close' });
    },
  };
  return slot;
}
