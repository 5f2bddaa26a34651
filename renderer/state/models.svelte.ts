/** @file Models that this view has met: those opened before, the shipped ones, and what is expanded in each. */
import type { DatasetInfo, ModelInfo, OpenedInfo, SampleModelInfo } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { ModelPage } from './model-page.svelte';
import type { Notices } from './notices.svelte';

export class Models {
  /** Opened before, newest first, as the engine remembers them. */
  recent = $state.raw<readonly ModelInfo[]>([]);
  samples = $state.raw<readonly SampleModelInfo[]>([]);
  /** Opened in this window, shipped ones too, newest first. */
  opened = $state.raw<readonly ModelInfo[]>([]);
  /** The one in the model view. */
  page = $state.raw<ModelPage | null>(null);
  readonly #engine: EngineClient;
  readonly #notices: Notices;
  /** Kept, so that coming back finds the model as it was left. */
  readonly #pages: Record<string, ModelPage> = {};

  constructor(engine: EngineClient, notices: Notices) {
    this.#engine = engine;
    this.#notices = notices;
  }

  async refresh(): Promise<void> {
    const { api } = this.#engine;
    [this.recent, this.samples] = await Promise.all([api.recentModels(), api.sampleModels()]);
  }

  /** Puts a model first among those to choose from. */
  keep(info: ModelInfo): void {
    this.opened = [info, ...this.opened.filter(({ id }) => id !== info.id)];
    if (!info.sample) this.recent = [info, ...this.recent.filter((one) => one.id !== info.id)].slice(0, 12);
  }

  /** Makes a model the shown one. */
  show(info: ModelInfo): void {
    this.keep(info);
    const page = (this.#pages[info.id] ??= new ModelPage(this.#engine, info, this.#notices));
    this.page = page;
    // The graph of a language model is drawn when it is looked at.
    if (!page.view && !page.tensors && !info.language) void page.refresh();
  }

  /** Shows the model of an id again, as after a reload; nothing happens when the engine no longer knows it. */
  async restore(id: string): Promise<void> {
    const info = await this.#engine.api.model(id).catch(() => null);
    if (info) this.show(info);
  }
}

export function isModel(info: OpenedInfo): info is ModelInfo {
  return 'graphs' in info;
}

export function isDataset(info: OpenedInfo): info is DatasetInfo {
  return 'columns' in info;
}
