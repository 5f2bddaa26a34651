/** @file The engine: everything a view or the command line can ask for, put together from data, runs and compute. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { MongeError, errorDetail } from '../native-models/error';
import type { ClaimsResult } from './claims/batch';
import { ClaimsRunner } from './claims/runner';
import { findMethod } from './jobs/find-method';
import type { RunJob } from './jobs/messages';
import { openThreads } from './jobs/threads';
import { versions } from './compute/versions';
import { previewPoints } from './data/points';
import { ModelLibrary } from './models/library';
import { LanguageCalls } from './models/language-calls';
import { listSamples, samplePath } from './data/samples';
import { methods as registry } from './methods';
import type { Scene } from '../figures/scene';
import type { MethodDefinition } from './contract/define';
import type {
  DatasetInfo,
  EngineApi,
  MethodInfo,
  MetricPoint,
  RunRecord,
  SampleInfo,
  StudySummary,
  ViewApi,
} from './contract/engine';
import { readCheckpoint } from './disk/checkpoint';
import { figureQuery } from './contract/figure';
import { RunsElsewhere } from './runs/elsewhere';
import { exportCsv, exportZip, readArtifact } from './runs/export';
import { makeFolder } from './disk/files';
import { DatasetLibrary } from './data/library';
import { readPoints, toCurves } from './disk/metrics';
import { idLists, InputLibrary } from './runs/inputs';
import { fieldsOf, planRun, resolveConfig } from './runs/plan';
import { Scheduler, jobOf } from './runs/scheduler';
import { RunStore } from './runs/store';
import { Uploads } from './data/uploads';
import { Studies } from './sweeps/studies';

export interface EngineOptions {
  runsFolder: string;
  /** Uploads, the list of recent data sets and the roles chosen for them. */
  workspaceFolder: string;
  samplesFolder: string;
  /** Entry of the compute threads; null: everything runs in this thread (tests). */
  workerUrl: URL | null;
  transport: 'port' | 'socket';
  version: string;
  /** Intra-op threads of each session; default: all this process may use. */
  threads?: number;
  /** Instead of the registry; only without worker threads, as functions do not cross them. */
  methods?: readonly MethodDefinition[];
}

export interface Engine extends EngineApi {
  /** Views hear of changes until they unsubscribe; one that throws is not heard of again in that call only. */
  subscribe(view: Partial<ViewApi>): () => void;
  /** Where the data sets and models of this id lie, shipped ones left out: an id may be known from another session. */
  placesOf(id: string): string[];
  /** The record once the run is neither queued nor running. */
  waitForRun(id: string): Promise<RunRecord>;
  /**
   * Takes up again, oldest first, the runs whose process had died when this engine opened the folder, and tells from
   * which step each goes on. One that cannot be resumed stays interrupted. For a host whose engine died under it.
   */
  resumeInterrupted(): Promise<{ run: string; step: number }[]>;
  /** How the experiments of a method ended, once they have; null where none were started here. */
  waitForClaims(method: string): Promise<ClaimsResult | null>;
  /** The study once nobody works on it. */
  waitForStudy(id: string): Promise<StudySummary>;
  /** Stops runs cooperatively, waits for the chunk under way, and closes every thread and file. */
  close(): Promise<void>;
}

