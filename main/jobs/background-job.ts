/** @file Does the work that a running method asked for beside itself, in whatever thread it is called. */
import { MongeError } from '../../native-models/error';
import { modelCacheFolder } from '../disk/paths';
import type { Inputs, MethodDefinition } from '../contract/define';
import type { Json } from '../contract/schema';
import type { RunJob, RunThreads } from './messages';
import { detach } from '../compute/detach';
import { closeInputs, openInputs } from './inputs';
import { openCompute } from '../compute/session';
import type { Compute } from '../contract/compute';

/** One job, from its arguments to an answer that shares no memory with what the method keeps. @throws `job-unknown` */
export async function executeJob(
  method: MethodDefinition,
  name: string,
  { seed, compute, cancel }: { seed: number; compute: Compute; cancel: SharedArrayBuffer },
  inputs: Inputs,
  config: Record<string, Json>,
  args: unknown,
): Promise<unknown> {
  const job = method.jobs && Object.hasOwn(method.jobs, name) ? method.jobs[name] : undefined;
  if (!job)
    throw new MongeError({
      code: 'job-unknown',
      what: 'this method has no such work to do beside its runs',
      where: { key: name },
    });
  const flag = new Int32Array(cancel);
  const context = { seed, compute, stopRequested: () => Atomics.load(flag, 0) !== 0 };
  return detach(await job(context, inputs, config, args));
}

/** The thread's side: keeps the data and the sessions of the one run that it works for. */
export class BackgroundWorker {
  #open: { id: string; inputs: Inputs; compute: ReturnType<typeof openCompute> } | null = null;

  constructor(private readonly threads: RunThreads) {}

  async execute(
    method: MethodDefinition,
    job: RunJob,
    name: string,
    args: unknown,
    cancel: SharedArrayBuffer,
  ): Promise<unknown> {
    const { inputs, compute } = await this.#opened(method, job);
    return executeJob(method, name, { seed: job.seed, compute, cancel }, inputs, job.config, args);
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    await open.compute.close();
    await closeInputs(open.inputs);
  }

  async #opened(method: MethodDefinition, job: RunJob): Promise<{ inputs: Inputs; compute: Compute }> {
    if (this.#open?.id === job.id) return this.#open;
    await this.close();
    const { gpuLock, workerUrl, foreign } = this.threads;
    this.#open = {
      id: job.id,
      inputs: await openInputs(method, job, foreign),
      // The run itself goes on meanwhile: half of the threads are its.
      compute: openCompute({
        threads: Math.max(1, Math.floor(job.threads / 2)),
        ...{ gpuLock, workerUrl },
        cache: { folder: modelCacheFolder() },
      }),
    };
    return this.#open;
  }
}
