/** @file The studies of a folder of runs: made, worked on, looked at, stopped and gone on with; the journals are the truth. */
import { MongeError } from '../../native-models/error';
import type { MethodDefinition } from '../contract/define';
import type { InputIds, OpenedInfo, RunRecord, StartRequest } from '../contract/engine';
import type { InputDeclarations, InputKind } from '../contract/inputs';
import type { Json } from '../contract/schema';
import type {
  PrunerRehearsal,
  StudiesApi,
  StudyDefinition,
  StudyFormat,
  StudySummary,
} from '../contract/study';
import { findMethod } from '../jobs/find-method';
import { fieldsOf, planRun } from '../runs/plan';
import { idLists, type PlannedInput } from '../runs/inputs';
import { JournalWriter } from '../study/journal/journal';
import type { JournalRecord } from '../study/journal/records';
import { recordsOf } from '../study/optuna/records';
import { createPruner } from '../study/pruners/registry';
import { rehearse } from '../study/pruners/rehearse';
import type { ForeignStudy } from '../study/optuna/read';
import { checkPoint, lies } from '../study/space/points';
import { readSpace } from '../study/space/read';
import { checkSettings } from '../study/space/settings';
import { curvesOf, infoOf, columnsOf } from './columns';
import { readDefinition } from './definition';
import { exportStudy } from './export';
import { foreignDefinition, givenOf, readForeign, sameObjectives } from './import';
import { OpenStudy } from './open-study';
import { predicted } from './predict';
import { StudyStore } from './store';
import { suggestSpace } from './suggest';

/** What ends no trial. */
const never = { judge: () => null, rungs: () => null };

/** The calls of a view. */
const calls = [
  ...(['listStudies', 'study', 'createStudy', 'suggestStudy', 'startStudy', 'stopStudy'] as const),
  ...([
    'trashStudy',
    'restoreStudy',
    'trialColumns',
    'trial',
    'trialCurves',
    'rehearsePruner',
    'predictStudy',
  ] as const),
  ...(['enqueueTrial', 'retryTrial', 'changeSpace', 'promoteTrial', 'trialCommand', 'exportStudy'] as const),
  'importStudy' as const,
] satisfies (keyof StudiesApi)[];

/** What studies need of the engine. */
export interface StudiesHost {
  methods: readonly MethodDefinition[];
  runsFolder: string;
  workerUrl: URL | null;
  versions: Record<string, string>;
  plannedInputs(declared: InputDeclarations, data: Readonly<InputIds>): Promise<PlannedInput[]>;
  openPath(path: string, as: InputKind): Promise<OpenedInfo>;
  startRun(request: StartRequest): Promise<RunRecord>;
  changed(summary: StudySummary): void;
  notice(text: string): void;
}

export class Studies implements StudiesApi {
  readonly #store: StudyStore;
  readonly #open = new Map<string, Promise<OpenStudy>>();

  constructor(private readonly host: StudiesHost) {
    this.#store = new StudyStore(host.runsFolder);
  }

  /** The calls of a view as functions of their own. */
  api(): StudiesApi {
    const bound = calls.map((name) => [name, (this[name] as (...given: never[]) => unknown).bind(this)]);
    return Object.fromEntries(bound) as StudiesApi;
  }

