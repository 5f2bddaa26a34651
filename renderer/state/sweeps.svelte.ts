/** @file Studies as the engine tells them, and the one that is looked at with its columns. */
import { SvelteMap } from 'svelte/reactivity';
import type {
  Json,
  RatePredicted,
  StudyDefinition,
  StudyFormat,
  StudySummary,
  TrialColumns,
} from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { saveFile } from './files';
import type { Notices } from './notices.svelte';

/** A stretch of an axis, in its own unit, both ends included. */
export interface Brush {
  low: number;
  high: number;
}

export class Sweeps {
  readonly byId = new SvelteMap<string, StudySummary>();
  readonly list = $derived([...this.byId.values()].sort((a, b) => b.created.localeCompare(a.created)));
  loaded = $state(false);
  /** The study that is looked at; the newest without a choice. */
  chosen = $state<string | null>(null);
  readonly study = $derived((this.chosen && this.byId.get(this.chosen)) || (this.list[0] ?? null));
  columns = $state.raw<TrialColumns | null>(null);
  hovered = $state<number | null>(null);
  picked = $state<number | null>(null);
  brushes = $state.raw<Readonly<Record<string, Brush>>>({});
  readonly #engine: EngineClient;
  readonly #notices: Notices;
  #asking = '';

  constructor(engine: EngineClient, notices: Notices) {
    this.#engine = engine;
    this.#notices = notices;
  }

  /** Listens until the answer is called. */
  follow(): () => void {
    void this.refresh();
    return this.#engine.on('studyChanged', (summary) => {
      this.byId.set(summary.id, summary);
      if (summary.id === this.study?.id) void this.look(summary);
    });
  }

  async refresh(): Promise<void> {
    await this.#try('Could not list the studies', async () => {
      for (const summary of await this.#engine.api.listStudies()) this.byId.set(summary.id, summary);
      this.loaded = true;
    });
  }

  choose(id: string): void {
    if (id === this.study?.id) return;
    this.chosen = id;
    this.columns = null;
    this.brushes = {};
    this.hovered = this.picked = null;
  }

  /** Brings the columns of a study here, unless they are. */
  async look({ id, revision }: StudySummary): Promise<void> {
    const wanted = `${id} ${revision}`;
    if (this.#asking === wanted) return;
    this.#asking = wanted;
    await this.#try('Could not read the trials', async () => {
      const columns = await this.#engine.api.trialColumns(id);
      if (id === this.study?.id) this.columns = columns;
    });
  }

  brush(key: string, brush: Brush | null): void {
    const { [key]: _, ...others } = this.brushes;
    this.brushes = brush ? { ...others, [key]: brush } : others;
  }

  /** Makes a study from a method's present settings and opens it. */
  async suggest(
    method: string,
    data: StudyDefinition['data'],
    config: Record<string, Json>,
  ): Promise<boolean> {
    let made = false;
    await this.#try('This cannot be swept yet', async () => {
      const definition = await this.#engine.api.suggestStudy(method, data, config);
      const summary = await this.#engine.api.createStudy(definition);
      this.byId.set(summary.id, summary);
      this.choose(summary.id);
      made = true;
    });
    return made;
  }

  start = (id: string) => this.#change('Could not start the study', () => this.#engine.api.startStudy(id));
  stop = (id: string, how: 'finish' | 'cancel') =>
    this.#change('Could not stop the study', () => this.#engine.api.stopStudy(id, how));
  retry = (id: string, trial: number) =>
    this.#change('Could not retry the trial', () => this.#engine.api.retryTrial(id, trial));

  /** The run that a trial became; null where it could not. */
  async promote(id: string, trial: number): Promise<string | null> {
    let run: string | null = null;
    await this.#try('Could not promote the trial', async () => {
      run = (await this.#engine.api.promoteTrial(id, trial)).id;
    });
    return run;
  }

  /** Null where it could not be told. */
  async predict(
    id: string,
    request: { axis: string; rate: string; at: number },
  ): Promise<RatePredicted | null> {
    let found: RatePredicted | null = null;
    await this.#try('Could not predict', async () => {
      found = await this.#engine.api.predictStudy(id, request);
    });
    return found;
  }

  async command(id: string, trial: number): Promise<string | null> {
    let line: string | null = null;
    await this.#try('Could not write the command', async () => {
      line = await this.#engine.api.trialCommand(id, trial);
    });
    return line;
  }

  /** Studies of other tools, to be looked at. */
  async import(files: readonly File[]): Promise<void> {
    for (const file of files)
      await this.#try(`Could not import ${file.name}`, async () => {
        const bytes = new Uint8Array(await file.arrayBuffer());
        const summary = await this.#engine.api.importStudy(file.name, bytes, {});
        this.byId.set(summary.id, summary);
        this.choose(summary.id);
      });
  }

  async export(id: string, format: StudyFormat): Promise<void> {
    await this.#try('Could not export the study', async () =>
      saveFile(await this.#engine.api.exportStudy(id, format)),
    );
  }

  async #change(what: string, work: () => Promise<StudySummary>): Promise<void> {
    await this.#try(what, async () => {
      const summary = await work();
      this.byId.set(summary.id, summary);
    });
  }

  async #try(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#notices.fail(what, thrown);
    }
  }
}
