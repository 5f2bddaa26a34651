/** @file One of the engine's threads: answers requests until it is closed. */
import { openThread } from '../compute/thread';
import type { ComputeAnswers, ComputeRequest, RunUpdate, WorkerSetup } from './messages';

/** One thread that answers requests. It starts when it is first asked. */
export interface EngineThread {
  readonly started: boolean;
  ask<K extends ComputeRequest['kind']>(
    request: Extract<ComputeRequest, { kind: K }>,
    onUpdate?: (update: RunUpdate) => void,
  ): Promise<ComputeAnswers[K]>;
  /** Waits for what is under way, then lets the thread end. */
  close(): Promise<void>;
}

/** A worker thread. */
export function openWorker(url: URL, gpuLock: SharedArrayBuffer): EngineThread {
  const setup: WorkerSetup = { gpuLock };
  const thread = openThread<ComputeRequest, RunUpdate>(url, setup);
  return {
    get started() {
      return thread.started;
    },
    ask: <K extends ComputeRequest['kind']>(
      request: Extract<ComputeRequest, { kind: K }>,
      onUpdate?: (update: RunUpdate) => void,
    ) => thread.ask(request, onUpdate) as Promise<ComputeAnswers[K]>,
    close: () => thread.close({ kind: 'close' }),
  };
}
