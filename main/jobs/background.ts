/** @file Work beside a run: started by the running method, done in a thread of its own, and ended with the run. */
import { MongeError } from '../../native-models/error';
import type { BackgroundWork, Inputs, MethodDefinition } from '../contract/define';
import { executeJob } from './background-job';
import type { RunJob, RunThreads } from './messages';
import { openWorker, type EngineThread } from './engine-thread';
import type { Compute } from '../contract/compute';

export interface Background {
  start: (name: string, args: unknown) => BackgroundWork;
  /** Cancels what is under way, waits for its end, and lets the thread go. */
  close(): Promise<void>;
}

/** `place` is where the work is done without threads: the run's own. `cancel` is the run's: it cancels all its work too. */
export function openBackground(
  method: MethodDefinition,
  job: RunJob,
  cancel: SharedArrayBuffer,
  { gpuLock, workerUrl }: Omit<RunThreads, 'foreign'>,
  place: { compute: Compute; inputs: Inputs },
): Background {
  const underWay = new Set<{ work: BackgroundWork; settled: Promise<unknown> }>();
  let thread: EngineThread | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const ask = (name: string, args: unknown, own: SharedArrayBuffer): Promise<unknown> => {
    if (workerUrl) {
      thread ??= openWorker(workerUrl, gpuLock);
      return thread.ask<'background'>({ kind: 'background', job, name, args, cancel: own });
    }
    const { compute, inputs } = place;
    return executeJob(method, name, { seed: job.seed, compute, cancel: own }, inputs, job.config, args);
  };

  return {
    start(name, args) {
      if (!method.jobs || !Object.hasOwn(method.jobs, name))
        throw new MongeError({
          code: 'job-unknown',
          what: 'this method has no such work to do beside its runs',
          where: { key: name },
          expected: Object.keys(method.jobs ?? {}).join(', ') || 'none',
        });
      const own = new SharedArrayBuffer(4);
      const result = turn.then(() => ask(name, args, own));
      const settled = result.catch(() => undefined);
      turn = settled;
      const work: BackgroundWork = {
        result,
        cancel: () => void Atomics.store(new Int32Array(own), 0, 1),
      };
      if (Atomics.load(new Int32Array(cancel), 0) !== 0) work.cancel();
      const entry = { work, settled };
      underWay.add(entry);
      void settled.then(() => underWay.delete(entry));
      return work;
    },
    async close() {
      const left = [...underWay];
      for (const { work } of left) work.cancel();
      await Promise.all(left.map(({ settled }) => settled));
      await thread?.close();
    },
  };
}