/** Makes the folders, marks runs of dead processes as interrupted, and is then ready for every call. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  if (options.methods && options.workerUrl)
    throw new MongeError({
      code: 'methods-need-this-thread',
      what: 'own methods cannot be sent to worker threads',
      help: 'pass workerUrl: null',
    });
  const methods = options.methods ?? registry;
  const threads = options.threads ?? availableParallelism();
  const known = versions(options.version);

  await makeFolder(options.workspaceFolder);
  const store = new RunStore(options.runsFolder);
  const library = new DatasetLibrary(options.workspaceFolder);
  const uploads = new Uploads(join(options.workspaceFolder, 'uploads'));
  await Promise.all([store.open(), library.load(), uploads.open()]);

  const views = new Set<Partial<ViewApi>>();
  const tell = broadcaster(views);
  const workers = openThreads(options.workerUrl, methods);
  const scheduler = new Scheduler(store, workers, tell);
  const language = new LanguageCalls({
    process: workers.language,
    tell: (call, updates) => tell.languageUpdates(call, updates),
    threads,
    cacheFolder: join(options.workspaceFolder, 'weights'),
  });
  const models = new ModelLibrary({ ...options, threads, workers, language });
  await models.load();
  const inputs = new InputLibrary(library, models, store);
  const elsewhere = new RunsElsewhere(store, (record) => tell.runChanged(record));
  const beingStarted = new Set<string>();
  let devices: ReturnType<typeof askDevices> | null = null;
  const askDevices = () => workers.queries.ask({ kind: 'devices' });
  /** The gallery is part of the installation, so it is read once; a failed reading is tried again. */
  let gallery: Promise<SampleInfo[]> | null = null;

  /** The run and what a compute thread needs to answer about it. */
  async function jobFor(id: string) {
    const record = await store.get(id);
    return checkedJob(record);
  }

  /** The readable points of a run; that there are others is said, never passed over. */
  async function pointsOf(id: string): Promise<MetricPoint[]> {
    const { points, damaged } = await readPoints(join(store.folder(id), 'metrics.ndjson'));
    if (damaged > 0)
      tell.notice({
        level: 'warn',
        text: `Run ${id}: ${damaged} lines of metrics.ndjson are unreadable and left out.`,
      });
    return points;
  }

  /** run.json may have been edited by hand or damaged: a method never sees settings that its schema refuses. */
  function checkedJob(record: RunRecord): RunJob {
    if (record.error?.code === 'run-corrupt') throw new MongeError(record.error);
    const config = findMethod(methods, record.method).config.parse(record.config);
    return jobOf({ ...record, config }, store.folder(record.id));
  }

  async function resumeRun(id: string): Promise<RunRecord> {
    const record = await store.get(id);
    refuseResume(record, store.owned(id) !== undefined || beingStarted.has(id));
    checkedJob(record);
    beingStarted.add(id);
    try {
      return await scheduler.enqueue(await store.own(id));
    } finally {
      beingStarted.delete(id);
    }
  }

  const studies = new Studies({
    ...{ methods, runsFolder: options.runsFolder, workerUrl: options.workerUrl, versions: known },
    plannedInputs: (declared, data) => inputs.plan(declared, data),
    openPath: (path, as) => inputs.open(path, as),
    startRun: (request) => engine.startRun(request),
    changed: (summary) => tell.studyChanged(summary),
    notice: (text) => tell.notice({ level: 'warn', text }),
  });
  const engine: Engine = {
    async hello() {
      devices ??= askDevices();
      const found = await devices.catch((error: unknown) => [
        { device: 'cpu' as const, available: false, reason: errorDetail(error).what },
      ]);
      return {
        name: 'monge',
        version: options.version,
        transport: options.transport,
        devices: found,
        threads,
        runsFolder: options.runsFolder,
        versions: known,
      };
    },

    samples() {
      gallery ??= listSamples(options.samplesFolder).catch((error: unknown) => {
        gallery = null;
        throw error;
      });
      return gallery;
    },
    openSample: async (id) => library.openPath(samplePath(options.samplesFolder, id), id),
    openPath: (path, as) => inputs.open(path, as),
    beginUpload: (name, bytes, group) => uploads.begin(name, bytes, group),
    appendUpload: (upload, offset, bytes) => uploads.append(upload, offset, bytes),
    async finishUpload(upload, as) {
      const path = await uploads.finish(upload);
      return inputs.open(path, as).catch(async (error: unknown) => {
        await uploads.discard(path);
        throw error;
      });
    },
    cancelUpload: (upload) => uploads.cancel(upload),
    recentDatasets: () => library.recent(),
    dataset: (id) => library.info(id),
    async setRoles(id, roles) {
      const info = await library.setRoles(id, roles);
      tell.datasetChanged(info);
      return info;
    },
    previewRows: (id, offset, count) =>
      library.use(id, async (dataset) => ({ offset, rows: await dataset.rows(offset, count) })),
    previewPoints: (id, maximum) => library.use(id, (dataset) => previewPoints(dataset, maximum)),
    previewImages: (id, rows) => library.use(id, (dataset) => dataset.images(rows)),

    ...models.calls(),
    ...language.calls((id) => models.info(id)),
    async openRunModel(id, part) {
      const { name } = await store.get(id);
      const bytes = await workers.slow.ask({ kind: 'onnx', job: await jobFor(id), part });
      return models.openRun(id, part, name, bytes);
    },

    methods: async () => methods.map(describeMethod),
    async resolveConfig(id, data, config) {
      const method = findMethod(methods, id);
      const infos: Record<string, DatasetInfo> = {};
      for (const [input, [first]] of idLists(data))
        if (first !== undefined && method.inputs[input]?.kind === 'dataset')
          infos[input] = await library.info(first);
      return resolveConfig(method, infos, config);
    },

    async startRun(request) {
      const method = findMethod(methods, request.method);
      const now = new Date();
      const planned = await inputs.plan(method.inputs, request.data);
      const make = planRun(method, request, planned, { threads, versions: known, now });
      return scheduler.enqueue(await store.create(method.id, now, make));
    },
    async stopRun(id) {
      await store.get(id);
      await store.refuseOwnedElsewhere(id);
      await scheduler.stop(id);
      return store.get(id);
    },
    resumeRun,
    listRuns: async () => elsewhere.see(await store.list()),
    run: (id) => store.get(id),
    async renameRun(id, change) {
      const { error } = await store.get(id);
      if (error?.code === 'run-corrupt') throw new MongeError(error);
      await store.refuseOwnedElsewhere(id);
      const renamed: RunRecord = {
        ...(await store.get(id)),
        ...(change.name?.trim() ? { name: change.name.trim().slice(0, 200) } : {}),
        ...(change.notes === undefined ? {} : { notes: change.notes.slice(0, 100_000) }),
      };
      if (store.owned(id)) store.put(renamed);
      await store.save(renamed);
      tell.runChanged(renamed);
      return renamed;
    },
    async trashRun(id) {
      await store.get(id);
      await workers.release(id);
      await store.trash(id);
      tell.runRemoved(id);
    },
    async restoreRun(id) {
      const record = await store.restore(id);
      tell.runChanged(record);
      return record;
    },
    async curves(id, names) {
      await store.get(id);
      return toCurves(await pointsOf(id), names);
    },
    async query(id, name, args) {
      const job = await jobFor(id);
      const { queries } = findMethod(methods, job.method);
      const thread = Object.hasOwn(queries, name) && queries[name]!.slow ? workers.slow : workers.queries;
      return thread.ask({ kind: 'query', job, name, args });
    },
    figure: async (id, name, args) =>
      (await workers.queries.ask({
        kind: 'query',
        job: await jobFor(id),
        name: figureQuery(name),
        args,
      })) as Scene | null,
    artifact: async (id, name) => readArtifact(store.folder(id), await store.get(id), name),
    async exportRun(id, kind) {
      const { created } = await store.get(id);
      if (kind === 'csv') return exportCsv(await pointsOf(id), id);
      if (kind === 'zip') return exportZip(store.folder(id), id, new Date(created));
      const bytes = await workers.slow.ask({ kind: 'onnx', job: await jobFor(id), part: 'model' });
      return { name: `${id}.onnx`, mediaType: 'application/octet-stream', bytes };
    },

    subscribe(view) {
      views.add(view);
      return () => views.delete(view);
    },
    placesOf: (id) => [library.placeOf(id), models.placeOf(id)].filter((path) => path !== null),
    async waitForRun(id) {
      await store.get(id);
      await scheduler.wait(id);
      return store.get(id);
    },
    async resumeInterrupted() {
      const resumed: { run: string; step: number }[] = [];
      for (const run of store.orphanedAtOpening) {
        try {
          const checkpoint = await readCheckpoint(store.folder(run));
          await resumeRun(run);
          resumed.push({ run, step: checkpoint?.step ?? 0 });
        } catch (error) {
          tell.notice({ level: 'warn', text: `Run ${run} was not resumed: ${errorDetail(error).what}` });
        }
      }
      return resumed;
    },
    claims: (method) => claims.claims(method),
    claimsProgress: (method) => claims.claimsProgress(method),
    runClaims: (method, request) => claims.runClaims(method, request),
    stopClaims: (method) => claims.stopClaims(method),
    waitForClaims: (method) => claims.wait(method),
    ...studies.api(),
    waitForStudy: (id) => studies.waitForStudy(id),
    async close() {
      models.stopProfile();
      elsewhere.close();
      await claims.close();
      await studies.close();
      await scheduler.close();
      await workers.close();
      await uploads.close();
      await library.close();
      views.clear();
    },
  };
  const claims = new ClaimsRunner({
    ...engine,
    methods,
    runsFolder: options.runsFolder,
    threads,
    versions: known,
    plannedInputs: (declared, data) => inputs.plan(declared, data),
    changed: (progress) => tell.claimsChanged(progress),
  });
  engine.subscribe({ runChanged: (record) => claims.heard(record) });
  return engine;
}

