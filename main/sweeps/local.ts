/** @file Attempts as runs on threads of this engine, one thread of sums each: as many at a time as there are cores. */
import { availableParallelism, hostname } from 'node:os';
import type { MetricPoint, RunRecord } from '../contract/engine';
import { RunStore } from '../runs/store';
import { Scheduler } from '../runs/scheduler';
import { openThreads } from '../jobs/threads';
import type { MethodDefinition } from '../contract/define';
import type { AttemptEnd, AttemptWork, Executor, HearReport, RunningAttempt } from './executor';

export interface LocalOptions {
  /** Folder of the study's runs. */
  folder: string;
  methods: readonly MethodDefinition[];
  /** Null: in this thread, one at a time (for tests). */
  workerUrl: URL | null;
  /** Attempts at a time; default: one for each core. */
  slots?: number;
  /** The record of a run of this work. */
  plan(work: AttemptWork): Promise<{ method: string; make: (id: string) => RunRecord }>;
  say: (text: string) => void;
}

/** Opens threads and the study's folder of runs; close it. */
export async function openLocal(options: LocalOptions): Promise<Executor> {
  const { folder, methods, workerUrl, say } = options;
  const slots = workerUrl ? (options.slots ?? availableParallelism()) : 1;
  const store = new RunStore(folder);
  await store.open();
  const threads = openThreads(workerUrl, methods, slots);
  const listeners = new Map<string, (points: readonly MetricPoint[]) => void>();
  const scheduler = new Scheduler(store, threads, {
    runChanged: () => undefined,
    metrics: (id, points) => listeners.get(id)?.(points),
    notice: ({ text }) => say(text),
  });

  async function begin(work: AttemptWork): Promise<RunRecord> {
    const known = work.run === null ? null : await store.get(work.run).catch(() => null);
    // One that ended while nobody listened needs no more than to be read.
    if (known && (known.status === 'done' || known.status === 'diverged')) return known;
    if (known && (known.status === 'stopped' || known.status === 'interrupted'))
      return scheduler.enqueue(await store.own(known.id));
    const { method, make } = await options.plan(work);
    return scheduler.enqueue(await store.create(method, new Date(), make));
  }

  return {
    kind: 'local',
    slots,
    async start(work, curve, hear: HearReport): Promise<RunningAttempt> {
      const record = await begin(work);
      // Its thread answers in a later turn, so that no point is missed.
      listeners.set(record.id, (points) => {
        const length = store.owned(record.id)?.progress.steps ?? 0;
        for (const { name, step, value } of points) if (name === curve) hear(step, value, length);
      });
      const ended = scheduler.wait(record.id).then(async () => {
        listeners.delete(record.id);
        return endOf(await store.get(record.id));
      });
      return {
        ...{ run: record.id, handle: null, ended },
        stop: () => void scheduler.stop(record.id).catch((error: unknown) => say(String(error))),
      };
    },
    async close() {
      await scheduler.close();
      await threads.close();
    },
  };
}

/** How a run that rests has ended. */
function endOf({ status, metrics, error, seconds }: RunRecord): AttemptEnd {
  const states: Partial<Record<RunRecord['status'], AttemptEnd['state']>> = {
    ...{ done: 'complete', diverged: 'diverged', failed: 'failed' },
    ...{ stopped: 'cancelled', interrupted: 'lost' },
  };
  return {
    ...{ state: states[status] ?? 'lost', metrics, error, seconds },
    host: hostname(),
  };
}
