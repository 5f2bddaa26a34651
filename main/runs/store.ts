/** @file The folder of runs: the folders are the truth, memory only a cache rebuilt from them. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MongeError } from '../../native-models/error';
import type { RunRecord } from '../contract/engine';
import { folderUnwritable, isMissing, makeFolder, renameWithRetry } from '../disk/files';
import { isRunId, newRunId, runNotFound } from '../disk/names';
import { ownedElsewhere, releaseLock, takeLock } from './owner';
import { listKept } from '../disk/kept';
import { activeStatuses, corruptRecord, readRecord, writeRecord } from '../disk/record';
import { listSnapshots } from '../disk/snapshots';

const trashName = '.trash';
/** A folder with none of these is not a run. */
const runFiles = ['run.json', 'metrics.ndjson', 'checkpoint', 'log.ndjson'];

interface Cached {
  record: RunRecord;
  /** Date of run.json when it was read; another date means another process wrote it. */
  date: number;
}

export class RunStore {
  private readonly cache = new Map<string, Cached>();
  /** Runs this engine works on: memory is ahead of the disk for them. */
  private readonly ownedRuns = new Map<string, RunRecord>();
  private readonly writes = new Map<string, Promise<void>>();
  /** Runs that this store was the first to find without their owner. */
  private readonly orphans = new Set<string>();
  /** Those of them that `open` found, oldest first: they were going on when their process died. */
  orphanedAtOpening: readonly string[] = [];

  constructor(readonly runsFolder: string) {}

  /** Makes the folder; runs of a dead process are marked as interrupted while listing them. */
  async open(): Promise<void> {
    await makeFolder(this.runsFolder);
    await this.list();
    this.orphanedAtOpening = [...this.orphans].sort();
  }

  folder(id: string): string {
    if (!isRunId(id)) throw runNotFound(id);
    return join(this.runsFolder, id);
  }

  /** Every run, newest first; unreadable ones as failed, with the reason. */
  async list(): Promise<RunRecord[]> {
    const entries = await readdir(this.runsFolder, { withFileTypes: true });
    const records: RunRecord[] = [];
    for (const entry of entries) {
      if (!entry.isDirectory() || !isRunId(entry.name)) continue;
      const record = await this.read(entry.name);
      if (record) records.push(record);
    }
    return records.sort((a, b) => b.created.localeCompare(a.created) || b.id.localeCompare(a.id));
  }

  /** @throws `run-not-found` */
  async get(id: string): Promise<RunRecord> {
    const record = isRunId(id) ? await this.read(id) : null;
    if (!record) throw runNotFound(id);
    return record;
  }

  /**
   * A new folder, locked by this process, with the record as `make` gives it for the new id.
   * @throws `folder-unwritable`, and leaves nothing half made then.
   */
  async create(method: string, now: Date, make: (id: string) => RunRecord): Promise<RunRecord> {
    for (;;) {
      const id = newRunId(method, now);
      const folder = join(this.runsFolder, id);
      try {
        await mkdir(folder);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw folderUnwritable(this.runsFolder, error);
      }
      const record = make(id);
      try {
        // The lock comes first: a record that says "queued" must never be seen without an owner.
        await takeLock(folder);
        this.ownedRuns.set(id, record);
        await this.save(record);
      } catch (error) {
        this.ownedRuns.delete(id);
        await rm(folder, { recursive: true, force: true });
        throw folderUnwritable(folder, error);
      }
      return record;
    }
  }

  /** Takes a run over for work in this process. @throws `run-owned-elsewhere` */
  async own(id: string): Promise<RunRecord> {
    const record = await this.get(id);
    await this.refuseOwnedElsewhere(id);
    await takeLock(this.folder(id));
    this.ownedRuns.set(id, record);
    return record;
  }

  /** Replaces the record in memory. `save` stores it. */
  put(record: RunRecord): void {
    this.ownedRuns.set(record.id, record);
  }

  /** Writes the record; writes of one run follow each other. */
  async save(record: RunRecord): Promise<void> {
    const folder = this.folder(record.id);
    const write = (this.writes.get(record.id) ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => writeRecord(folder, record));
    this.writes.set(record.id, write);
    try {
      await write;
    } finally {
      if (this.writes.get(record.id) === write) this.writes.delete(record.id);
    }
  }