/** One view for all: a lost or throwing view harms no other. */
function broadcaster(views: ReadonlySet<Partial<ViewApi>>): ViewApi {
  const each = (call: (view: Partial<ViewApi>) => void) => {
    for (const view of views) {
      try {
        call(view);
      } catch {
        // Losing a view is harmless: it asks again when it is back.
      }
    }
  };
  return {
    runChanged: (record) => each((view) => view.runChanged?.(record)),
    runRemoved: (id) => each((view) => view.runRemoved?.(id)),
    metrics: (id, points) => each((view) => view.metrics?.(id, points)),
    datasetChanged: (info) => each((view) => view.datasetChanged?.(info)),
    studyChanged: (summary) => each((view) => view.studyChanged?.(summary)),
    claimsChanged: (progress) => each((view) => view.claimsChanged?.(progress)),
    languageUpdates: (call, updates) => each((view) => view.languageUpdates?.(call, updates)),
    notice: (message) => each((view) => view.notice?.(message)),
  };
}

function describeMethod(method: MethodDefinition): MethodInfo {
  const { id, title, summary, cite, icon } = method;
  const inputs = Object.entries(method.inputs).map(([name, input]) => ({ name, without: 'none', ...input }));
  const exports = { model: method.exportOnnx !== undefined, training: method.exportTraining !== undefined };
  const metrics = Object.entries(method.metrics).map(([name, metric]) => ({ name, ...metric }));
  const figures = Object.entries(method.figures ?? {}).map(([name, { title, help = '', args }]) => ({
    name,
    title,
    help,
    fields: args?.describe() ?? [],
  }));
  return { id, title, summary, cite, icon, inputs, fields: fieldsOf(method), metrics, figures, exports };
}

/** @throws `run-corrupt`, `run-active`, `run-finished`, `run-diverged` */
function refuseResume(record: RunRecord, active: boolean): void {
  if (record.error?.code === 'run-corrupt') throw new MongeError(record.error);
  const refuse = (code: string, what: string, help: string) =>
    new MongeError({ code, what, where: { key: record.id }, help });
  if (active) throw refuse('run-active', 'this run is going on already', 'wait for it or stop it');
  if (record.status === 'done')
    throw refuse('run-finished', 'this run is complete', 'start a new one to train longer');
  if (record.status === 'diverged')
    throw refuse(
      'run-diverged',
      'this run diverged and would do so again',
      'start a new one, for example with a lower learning rate',
    );
}
