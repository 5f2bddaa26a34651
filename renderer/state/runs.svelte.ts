/** @file The list of runs, newest first, kept true by the engine's events. */
/* eslint-disable svelte/prefer-svelte-reactivity -- plain sets and maps here are replaced as a whole, or never shown */
import { SvelteMap } from 'svelte/reactivity';
import type { RunRecord, RunStatus } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { saveFile } from './files';
import type { Notices } from './notices.svelte';

const active: readonly RunStatus[] = ['queued', 'running', 'stopping'];
const resumable: readonly RunStatus[] = ['stopped', 'interrupted', 'failed', 'diverged'];

export function isActive(run: RunRecord | null | undefined): boolean {
  return !!run && active.includes(run.status);
}

export function canResume(run: RunRecord | null | undefined): boolean {
  return !!run && resumable.includes(run.status);
}

/** Whether a run has stored anything that a model can be opened or exported from. */
export function hasStored(run: RunRecord | null | undefined): boolean {
  return !!run && storedCount(run) > 0;
}

/** Grows whenever a run stores something that its queries read. */
export function storedCount({ snapshots, kept }: RunRecord): number {
  return snapshots.length + (kept?.length ?? 0);
}

export class Runs {
  /** Runs by id. */
  readonly byId = new SvelteMap<string, RunRecord>();
  /** False until the first list has arrived. */
  loaded = $state(false);
  /** When the engine last told something of each run, in milliseconds since 1970. */
  readonly heard = new SvelteMap<string, number>();
  readonly list = $derived([...this.byId.values()].sort((a, b) => b.created.localeCompare(a.created)));
  readonly activeRun = $derived(
    this.list.find((run) => run.status === 'running' || run.status === 'stopping') ??
      this.list.find(isActive),
  );
  readonly #engine: EngineClient;
  readonly #notices: Notices;

  constructor(engine: EngineClient, notices: Notices) {
    this.#engine = engine;
    this.#notices = notices;
    engine.on('runChanged', (record) => this.keep(record));
    engine.on('runRemoved', (id) => this.byId.delete(id));
  }

  /** Asks for all runs again, as after a lost connection. */
  async refresh(): Promise<void> {
    const records = await this.#engine.api.listRuns();
    const ids = new Set(records.map((record) => record.id));
    for (const id of [...this.byId.keys()]) if (!ids.has(id)) this.byId.delete(id);
    for (const record of records) this.keep(record);
    this.loaded = true;
  }

  keep(record: RunRecord): void {
    this.byId.set(record.id, record);
    this.heard.set(record.id, Date.now());
  }

  async stop(id: string): Promise<void> {
    await this.#try('Could not stop the run', async () => this.keep(await this.#engine.api.stopRun(id)));
  }

  async resume(id: string): Promise<void> {
    await this.#try('Could not resume the run', async () => this.keep(await this.#engine.api.resumeRun(id)));
  }

  async change(id: string, change: { name?: string; notes?: string }): Promise<void> {
    await this.#try('Could not change the run', async () =>
      this.keep(await this.#engine.api.renameRun(id, change)),
    );
  }

  /** Moves runs to the trash and offers to take it back. */
  async trash(ids: readonly string[]): Promise<void> {
    const gone: string[] = [];
    for (const id of ids) {
      await this.#try('Could not delete the run', async () => {
        await this.#engine.api.trashRun(id);
        this.byId.delete(id);
        gone.push(id);
      });
    }
    if (gone.length === 0) return;
    const text = gone.length === 1 ? 'Run moved to trash' : `${gone.length} runs moved to trash`;
    this.#notices.info(text, { title: 'Undo', run: () => void this.restore(gone) });
  }

  async restore(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.#try('Could not restore the run', async () =>
        this.keep(await this.#engine.api.restoreRun(id)),
      );
    }
  }

  async export(id: string, kind: 'onnx' | 'csv' | 'zip'): Promise<void> {
    await this.#try('Could not export the run', async () => {
      saveFile(await this.#engine.api.exportRun(id, kind));
    });
  }

  async #try(text: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (thrown) {
      this.#notices.fail(text, thrown);
    }
  }
}
