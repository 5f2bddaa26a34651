/** @file What is being looked at: one data set, one method, one run, and the runs compared with it. */
import type {
  DatasetInfo,
  InputIds,
  Json,
  MethodInfo,
  ModelInfo,
  OpenedInfo,
  RunRecord,
  SampleInfo,
  StartRequest,
} from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { Datasets } from './datasets.svelte';
import { Draft } from './draft.svelte';
import { isDataset, isModel, Models } from './models.svelte';
import { ChosenInputs, mainInput } from './inputs.svelte';
import { dataOf } from './references';
import type { Notices } from './notices.svelte';
import { Refusal } from './refusal';
import type { Runs } from './runs.svelte';
import { doubledRun } from './repeat';
import { Selection } from './selection.svelte';
import { isRecord, isText, isTextList, readStored, writeStored } from './stored';
import type { UndoHistory } from './undo.svelte';

/** `welcome`, `data`, `model`, `runs` or a method's id. */
export type View = string;

interface Stored {
  view: View;
  dataset: string | null;
  model: string | null;
  run: string | null;
  compare: string[];
  /** Ids of what the next run is given beside the data set, by method and input. */
  further: Record<string, string | string[]>;
  /** The shown tab by method. */
  tabs: Record<string, string>;
}

export class Workspace {
  view = $state<View>('welcome');
  methods = $state.raw<readonly MethodInfo[]>([]);
  samples = $state.raw<readonly SampleInfo[]>([]);
  dataset = $state.raw<DatasetInfo | null>(null);
  runId = $state<string | null>(null);
  compareIds = $state.raw<readonly string[]>([]);
  /** The shown tab of each method's panel. */
  tabs = $state.raw<Readonly<Record<string, string>>>({});
  selection = $state.raw(new Selection('none'));
  /** True while a run is being asked for. */
  starting = $state(false);
  readonly datasets: Datasets;
  readonly models: Models;
  readonly draft: Draft;
  /** What the next run is given beside the data set. */
  readonly inputs: ChosenInputs;
  readonly #engine: EngineClient;
  readonly #runs: Runs;
  readonly #notices: Notices;
  readonly #refusal: Refusal;

