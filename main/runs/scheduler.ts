/** @file Queues runs for the free threads and turns what they report into records, files and news for the views. */
import { performance } from 'node:perf_hooks';
import { errorDetail } from '../../native-models/error';
import type { RunJob, RunUpdate } from '../jobs/messages';
import type { EngineThread } from '../jobs/engine-thread';
import type { EngineThreads } from '../jobs/threads';
import type { RunRecord, RunStatus, ViewApi } from '../contract/engine';
import { beat, heartbeatMilliseconds } from './owner';
import { DIVERGED } from '../training/divergence';
import { storedOf, type RunStore } from './store';

/** run.json is rewritten at most this often for progress alone. */
const saveMilliseconds = 2000;

interface Work {
  id: string;
  cancel: SharedArrayBuffer;
  started: number | null;
  /** Seconds of earlier sessions of the same run. */
  secondsBefore: number;
  lastSaved: number;
  finished: Promise<void>;
  finish(): void;
}

export class Scheduler {
  private readonly works = new Map<string, Work>();
  private readonly waiting: Work[] = [];
  private readonly free: EngineThread[];
  private readonly heartbeat: NodeJS.Timeout;
  private closed = false;

  constructor(
    private readonly store: RunStore,
    private readonly threads: EngineThreads,
    private readonly views: Pick<ViewApi, 'runChanged' | 'metrics' | 'notice'>,
  ) {
    this.free = [...threads.runs];
    this.heartbeat = setInterval(() => {
      for (const id of this.works.keys()) void beat(store.folder(id));
    }, heartbeatMilliseconds);
    this.heartbeat.unref();
  }

  /** Takes a run that this process owns and works on it as soon as a thread is free. */
  async enqueue(owned: RunRecord): Promise<RunRecord> {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const work: Work = {
      id: owned.id,
      cancel: new SharedArrayBuffer(4),
      started: null,
      secondsBefore: owned.seconds,
      lastSaved: 0,
      finished,
      finish,
    };
    this.works.set(owned.id, work);
    this.waiting.push(work);
    const queued = this.change(work, { status: 'queued', error: null, finished: null });
    await this.store.save(queued);
    this.startNext();
    return this.store.owned(owned.id) ?? queued;
  }

  /** Asks a run to stop; one that waits is stopped at once. Does nothing for a run that is not going on. */
  async stop(id: string): Promise<void> {
    const work = this.works.get(id);
    if (!work) return;
    Atomics.store(new Int32Array(work.cancel), 0, 1);
    const place = this.waiting.indexOf(work);
    if (place >= 0) {
      this.waiting.splice(place, 1);
      await this.end(work, 'stopped', null);
      return;
    }
    const record = this.store.owned(id);
    if (record?.status === 'running') this.saveSoon(work, this.change(work, { status: 'stopping' }));
  }

  /** Resolves when the run is no longer queued or running. */
  async wait(id: string): Promise<void> {
    await this.works.get(id)?.finished;
  }

  /** Stops everything cooperatively and waits for it. */
  async close(): Promise<void> {
    this.closed = true;
    const works = [...this.works.values()];
    await Promise.all(works.map((work) => this.stop(work.id)));
    await Promise.all(works.map((work) => work.finished));
    clearInterval(this.heartbeat);
  }

  private startNext(): void {
    while (!this.closed && this.free.length > 0 && this.waiting.length > 0) {
      const work = this.waiting.shift()!;
      const thread = this.free.shift()!;
      void this.work(work, thread).finally(() => {
        this.free.push(thread);
        this.startNext();
      });
    }
  }

  private async work(work: Work, thread: EngineThread): Promise<void> {
    const { id } = work;
    work.started = performance.now();
    try {
      const started = this.store.owned(id)?.started ?? new Date().toISOString();
      const record = this.change(work, { status: 'running', started });
      await this.store.save(record);
      // What earlier sessions kept open for queries may be about to change.
      void this.threads.release(id).catch(() => undefined);
      const job = jobOf(record, this.store.folder(id));
      const outcome = await thread.ask({ kind: 'run', job, cancel: work.cancel }, (update) =>
        this.take(work, update),
      );
      await this.end(work, outcome, null);
    } catch (error) {
      const detail = errorDetail(error);
      await this.end(work, detail.code === DIVERGED ? 'diverged' : 'failed', detail);
    }
  }

  private take(work: Work, update: RunUpdate): void {
    const record = this.store.owned(work.id);
    if (!record || !this.works.has(work.id)) return;
    const changed = this.change(work, {
      progress: update.progress ?? record.progress,
      metrics: { ...record.metrics, ...update.final },
      notices: union(record.notices, update.notices),
      ...(update.news ? { news: union(record.news ?? [], update.news) } : {}),
      snapshots: union(record.snapshots, update.snapshots).sort((a, b) => a - b),
      ...(update.kept.length > 0 ? { kept: union(record.kept ?? [], update.kept).sort() } : {}),
      artifacts: union(record.artifacts, update.artifacts),
      device: { ...record.device, used: update.used ?? record.device.used },
    });
    if (update.points.length > 0) this.views.metrics(work.id, update.points);
    const { notices, snapshots, kept, artifacts } = update;
    const lasting = notices.length + snapshots.length + kept.length + artifacts.length > 0;
    if (lasting || performance.now() - work.lastSaved > saveMilliseconds) this.saveSoon(work, changed);
  }

  private async end(
    work: Work,
    status: RunStatus & ('done' | 'stopped' | 'failed' | 'diverged'),
    error: RunRecord['error'],
  ): Promise<void> {
    const { id } = work;
    try {
      const stored = await storedOf(this.store.folder(id));
      const record = this.store.owned(id) ?? (await this.store.get(id));
      const ended: RunRecord = {
        ...record,
        status,
        error,
        ...stored,
        seconds: secondsOf(work),
        finished: new Date().toISOString(),
        progress: { ...record.progress, secondsLeft: null },
      };
      this.works.delete(id);
      await this.store.disown(ended);
      this.views.runChanged(ended);
    } catch (failure) {
      // The folder is gone or the disk full: say so, and let the rest go on.
      this.works.delete(id);
      this.say(id, failure);
    } finally {
      work.finish();
    }
  }

  /** Changes the record in memory at once and tells the views. */
  private change(work: Work, change: Partial<RunRecord>): RunRecord {
    const before = this.store.owned(work.id);
    if (!before) throw new Error(`run ${work.id} is not owned by this engine`);
    const record: RunRecord = { ...before, ...change, seconds: secondsOf(work) };
    this.store.put(record);
    this.views.runChanged(record);
    return record;
  }

  private saveSoon(work: Work, record: RunRecord): void {
    work.lastSaved = performance.now();
    this.store.save(record).catch((error: unknown) => this.say(work.id, error));
  }

  private say(id: string, error: unknown): void {
    this.views.notice({ level: 'error', text: `Run ${id}: ${errorDetail(error).what}` });
  }
}

/** What a compute thread is told of a run. */
export function jobOf(record: RunRecord, folder: string): RunJob {
  return {
    id: record.id,
    folder,
    method: record.method,
    config: record.config,
    seed: record.seed,
    device: record.device.asked,
    threads: record.device.threads,
    inputs: record.inputs,
  };
}

function secondsOf(work: Work): number {
  return work.secondsBefore + (work.started === null ? 0 : (performance.now() - work.started) / 1000);
}

function union<T>(stored: readonly T[], added: readonly T[]): T[] {
  return [...new Set([...stored, ...added])];
}