  async listStudies(): Promise<StudySummary[]> {
    const found: StudySummary[] = [];
    for (const id of await this.#store.list()) {
      const study = await this.#study(id).catch((error: unknown) => {
        this.host.notice(`Study ${id} cannot be read: ${String(error)}`);
        return null;
      });
      if (study) found.push(study.summary());
    }
    return found;
  }

  study = async (id: string): Promise<StudySummary> => (await this.#study(id)).summary();

  async createStudy(given: Partial<StudyDefinition>): Promise<StudySummary> {
    const method = findMethod(this.host.methods, String(given.method));
    const definition = readDefinition({ ...given }, method, fieldsOf(method));
    // Found now, and not in every trial.
    const planned = await this.host.plannedInputs(method.inputs, definition.data);
    planRun(
      method,
      { method: method.id, data: definition.data, config: definition.settings, seed: 0 },
      planned,
      {
        ...{ threads: 1, versions: this.host.versions, now: new Date() },
      },
    );
    const now = new Date();
    const data = pathsOf(definition.data, planned);
    return this.#write({ ...definition, data }, now, []);
  }

  async importStudy(file: string, bytes: Uint8Array, more: Partial<StudyDefinition>): Promise<StudySummary> {
    const foreign = readForeign(file, bytes, more);
    if (more.method === undefined) {
      const definition = foreignDefinition(foreign, more);
      return this.#write(definition, new Date(), this.#foreignRecords(foreign, definition));
    }
    const method = findMethod(this.host.methods, more.method);
    const definition = readDefinition(givenOf(foreign, { ...more }), method, fieldsOf(method));
    sameObjectives(foreign, definition);
    const planned = await this.host.plannedInputs(method.inputs, definition.data);
    const data = pathsOf(definition.data, planned);
    return this.#write({ ...definition, data }, new Date(), this.#foreignRecords(foreign, definition));
  }

  #foreignRecords({ trials, queue }: ForeignStudy, { seeds, space }: StudyDefinition): JournalRecord[] {
    const at = new Date().toISOString();
    // What was enqueued without all settings is nothing that can be tried.
    const waiting = queue.filter((point) => lies(space, point));
    return [
      ...recordsOf(trials, { first: 0, seed: seeds[0]!, at }),
      ...waiting.map((point) => ({ op: 'enqueued' as const, point, at })),
    ];
  }

  /** The folder of a study that begins with these records. */
  async #write(
    definition: StudyDefinition,
    now: Date,
    records: readonly JournalRecord[],
  ): Promise<StudySummary> {
    const id = await this.#store.create(definition.method, now);
    const first = { op: 'study', format: 1, id, created: now.toISOString(), definition } as const;
    const writer = await JournalWriter.create(this.#store.journal(id), first);
    await Promise.all(records.map((record) => writer.append(record)));
    await writer.close();
    return this.study(id);
  }

  async suggestStudy(id: string, data: InputIds, config: Record<string, Json>): Promise<StudyDefinition> {
    const method = findMethod(this.host.methods, id);
    const fields = fieldsOf(method);
    const space = suggestSpace(fields, config);
    const settings = Object.fromEntries(
      Object.entries(config).filter(([key]) => key !== 'seed' && !Object.hasOwn(space, key)),
    );
    return { ...readDefinition({ method: id, space, settings, trials: 12 }, method, fields), data };
  }

  async startStudy(id: string, trials?: number): Promise<StudySummary> {
    const study = await this.#study(id);
    // Also a study of trials that were run elsewhere, whose method is none of ours.
    findMethod(this.host.methods, study.history.definition.method);
    await study.start(trials);
    return study.summary();
  }

  async stopStudy(id: string, how: 'finish' | 'cancel'): Promise<StudySummary> {
    const study = await this.#study(id);
    study.stop(how);
    return study.summary();
  }

  async trashStudy(id: string): Promise<void> {
    const study = await this.#study(id);
    study.refuseActive('deleted');
    await this.#store.move(id, 'trash');
    this.#open.delete(id);
  }

  async restoreStudy(id: string): Promise<StudySummary> {
    await this.#store.move(id, 'back');
    return this.study(id);
  }

  trialColumns = async (id: string) => columnsOf((await this.#study(id)).history);
  trialCurves = async (id: string, trials: number[]) => curvesOf((await this.#study(id)).history, trials);
  exportStudy = async (id: string, format: StudyFormat) =>
    exportStudy((await this.#study(id)).history, format);

  async trial(id: string, number: number) {
    const { history } = await this.#study(id);
    return infoOf(history, history.trial(number));
  }

  async rehearsePruner(id: string, given: StudyDefinition['pruner']): Promise<PrunerRehearsal> {
    const { history } = await this.#study(id);
    const pruner = createPruner(given);
    const ended = history.trials.filter(({ state, values }) => state === 'complete' && values[0] !== null);
    const steps = ended.flatMap(({ seeds }) => [...seeds.values()].map((run) => run.stepsDone));
    const length = steps.reduce((most, done) => Math.max(most, done), 1);
    const curves = ended.map(({ number }) => history.curve(number, length));
    const values = new Map(ended.map(({ number, values: own }) => [number, history.sign * own[0]!]));
    return rehearse(pruner ?? never, curves, values);
  }

  predictStudy = async (id: string, request: { axis: string; rate: string; at: number }) =>
    predicted((await this.#study(id)).history, request);

  async enqueueTrial(id: string, point: Record<string, Json>): Promise<StudySummary> {
    const study = await this.#study(id);
    const checked = checkPoint(study.history.space, point);
    await study.note({ op: 'enqueued', point: checked, at: new Date().toISOString() });
    return study.summary();
  }

  async retryTrial(id: string, number: number): Promise<StudySummary> {
    const study = await this.#study(id);
    const { state } = study.history.trial(number);
    if (!['failed', 'lost', 'cancelled'].includes(state))
      throw new MongeError({
        code: 'trial-not-retried',
        blame: 'input',
        what: 'this trial would end as it did',
        where: { key: String(number) },
        got: state,
        expected: 'one that failed, was lost or cancelled',
      });
    await study.note({ op: 'retried', trial: number, at: new Date().toISOString() });
    return study.summary();
  }

  async changeSpace(id: string, given: unknown): Promise<StudySummary> {
    const study = await this.#study(id);
    const space = readSpace(given);
    checkSettings(space, fieldsOf(findMethod(this.host.methods, study.history.definition.method)));
    await study.note({ op: 'space', space, at: new Date().toISOString() });
    return study.summary();
  }

  async promoteTrial(id: string, number: number): Promise<RunRecord> {
    const { history } = await this.#study(id);
    const { method, settings, seeds, name } = history.definition;
    const { point } = history.trial(number);
    return this.host.startRun({
      ...{ method, data: await this.#ids(history.definition), config: { ...settings, ...point } },
      ...{ seed: seeds[0]!, name: `${name} · trial ${number}`, tags: [`study ${id}`] },
    });
  }

  async trialCommand(id: string, number: number): Promise<string> {
    const { history } = await this.#study(id);
    const { settings, seeds } = history.definition;
    const work = { config: { ...settings, ...history.trial(number).point }, seed: seeds[0]! };
    return (await this.#plan(history.definition, work)).make('trial').command;
  }

  /** Resolves when nobody works on the study any more. */
  async waitForStudy(id: string): Promise<StudySummary> {
    const study = await this.#study(id);
    await study.wait();
    return study.summary();
  }

  folderOf(id: string): string {
    return this.#store.of(id);
  }

  /** Stops all with checkpoints and waits for it. */
  async close(): Promise<void> {
    for (const opening of this.#open.values()) {
      const study = await opening.catch(() => null);
      study?.stop('cancel');
      await study?.wait().catch(() => undefined);
    }
  }

  /** As the journal has it, also where another process goes on with it. */
  async #study(id: string): Promise<OpenStudy> {
    const known = this.#open.get(id);
    if (known) {
      const study = await known;
      if (!(await study.stale())) return study;
      if (this.#open.get(id) === known) this.#open.delete(id);
      return this.#study(id);
    }
    const opening = OpenStudy.read(this.#store, id, {
      ...this.host,
      plan: (definition, work) => this.#plan(definition, work),
    });
    this.#open.set(id, opening);
    opening.catch(() => this.#open.delete(id));
    return opening;
  }

  /** The ids of a study's inputs, opened where they lie. */
  async #ids({ method, data }: StudyDefinition): Promise<InputIds> {
    const { inputs } = findMethod(this.host.methods, method);
    const ids: InputIds = {};
    for (const [input, paths] of idLists(data)) {
      const kind = inputs[input]?.kind ?? 'dataset';
      const opened: string[] = [];
      for (const path of paths) opened.push((await this.host.openPath(path, kind)).id);
      ids[input] = inputs[input]?.several ? opened : opened[0]!;
    }
    return ids;
  }

  async #plan(definition: StudyDefinition, { config, seed }: { config: Record<string, Json>; seed: number }) {
    const method = findMethod(this.host.methods, definition.method);
    const data = await this.#ids(definition);
    const planned = await this.host.plannedInputs(method.inputs, data);
    const make = planRun(method, { method: method.id, data, config, seed, name: definition.name }, planned, {
      ...{ threads: 1, versions: this.host.versions, now: new Date() },
    });
    return { method: method.id, make };
  }
}

/** Inputs by the paths of what is opened, which are the same in the next session. */
function pathsOf(data: Readonly<InputIds>, planned: readonly PlannedInput[]): InputIds {
  return Object.fromEntries(
    idLists(data).map(([input]) => [
      input,
      planned.flatMap(({ reference }) => (reference.input === input ? [reference.path] : [])),
    ]),
  );
}