  /** Stores the last word on a run and gives it up. */
  async disown(record: RunRecord): Promise<void> {
    this.put(record);
    try {
      await this.save(record);
    } finally {
      // Released while the memory still answers, so that nobody takes the run for interrupted in between.
      await releaseLock(this.folder(record.id));
      this.ownedRuns.delete(record.id);
      this.cache.delete(record.id);
    }
  }

  /** The record of a run this engine works on, as it is now. */
  owned(id: string): RunRecord | undefined {
    return this.ownedRuns.get(id);
  }

  /** @throws `run-owned-elsewhere` while another live process works on the run. */
  async refuseOwnedElsewhere(id: string): Promise<void> {
    if (this.ownedRuns.has(id) || !(await ownedElsewhere(this.folder(id)))) return;
    throw new MongeError({
      code: 'run-owned-elsewhere',
      what: 'another process is working on this run',
      where: { key: id },
      help: 'stop it there first',
    });
  }

  /** @throws `run-not-found`, `run-active`, `run-owned-elsewhere` */
  async trash(id: string): Promise<void> {
    await this.get(id);
    if (this.ownedRuns.has(id))
      throw new MongeError({
        code: 'run-active',
        what: 'this run is still going on',
        where: { key: id },
        help: 'stop it, then delete it',
      });
    await this.refuseOwnedElsewhere(id);
    await mkdir(join(this.runsFolder, trashName), { recursive: true });
    await renameWithRetry(this.folder(id), join(this.runsFolder, trashName, id));
    this.cache.delete(id);
  }

  /** @throws `run-not-found` when the trash has no such run, `run-exists` when the place is taken. */
  async restore(id: string): Promise<RunRecord> {
    const folder = this.folder(id);
    const trashed = join(this.runsFolder, trashName, id);
    if (!(await dateOf(trashed))) throw runNotFound(id);
    if (await dateOf(folder))
      throw new MongeError({
        code: 'run-exists',
        what: 'there is a run of this name already',
        where: { file: folder },
      });
    await renameWithRetry(trashed, folder);
    return this.get(id);
  }

  private async read(id: string): Promise<RunRecord | null> {
    const owned = this.ownedRuns.get(id);
    if (owned) return owned;
    const folder = join(this.runsFolder, id);
    const date = await dateOf(join(folder, 'run.json'));
    const cached = this.cache.get(id);
    if (cached && cached.date === date && !activeStatuses.includes(cached.record.status))
      return cached.record;
    if (date === 0 && !(await looksLikeRun(folder))) return null;
    const record = await this.readFresh(id, folder);
    // Another call may have taken the run over meanwhile.
    const taken = this.ownedRuns.get(id);
    if (taken) return taken;
    this.cache.set(id, { record, date: await dateOf(join(folder, 'run.json')) });
    return record;
  }

  private async readFresh(id: string, folder: string): Promise<RunRecord> {
    let record: RunRecord;
    try {
      record = await readRecord(folder);
    } catch (error) {
      return corruptRecord(id, error, new Date((await dateOf(folder)) || 0));
    }
    if (!activeStatuses.includes(record.status) || (await ownedElsewhere(folder))) return record;
    // Its owner may have finished between the two looks.
    record = await readRecord(folder);
    if (!activeStatuses.includes(record.status) || this.ownedRuns.has(id)) return record;
    const interrupted: RunRecord = {
      ...record,
      status: 'interrupted',
      ...(await storedOf(folder)),
      progress: { ...record.progress, secondsLeft: null, stepsPerSecond: null },
    };
    await this.save(interrupted);
    await releaseLock(folder);
    this.orphans.add(id);
    return interrupted;
  }
}

/** The parts of a record that say what lies in the run's folder. */
export async function storedOf(folder: string): Promise<Pick<RunRecord, 'snapshots' | 'kept'>> {
  const kept = await listKept(folder);
  return { snapshots: await listSnapshots(folder), ...(kept.length > 0 ? { kept } : {}) };
}

async function looksLikeRun(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  return runFiles.some((name) => names.includes(name));
}

async function dateOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.mtimeMs,
    (error: unknown) => {
      if (isMissing(error)) return 0;
      throw error;
    },
  );
}
