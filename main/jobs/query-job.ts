/** @file Answers questions about runs side by side, keeping what is costly open for the few runs last asked about. */
import { join } from 'node:path';
import { MongeError } from '../../native-models/error';
import { detach } from '../compute/detach';
import { openCompute } from '../compute/session';
import type { Inputs, MethodDefinition } from '../contract/define';
import { answerQuery, withPrepared, type QueryContext } from '../contract/query';
import type { Json } from '../contract/schema';
import { modelCacheFolder } from '../disk/paths';
import { readPart } from '../disk/files';
import { listKept, readKept } from '../disk/kept';
import { safeFileName } from '../disk/names';
import { listSnapshots, readSnapshot } from '../disk/snapshots';
import { closeInputs, openInputs } from './inputs';
import { LeasedCache } from './leased-cache';
import type { RunJob, RunThreads } from './messages';

/** Runs that one thread keeps open. Who asks about one more waits until one of them is idle. */
const openRuns = 3;
const keptPerRun = 24;

interface OpenRun {
  inputs: Inputs;
  compute: ReturnType<typeof openCompute>;
  /** What queries keep of it; a failure is not kept. */
  parts: LeasedCache<unknown>;
}

type Context = QueryContext<Record<string, Json>>;

/** The open runs of one thread. Questions are answered as they come; nothing is closed while one of them uses it. */
export class QueryRunner {
  readonly #runs = new LeasedCache<OpenRun>({ most: openRuns, waits: true, close: closeRun });

  constructor(private readonly threads: RunThreads) {}

  /** @throws `query-unknown`, `query-invalid` and whatever the query throws. The answer shares no memory with what is kept. */
  query(method: MethodDefinition, job: RunJob, name: string, args: unknown): Promise<unknown> {
    return this.#use(method, job, (context) => answerQuery(method.queries, name, context, args));
  }

  /** @throws `export-onnx-unsupported` for a method without a model or program to export. */
  async onnx(method: MethodDefinition, job: RunJob, part: 'model' | 'training'): Promise<Uint8Array> {
    const name = part === 'model' ? 'exportOnnx' : 'exportTraining';
    if (!method[name])
      throw new MongeError({
        code: 'export-onnx-unsupported',
        what: `runs of this method have no ${part === 'model' ? 'model' : 'training program'} to export`,
        where: { key: method.id },
      });
    return (await this.#use(method, job, (context) => method[name]!(context))) as Uint8Array;
  }

  /** Closes what is kept for a run as soon as no question uses it; nothing happens when nothing is. */
  release(id: string): Promise<void> {
    return this.#runs.drop(id);
  }

  close(): Promise<void> {
    return this.#runs.close();
  }

  async #use(
    method: MethodDefinition,
    job: RunJob,
    work: (context: Context) => Promise<unknown>,
  ): Promise<unknown> {
    const run = await this.#runs.lease(job.id, () => this.#open(method, job));
    const leases: (() => void)[] = [];
    try {
      return detach(await work(await contextOf(method, job, run.value, leases)));
    } finally {
      for (const end of leases) end();
      run.end();
    }
  }

  async #open(method: MethodDefinition, job: RunJob): Promise<OpenRun> {
    const { gpuLock, workerUrl, foreign } = this.threads;
    return {
      inputs: await openInputs(method, job, foreign),
      compute: openCompute({
        threads: job.threads,
        ...{ gpuLock, workerUrl },
        cache: { folder: modelCacheFolder() },
      }),
      parts: new LeasedCache<unknown>({ most: keptPerRun, waits: false, close: closePart }),
    };
  }
}

/** What one question gets; what it takes from the cache is put into `leases` and stays open until they end. */
async function contextOf(
  method: MethodDefinition,
  job: RunJob,
  { inputs, compute, parts }: OpenRun,
  leases: (() => void)[],
): Promise<Context> {
  return withPrepared(
    {
      ...{ seed: job.seed, config: job.config, inputs, compute },
      snapshotSteps: await listSnapshots(job.folder),
      snapshot: (step) => readSnapshot(job.folder, step),
      keptNames: await listKept(job.folder),
      kept: (name) => readKept(job.folder, name),
      artifact: (name, { at, bytes }) =>
        readPart(join(job.folder, 'artifacts', safeFileName(name)), at, bytes),
      async cached<T>(key: string, make: () => Promise<T>): Promise<T> {
        const part = await parts.lease(key, make);
        leases.push(part.end);
        return part.value as T;
      },
    },
    async (run) => method.prepare?.(run),
  );
}

async function closeRun({ inputs, compute, parts }: OpenRun): Promise<void> {
  await parts.close();
  await compute.close();
  await closeInputs(inputs);
}

async function closePart(part: unknown): Promise<void> {
  if (isClosable(part)) await part.close();
}

function isClosable(part: unknown): part is { close(): unknown } {
  return typeof part === 'object' && part !== null && 'close' in part && typeof part.close === 'function';
}
