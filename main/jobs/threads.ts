/** @file Where the engine's work is done: a thread per run that goes on at a time, threads for questions, processes for foreign files. */
import { createGpuLock } from '../compute/gpu-lock';
import { forbidTelemetry } from '../compute/no-telemetry';
import type { MethodDefinition } from '../contract/define';
import { openWorker, type EngineThread } from './engine-thread';
import type { Executor } from './executor';
import { openForeignFiles, type ForeignFiles } from './foreign-kinds';
import type { ComputeAnswers, ComputeRequest, RunUpdate } from './messages';

export interface EngineThreads {
  /** Where runs go on. */
  runs: readonly EngineThread[];
  /** The quick questions of panels. */
  queries: EngineThread;
  /** Slow questions, and exports. */
  slow: EngineThread;
  /** Questions about model files, each in a process that no file can take the engine with. */
  models: ForeignFiles;
  /** Apart from them, as a profile blocks its process. */
  profiles: ForeignFiles;
  /** Language models, which stay loaded there. */
  language: ForeignFiles;
  /** Closes what questions about a run keep open. */
  release(id: string): Promise<void>;
  close(): Promise<void>;
}

/** `workerUrl` null: all work is done in this very thread, with these methods (for tests). */
export function openThreads(
  workerUrl: URL | null,
  methods: readonly MethodDefinition[],
  runsAtATime = 1,
): EngineThreads {
  forbidTelemetry();
  const gpuLock = createGpuLock();
  const open = () => (workerUrl ? openWorker(workerUrl, gpuLock) : openInline(methods, gpuLock));
  const runs = Array.from({ length: runsAtATime }, open);
  const [queries, slow] = [open(), open()];
  const openFiles = () => openForeignFiles(workerUrl);
  const [models, profiles, language] = [openFiles(), openFiles(), openFiles()];
  return {
    ...{ runs, queries, slow, models, profiles, language },
    async release(id) {
      const asked = [queries, slow].filter((thread) => thread.started);
      await Promise.all(asked.map((thread) => thread.ask({ kind: 'release', id })));
    },
    async close() {
      await Promise.all([...runs, queries, slow, models, profiles, language].map((thread) => thread.close()));
    },
  };
}

function openInline(methods: readonly MethodDefinition[], gpuLock: SharedArrayBuffer): EngineThread {
  // Loaded when first asked: an engine with workers never needs the native library in its own thread.
  let executor: Promise<Executor> | null = null;
  const underWay = new Set<Promise<unknown>>();
  const thread: EngineThread = {
    get started() {
      return executor !== null;
    },
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
      if (executor) await thread.ask({ kind: 'close' });
    },
  };
  return thread;
}
