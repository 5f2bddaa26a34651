/** @file Answers a panel's questions about runs, keeping what is costly open for the few runs looked at last. */
import { MongeError } from '../../native-models/error';
import type { Inputs, MethodDefinition, QueryContext } from '../contract/define';
import { modelCacheFolder } from '../disk/paths';
import { listKept, readKept } from '../disk/kept';
import { listSnapshots, readSnapshot } from '../disk/snapshots';
import { openCompute } from '../compute/session';
import { detach } from '../compute/detach';
import { closeInputs, openInputs } from './inputs';
import type { RunJob } from './messages';

const openRuns = 3;
const cachedPerRun = 24;

type Closable = { close?(): Promise<void> | void };
interface OpenRun {
  inputs: Inputs;
  compute: ReturnType<typeof openCompute>;
  /** In order of last use. Promises, so that two askers of one key make it once. */
  cached: Map<string, Promise<Closable>>;
}

/** The open runs of one thread. Calls run one after another, so nothing is closed while it is used. */
export class QueryRunner {
  private readonly runs = new Map<string, OpenRun>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly gpuLock: SharedArrayBuffer,
    private readonly workerUrl: URL | null,
  ) {}

  /** @throws `query-unknown` and whatever the query throws. The answer shares no memory with what is kept. */
  query(method: MethodDefinition, job: RunJob, name: string, args: unknown): Promise<unknown> {
    const query = Object.hasOwn(method.queries, name) ? method.queries[name] : undefined;
    if (!query)
      return Promise.reject(
        new MongeError({
          code: 'query-unknown',
          what: 'this method answers no such question',
          where: { key: name },
          expected: Object.keys(method.queries).join(', ') || 'none',
        }),
      );
    return this.inTurn(job, async (run, context) =>
      detach(await query(context, run.inputs, job.config, args)),
    );
  }

  /** @throws `export-onnx-unsupported` for a method without a model or program to export. */
  onnx(method: MethodDefinition, job: RunJob, part: 'model' | 'training'): Promise<Uint8Array> {
    const name = part === 'model' ? 'exportOnnx' : 'exportTraining';
    if (!method[name])
      return Promise.reject(
        new MongeError({
          code: 'export-onnx-unsupported',
          what: `runs of this method have no ${part === 'model' ? 'model' : 'training program'} to export`,
          where: { key: method.id },
        }),
      );
    return this.inTurn(
      job,
      async (run, context) => detach(await method[name]!(context, run.inputs, job.config)) as Uint8Array,
    );
  }

  /** Closes what is kept for a run; nothing happens when nothing is. */
  release(id: string): Promise<void> {
    return this.enqueue(() => this.closeRun(id));
  }

  close(): Promise<void> {
    return this.enqueue(async () => {
      for (const id of [...this.runs.keys()]) await this.closeRun(id);
    });
  }

  private inTurn<T>(job: RunJob, work: (run: OpenRun, context: QueryContext) => Promise<T>): Promise<T> {
    return this.enqueue(async () => {
      const run = await this.opened(job);
      try {
        return await work(run, await this.contextOf(job, run));
      } finally {
        await this.evict(run);
      }
    });
  }

  private enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async opened(job: RunJob): Promise<OpenRun> {
    const found = this.runs.get(job.id);
    const run = found ?? {
      inputs: await openInputs(job.data),
      compute: openCompute({
        threads: job.threads,
        gpuLock: this.gpuLock,
        workerUrl: this.workerUrl,
        cache: { folder: modelCacheFolder() },
      }),
      cached: new Map<string, Promise<Closable>>(),
    };
    this.runs.delete(job.id);
    this.runs.set(job.id, run);
    return run;
  }

  private async contextOf(job: RunJob, run: OpenRun): Promise<QueryContext> {
    return {
      seed: job.seed,
      compute: run.compute,
      snapshotSteps: await listSnapshots(job.folder),
      snapshot: (step) => readSnapshot(job.folder, step),
      keptNames: await listKept(job.folder),
      kept: (name) => readKept(job.folder, name),
      async cached<T extends Closable>(key: string, make: () => Promise<T>): Promise<T> {
        const value = (run.cached.get(key) as Promise<T> | undefined) ?? make();
        run.cached.delete(key);
        run.cached.set(key, value);
        try {
          return await value;
        } catch (error) {
          // A failure is not kept: the next question tries again.
          run.cached.delete(key);
          throw error;
        }
      },
    };
  }

  private async evict(run: OpenRun): Promise<void> {
    for (const [key, value] of run.cached) {
      if (run.cached.size <= cachedPerRun) break;
      run.cached.delete(key);
      await closeQuietly(value);
    }
    for (const id of this.runs.keys()) {
      if (this.runs.size <= openRuns) break;
      await this.closeRun(id);
    }
  }

  private async closeRun(id: string): Promise<void> {
    const run = this.runs.get(id);
    if (!run) return;
    this.runs.delete(id);
    for (const value of run.cached.values()) await closeQuietly(value);
    await run.compute.close();
    await closeInputs(run.inputs);
  }
}

async function closeQuietly(value: Promise<Closable>): Promise<void> {
  await value.then((made) => made.close?.()).catch(() => undefined);
}
