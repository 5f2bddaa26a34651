/** @file The fixed pool: slots for runs, one kept free for queries, so that panels answer while training goes on, and one for profiles. */
import { Worker } from 'node:worker_threads';
import { MongeError } from '../../native-models/error';
import type { MethodDefinition } from '../methods/define';
import type { Executor } from './executor';
import { createGpuLock } from './gpu-lock';
import { forbidTelemetry } from './no-telemetry';
import type {
  ComputeAnswers,
  ComputeRequest,
  FromWorker,
  RunUpdate,
  ToWorker,
  WorkerSetup,
} from './messages';

/** One thread that answers requests. */
export interface Slot {
  ask<K extends ComputeRequest['kind']>(
    request: Extract<ComputeRequest, { kind: K }>,
    onUpdate?: (update: RunUpdate) => void,
  ): Promise<ComputeAnswers[K]>;
  /** Waits for what is under way, then lets the thread end. */
  close(): Promise<void>;
}

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
      executor ??= import('./executor').then((module) => module.createExecutor(methods, gpuLock));
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

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onUpdate: (update: RunUpdate) => void;
}

/** Starts its thread at the first request, and a new one should the thread ever die. */
function openWorker(url: URL, gpuLock: SharedArrayBuffer): Slot {
  const calls = new Map<number, Call>();
  let worker: Worker | null = null;
  let exited: Promise<void> = Promise.resolve();
  let lastCall = 0;

  function start(): Worker {
    const started = new Worker(url, { workerData: { gpuLock } satisfies WorkerSetup });
    let failure: unknown = null;
    started.on('message', (message: FromWorker) => {
      const call = calls.get(message.call);
      if (!call) return;
      if ('update' in message) return call.onUpdate(message.update);
      calls.delete(message.call);
      if ('error' in message) call.reject(new MongeError(message.error));
      else call.resolve(message.value);
    });
    started.on('error', (error) => {
      failure = error;
    });
    exited = new Promise((resolve) => {
      started.on('exit', (code) => {
        if (worker === started) worker = null;
        const left = [...calls.values()];
        calls.clear();
        for (const call of left) call.reject(threadDied(code, failure));
        resolve();
      });
    });
    return started;
  }

  const slot: Slot = {
    ask<K extends ComputeRequest['kind']>(
      request: Extract<ComputeRequest, { kind: K }>,
      onUpdate: (update: RunUpdate) => void = () => undefined,
    ) {
      worker ??= start();
      const target = worker;
      const call = ++lastCall;
      return new Promise<ComputeAnswers[K]>((resolve, reject) => {
        calls.set(call, { resolve: resolve, reject, onUpdate });
        const message: ToWorker = { call, request };
        try {
          target.postMessage(message);
        } catch (error) {
          // Arguments that cannot be copied between threads.
          calls.delete(call);
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    },
    async close() {
      if (!worker) return;
      await slot.ask({ kind: 'close' }).catch(() => undefined);
      await exited;
    },
  };
  return slot;
}

function threadDied(code: number, cause: unknown): MongeError {
  return new MongeError(
    {
      code: 'compute-thread-died',
      what: 'the thread that worked on this ended unexpectedly',
      got: cause instanceof Error ? cause.message : `exit code ${code}`,
      help: 'resume the run; it goes on from its last checkpoint',
    },
    { cause },
  );
}
