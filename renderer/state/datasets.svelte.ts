/** @file Data sets that this view has met, by id, with the roles the person corrected. */
import { SvelteMap } from 'svelte/reactivity';
import type { DatasetInfo, Role } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import type { UndoHistory } from './undo.svelte';

export class Datasets {
  readonly byId = new SvelteMap<string, DatasetInfo>();
  /** Data sets opened before, newest first, as the engine remembers them. */
  recent = $state.raw<readonly DatasetInfo[]>([]);
  readonly #engine: EngineClient;
  readonly #undo: UndoHistory;

  constructor(engine: EngineClient, undo: UndoHistory) {
    this.#engine = engine;
    this.#undo = undo;
    engine.on('datasetChanged', (info) => this.keep(info));
  }

  keep(info: DatasetInfo): DatasetInfo {
    this.byId.set(info.id, info);
    if (!info.sample) this.recent = [info, ...this.recent.filter((one) => one.id !== info.id)].slice(0, 12);
    return info;
  }

  /** The data set of an id, asked for when it was not met yet. */
  async get(id: string): Promise<DatasetInfo> {
    return this.byId.get(id) ?? this.keep(await this.#engine.api.dataset(id));
  }

  async refreshRecent(): Promise<void> {
    this.recent = await this.#engine.api.recentDatasets();
    for (const info of this.recent) this.byId.set(info.id, info);
  }

  /** Changes what a column is used for; Undo changes it back. */
  async setRole(id: string, column: string, role: Role): Promise<void> {
    const before = this.byId.get(id)?.columns.find((one) => one.name === column)?.role;
    await this.#apply(id, column, role);
    if (before === undefined || before === role) return;
    this.#undo.push({
      title: `role of ${column}`,
      undo: () => void this.#apply(id, column, before),
      redo: () => void this.#apply(id, column, role),
    });
  }

  async #apply(id: string, column: string, role: Role): Promise<void> {
    this.keep(await this.#engine.api.setRoles(id, { [column]: role }));
  }
}
