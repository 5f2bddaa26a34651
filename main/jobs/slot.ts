/** @file One thread of the engine that answers its requests. */
import type { ComputeAnswers, ComputeRequest, RunUpdate, WorkerSetup } from './messages';
import { openThread } from '../compute/thread';

/** One thread that answers requests. */
export interface Slot {
  ask<K extends ComputeRequest['kind']>(
    request: Extract<ComputeRequest, { kind: K }>,
    onUpdate?: (update: RunUpdate) => void,
  ): Promise<ComputeAnswers[K]>;
  /** Waits for what is under way, then lets the thread end. */
  close(): Promise<void>;
}

/** A slot with a thread of its own. */
export function openWorker(url: URL, gpuLock: SharedArrayBuffer): Slot {
  const setup: WorkerSetup = { gpuLock };
  const thread = openThread<ComputeRequest, RunUpdate>(url, setup);
  return {
    ask: <K extends ComputeRequest['kind']>(
      request: Extract<ComputeRequest, { kind: K }>,
      onUpdate?: (update: RunUpdate) => void,
    ) => thread.ask(request, onUpdate) as Promise<ComputeAnswers[K]>,
    close: () => thread.close({ kind: 'close' }),
  };
}