  constructor(engine: EngineClient, runs: Runs, notices: Notices, undo: UndoHistory) {
    this.#engine = engine;
    this.#runs = runs;
    this.#notices = notices;
    this.#refusal = new Refusal(notices);
    this.datasets = new Datasets(engine, undo);
    this.models = new Models(engine, notices);
    this.draft = new Draft(engine, undo, () => this.#refusal.accept(this.draft.request));
    const kept = { datasets: this.datasets, models: this.models, runs };
    this.inputs = new ChosenInputs(kept, undo, () => {
      this.#aim();
      this.#store();
    });
    engine.on('runRemoved', (id) => this.#forgetRun(id));
    engine.on('datasetChanged', (info) => {
      if (info.id !== this.dataset?.id) return;
      this.dataset = info;
      void this.draft.resolve();
    });
  }

  /** The method of the view, or the one that a Run from elsewhere would use. */
  get method(): MethodInfo | null {
    return this.methods.find((one) => one.id === this.view) ?? this.#preferredMethod();
  }

  /** The method whose panel is open. */
  get openMethod(): MethodInfo | null {
    return this.methods.find((one) => one.id === this.view) ?? null;
  }

  get run(): RunRecord | null {
    return (this.runId === null ? null : this.#runs.byId.get(this.runId)) ?? null;
  }

  /** What a run offers as ONNX; nothing without one. */
  exportsOf(run: RunRecord | null): MethodInfo['exports'] {
    return this.methodOf(run)?.exports ?? { model: false, training: false };
  }

  /** The method of a run; null for one that is not built in. */
  methodOf(run: RunRecord | null): MethodInfo | null {
    return this.methods.find(({ id }) => id === run?.method) ?? null;
  }

  get compare(): RunRecord[] {
    return this.compareIds.flatMap((id) => (id === this.runId ? [] : (this.#runs.byId.get(id) ?? [])));
  }

  /** Reads what the engine has and what was open before the reload. */
  async restore(): Promise<void> {
    const { api } = this.#engine;
    const stored = readStored('workspace', emptyStored, isStored);
    const [methods] = await Promise.all([
      api.methods(),
      this.#runs.refresh(),
      this.datasets.refreshRecent(),
      this.models.refresh(),
      api.samples().then((samples) => (this.samples = samples)),
    ]);
    this.methods = methods;
    if (stored.run && this.#runs.byId.has(stored.run)) this.runId = stored.run;
    // An older version stored none.
    this.tabs = (stored as Partial<Stored>).tabs ?? {};
    this.compareIds = stored.compare.filter((id) => this.#runs.byId.has(id));
    this.inputs.restore(stored.further, methods);
    const dataset = stored.dataset ? await this.datasets.get(stored.dataset).catch(() => null) : null;
    this.#setDataset(dataset);
    if (stored.model) await this.models.restore(stored.model);
    const known = ['data', 'model', 'runs', 'sweep', ...methods.map((one) => one.id)];
    this.view = known.includes(stored.view) && (dataset || stored.view !== 'data') ? stored.view : 'welcome';
    this.#aim();
  }

  go(view: View): void {
    this.view = view;
    this.#aim();
    this.#store();
  }

  /** Shows a tab of a method's panel, now and after a reload. */
  showTab(method: string, tab: string): void {
    this.tabs = { ...this.tabs, [method]: tab };
    this.#store();
  }

  /** Shows what was opened where it belongs. */
  show(info: OpenedInfo): void {
    if (isModel(info)) this.showModel(info);
    else if (isDataset(info)) this.showDataset(info);
  }

  showModel(info: ModelInfo): void {
    this.models.show(info);
    this.go('model');
  }

  async openSampleModel(id: string): Promise<void> {
    try {
      this.showModel(await this.#engine.api.openSampleModel(id));
    } catch (thrown) {
      this.#notices.fail('Could not open the sample', thrown);
    }
  }

  /** Opens the model that a run trained, or the program that trains it. */
  async openRunModel(run: string, part: 'model' | 'training'): Promise<void> {
    try {
      this.showModel(await this.#engine.api.openRunModel(run, part));
    } catch (thrown) {
      this.#notices.fail('Could not open the model of the run', thrown);
    }
  }

  showDataset(info: DatasetInfo): void {
    this.#setDataset(this.datasets.keep(info));
    // A run on other data would show figures that do not belong to what the header names.
    if (this.run && !this.run.inputs.some((one) => one.sha256 === info.sha256)) this.runId = null;
    this.go('data');
  }

  /** Makes a data set the open one and stays where one is; the shown run stays too, though it is of other data. */
  useDataset(info: DatasetInfo | null): void {
    this.#setDataset(info && this.datasets.keep(info));
    this.#store();
  }

  async openSample(id: string): Promise<void> {
    const before = this.view;
    try {
      const info = await this.#engine.api.openSample(id);
      const chosen = this.view;
      this.showDataset(info);
      // Who went elsewhere meanwhile stays there.
      if (chosen !== before) this.go(chosen);
    } catch (thrown) {
      this.#notices.fail('Could not open the sample', thrown);
    }
  }

  /** Shows a run in its method's panel, with its data where the engine still has it. */
  async showRun(id: string): Promise<void> {
    const run = this.#runs.byId.get(id);
    if (!run) return;
    this.runId = id;
    this.compareIds = this.compareIds.filter((other) => other !== id);
    const sha = dataOf(run)[0]?.sha256;
    if (sha && sha !== this.dataset?.sha256) {
      this.#setDataset(await this.datasets.get(sha.slice(0, 16)).catch(() => null));
    }
    this.go(run.method);
  }

  setCompare(ids: readonly string[]): void {
    this.compareIds = ids;
    this.#store();
  }

  /** Lays a run over the shown one, or takes it away again. */
  toggleCompare(id: string): void {
    const ids = this.compareIds;
    this.setCompare(ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id]);
  }

  /** Overlays a run on every figure; the first run of an empty panel is shown itself. */
  async overlay(id: string): Promise<void> {
    if (!this.run) await this.showRun(id);
    else if (id !== this.runId && !this.compareIds.includes(id)) this.setCompare([...this.compareIds, id]);
  }

  get canRun(): boolean {
    const { method } = this;
    return !!method && this.#hasData(method) && !this.starting && this.#engine.connected;
  }

  /** Starts a run with only the settings the person made, and shows it; a wrong setting is sought out instead. */
  async start(): Promise<void> {
    const { method } = this;
    if (!method || !this.#hasData(method) || this.starting) return;
    this.starting = true;
    try {
      this.go(method.id);
      // The last entry may not have been judged yet.
      await this.draft.resolve();
      this.draft.sought = Object.keys(this.draft.errors)[0] ?? null;
      if (this.draft.sought !== null) return;
      const config = this.draft.request;
      const seed = config.seed ?? this.draft.resolved.seed;
      const record = await this.#engine.api.startRun({
        method: method.id,
        data: this.dataFor(method),
        config,
        seed: typeof seed === 'number' ? seed : 0,
        name: this.#runName(method),
      });
      this.#runs.keep(record);
      this.#refusal.drop();
      this.runId = record.id;
      this.#store();
    } catch (thrown) {
      this.#refusal.tell(thrown, this.draft.request);
      void this.draft.resolve();
    } finally {
      this.starting = false;
    }
  }

  /** What “Repeat with n × 2” would start, or null. */
  get doubled(): StartRequest | null {
    const run = this.run;
    if (this.starting || !this.#engine.connected) return null;
    return doubledRun(
      run,
      this.methods.find((one) => one.id === run?.method),
    );
  }

  /** Writes settings into the form of the next run, in one step that can be undone. */
  useSettings(settings: Readonly<Record<string, Json>>): void {
    this.fillIn(settings);
    this.#notices.info('The settings of the next run pair like this now: they take effect with Run.');
  }

  /** The same for settings that were chosen in another view, without a word. */
  fillIn(settings: Readonly<Record<string, Json>>): void {
    this.draft.replace({ ...this.draft.given, ...settings });
  }

  /** Starts the shown run again with twice the pool, shows it, and lays the shown one over it. */
  async repeatDoubled(): Promise<void> {
    const [request, shown] = [this.doubled, this.run];
    if (!request || !shown) return;
    const before = shown.id;
    this.starting = true;
    try {
      const record = await this.#engine.api.startRun(request);
      this.#runs.keep(record);
      this.#refusal.drop();
      this.runId = record.id;
      this.setCompare([...this.compareIds.filter((id) => id !== before), before]);
      // The form goes on from what is shown now, unless something else was entered there.
      for (const key of ['poolSize', 'pairs'])
        if (this.draft.values[key] === shown.config[key] && request.config[key] !== shown.config[key])
          this.draft.set(key, request.config[key]!);
    } catch (thrown) {
      this.#refusal.tell(thrown, this.draft.request);
    } finally {
      this.starting = false;
    }
  }

  /** `run 14 · sinkhorn`: a number that counts up, and the method's first choice, which mostly tells runs apart. */
  #runName(method: MethodInfo): string {
    const numbers = this.#runs.list.map((run) => Number(/^run (\d+)/.exec(run.name)?.[1] ?? 0));
    const name = `run ${Math.max(0, ...numbers) + 1}`;
    const choice = method.fields.find((field) => field.kind === 'choice' && !field.advanced)?.key;
    const value = choice === undefined ? undefined : this.draft.values[choice];
    return typeof value === 'string' ? `${name} · ${value}` : name;
  }

  #sample(): SampleInfo | undefined {
    return this.samples.find((one) => one.id === this.dataset?.sample);
  }

  #preferredMethod(): MethodInfo | null {
    const sample = this.#sample();
    return this.methods.find((one) => one.id === sample?.suggests.method) ?? this.methods[0] ?? null;
  }

  /** Whether the data set that the method is for is open; a method may be for none. */
  #hasData(method: MethodInfo): boolean {
    const main = mainInput(method);
    // Some settings make no use of it, and some inputs take its place.
    return this.dataset !== null || !main || main.optional;
  }

  dataFor(method: MethodInfo): InputIds {
    const input = mainInput(method);
    const main = input && this.dataset ? { [input.name]: this.dataset.id } : {};
    return { ...main, ...this.inputs.idsFor(method, this.draft.values) };
  }

  #aim(): void {
    const method = this.method;
    const suggests = this.#sample()?.suggests;
    const suggested = suggests?.method === method?.id ? suggests?.config : undefined;
    this.draft.aim(method?.id ?? null, method ? this.dataFor(method) : {}, suggested);
  }

  #setDataset(info: DatasetInfo | null): void {
    if (info?.sha256 !== this.dataset?.sha256) this.selection = new Selection(info?.sha256 ?? 'none');
    this.dataset = info;
    this.#aim();
  }

  #forgetRun(id: string): void {
    if (this.runId === id) this.runId = null;
    this.compareIds = this.compareIds.filter((other) => other !== id);
    this.inputs.forget(id);
  }

  #store(): void {
    const stored: Stored = {
      view: this.view,
      dataset: this.dataset?.id ?? null,
      model: this.models.page?.info.id ?? null,
      run: this.runId,
      compare: [...this.compareIds],
      further: this.inputs.stored,
      tabs: { ...this.tabs },
    };
    writeStored('workspace', stored);
  }
}

const emptyStored: Stored = {
  view: 'welcome',
  dataset: null,
  model: null,
  run: null,
  compare: [],
  further: {},
  tabs: {},
};

function isStored(value: unknown): value is Stored {
  if (!isRecord(value) || !isText(value.view) || !isTextList(value.compare)) return false;
  if (!isRecord(value.further)) return false;
  if (!Object.values(value.further).every((one) => isText(one) || isTextList(one))) return false;
  // An older version stored no tabs.
  if (!isRecord(value.tabs ?? {}) || !Object.values(value.tabs ?? {}).every(isText)) return false;
  const maybeText = (one: unknown): boolean => one === null || isText(one);
  // An older version stored no model.
  return maybeText(value.dataset) && maybeText(value.model ?? null) && maybeText(value.run);
}
