/** @file What the engine can be asked and what it tells: types only, the same over MessagePort and WebSocket. */
import type { ClaimsApi, ClaimsProgress } from './claims';
import type { Device, UsedDevice } from './compute';
import type { Cell, DatasetInfo, ImageShape, Role } from './data';
import type { InputDeclaration, InputKind, InputReference } from './inputs';
import type { LanguageApi, LanguageUpdate } from './language';
import type { StudiesApi, StudySummary } from './study';
import type { IconName, MetricInfo } from './presentation';
import type { FieldDescription, Json } from './schema';
import type {
  ModelInfo,
  ModelNodeInfo,
  ModelView,
  ModelViewRequest,
  NodeHit,
  ProfileRequest,
  ProfileSummary,
  SampleModelInfo,
  StoredTensor,
} from './models';
import type { ErrorDetail } from '../../native-models/error';
import type { Scene } from '../../figures/scene';

export type {
  Cell,
  ColumnInfo,
  ColumnKind,
  DataFormat,
  DatasetInfo,
  DatasetWarning,
  ImageShape,
  Role,
} from './data';
export type { Device, UsedDevice } from './compute';
export type * from './inputs';
export type { FieldDescription, Json } from './schema';
export type { IconName, MetricInfo } from './presentation';
export type * from './claims';
export type * from './language';
export type * from './models';
export type * from './study';
export type { ErrorDetail, Place } from '../../native-models/error';

export interface EngineInfo {
  name: 'monge';
  version: string;
  /** How the view reaches the engine; decides whether a drop sends a path or the bytes. */
  transport: 'port' | 'socket';
  devices: { device: UsedDevice; available: boolean; reason?: string }[];
  threads: number;
  /** Folder that holds the runs. */
  runsFolder: string;
  versions: Record<string, string>;
}

export interface SampleInfo {
  id: string;
  title: string;
  description: string;
  rows: number;
  columns: number;
  /** The method and settings a first Run should use. */
  suggests: { method: string; config: Record<string, Json> };
  /** [n, 2] display points, grey pixels [count, height, width] of an image sample, or the first rows of a text. */
  thumbnail:
    | { kind: 'points'; points: Float32Array }
    | { kind: 'text'; lines: string[] }
    | { kind: 'images'; image: ImageShape; count: number; pixels: Uint8Array };
}

export interface PointsAnswer {
  /** [n, 2], display coordinates. */
  points: Float32Array;
  /** Row of the data set behind each point. */
  rows: Uint32Array;
  /** Class codes, or null without a label column. */
  labels: Int32Array | null;
  labelNames: string[];
  axes: [string, string];
  /** Share of variance per axis when projected, null when two columns are shown as they are. */
  explained: [number, number] | null;
  /** Rows in the data set; more than `rows.length` means a sample is shown. */
  total: number;
}

/** An input as its declaration has it, with its name and what is used without it. */
export type InputInfo = InputDeclaration & { name: string; without: string };

export interface MethodInfo {
  id: string;
  title: string;
  summary: string;
  cite: string;
  icon: IconName;
  inputs: InputInfo[];
  fields: FieldDescription[];
  /** In reading order. */
  metrics: MetricInfo[];
  /** Figures that the engine draws of a run, with what they can be asked for. */
  figures: { name: string; title: string; help: string; fields: FieldDescription[] }[];
  /** What runs of it offer as ONNX: the trained model, the program that trains it. */
  exports: { model: boolean; training: boolean };
}

export type RunStatus =
  'queued' | 'running' | 'stopping' | 'stopped' | 'interrupted' | 'done' | 'failed' | 'diverged';

/** A file of vectors or of text, or the folder of a run, opened as the input of a method. */
export interface FileInfo {
  /** The first 16 hexadecimal digits of its hash; the run's own id for one of the engine's folder of runs. */
  id: string;
  name: string;
  path: string;
  format: 'vectors' | 'text' | 'run';
  sha256: string;
  /** What is in it, in a few words. */
  about: string;
}

/** What a path turned out to be: told apart by `format`. */
export type OpenedInfo = DatasetInfo | ModelInfo | FileInfo;

/** Ids of what was opened, by input of the method; a list where the input takes several. A run's id is its own. */
export type InputIds = Record<string, string | string[]>;

export interface RunRecord {
  id: string;
  name: string;
  method: string;
  status: RunStatus;
  config: Record<string, Json>;
  seed: number;
  inputs: InputReference[];
  device: { asked: Device; used: UsedDevice | null; threads: number };
  versions: Record<string, string>;
  /** ISO 8601. */
  created: string;
  started: string | null;
  finished: string | null;
  /** Seconds spent running, over all resumes. */
  seconds: number;
  progress: {
    stage: string;
    step: number;
    steps: number;
    secondsLeft: number | null;
    stepsPerSecond: number | null;
  };
  /** Final metrics, once there are some. */
  metrics: Record<string, number>;
  /** Steps of the stored snapshots, ascending. */
  snapshots: number[];
  /** Names of what the run keeps beside them; absent where it keeps nothing. */
  kept?: string[];
  artifacts: string[];
  notices: string[];
  /** Those of the notices that only inform; absent where there are none. */
  news?: string[];
  error: ErrorDetail | null;
  /** The exact `monge run …` line that repeats this run. */
  command: string;
  notes: string;
  /** Words by which runs are found, for example `claim C1`. */
  tags?: string[];
}

export interface MetricPoint {
  name: string;
  step: number;
  value: number;
}

/** A curve as columns; `steps[i]` and `values[i]` belong together. */
export interface MetricCurve {
  name: string;
  steps: Float64Array;
  values: Float64Array;
}

export interface StartRequest {
  method: string;
  data: InputIds;
  /** Only what the user set; the rest comes from the method's suggestion for the data, then its defaults. */
  config: Record<string, Json>;
  seed: number;
  name?: string;
  tags?: string[];
}

/** A file offered for download; its bytes travel over RPC, and the view hands them to the person. */
export interface ExportedFile {
  name: string;
  mediaType: string;
  bytes: Uint8Array;
}

/** What a view may call. Every argument is checked; every failure is an `ErrorDetail`. */
export interface EngineApi extends ClaimsApi, LanguageApi, StudiesApi {
  hello(): Promise<EngineInfo>;

  samples(): Promise<SampleInfo[]>;
  openSample(id: string): Promise<DatasetInfo>;
  /**
   * Opens a data file, a folder of images or a model on the engine's machine, in place; `as` opens it as an input of that
   * kind, and as nothing else.
   */
  openPath(path: string, as?: InputKind): Promise<OpenedInfo>;
  /**
   * Sends a dropped file in pieces (server mode): begin, append in order, finish. The copy lies in the workspace, named
   * by its hash. Files of one `group` lie in one folder instead, so that those that belong together find each other;
   * a file that another one needs, such as the labels of images, is finished before it.
   */
  beginUpload(name: string, bytes: number, group?: string): Promise<{ upload: string }>;
  appendUpload(upload: string, offset: number, bytes: Uint8Array): Promise<void>;
  finishUpload(upload: string, as?: InputKind): Promise<OpenedInfo>;
  cancelUpload(upload: string): Promise<void>;
  recentDatasets(): Promise<DatasetInfo[]>;
  dataset(id: string): Promise<DatasetInfo>;
  setRoles(id: string, roles: Record<string, Role>): Promise<DatasetInfo>;
  previewRows(id: string, offset: number, count: number): Promise<{ offset: number; rows: Cell[][] }>;
  previewPoints(id: string, maximum: number): Promise<PointsAnswer>;
  previewImages(id: string, rows: number[]): Promise<{ image: ImageShape; pixels: Uint8Array }>;

  sampleModels(): Promise<SampleModelInfo[]>;
  openSampleModel(id: string): Promise<ModelInfo>;
  /** The model that a run trained, from its newest snapshot, or the program that trains it. */
  openRunModel(run: string, part: 'model' | 'training'): Promise<ModelInfo>;
  recentModels(): Promise<ModelInfo[]>;
  model(id: string): Promise<ModelInfo>;
  /** One graph of a model, grouped into blocks and laid out. */
  viewModel(id: string, request: ModelViewRequest): Promise<ModelView>;
  modelNode(id: string, node: number): Promise<ModelNodeInfo>;
  findNodes(id: string, text: string): Promise<NodeHit[]>;
  /** All tensors of a checkpoint, in the order of layers; none of an ONNX model, whose nodes tell theirs. */
  modelTensors(id: string): Promise<StoredTensor[]>;
  /** All nodes of a graph as CSV. */
  exportNodes(id: string, graph: number): Promise<ExportedFile>;
  /** Times the model on made-up inputs; later views tell the times. One profile at a time. */
  profileModel(id: string, request: ProfileRequest): Promise<ProfileSummary>;
  /** Stops a profile after the run under way; `profileModel` then fails with `profile-stopped`. */
  stopProfile(): Promise<void>;

  methods(): Promise<MethodInfo[]>;
  /** The full config a run on this data would have: defaults, suggestions for the data, then `config`. */
  resolveConfig(method: string, data: InputIds, config: Record<string, Json>): Promise<Record<string, Json>>;

  startRun(request: StartRequest): Promise<RunRecord>;
  stopRun(id: string): Promise<RunRecord>;
  resumeRun(id: string): Promise<RunRecord>;
  listRuns(): Promise<RunRecord[]>;
  run(id: string): Promise<RunRecord>;
  renameRun(id: string, change: { name?: string; notes?: string }): Promise<RunRecord>;
  trashRun(id: string): Promise<void>;
  restoreRun(id: string): Promise<RunRecord>;
  curves(id: string, names?: string[]): Promise<MetricCurve[]>;
  /** A method's own question about a run, for its panel; see each method's `view.ts`. */
  query(id: string, name: string, args: unknown): Promise<unknown>;
  /** A declared figure of a run, drawn by its method; null while there is nothing to draw. */
  figure(id: string, name: string, args: Record<string, Json>): Promise<Scene | null>;
  /** A file that a run wrote, by its name in the record's `artifacts`. */
  artifact(id: string, name: string): Promise<ExportedFile>;
  exportRun(id: string, kind: 'onnx' | 'csv' | 'zip'): Promise<ExportedFile>;
}

/** What the engine tells its views. Losing one is harmless: views can ask again. */
export interface ViewApi {
  runChanged(record: RunRecord): void;
  runRemoved(id: string): void;
  /** New points since the last call, at most a few times a second. */
  metrics(id: string, points: MetricPoint[]): void;
  datasetChanged(info: DatasetInfo): void;
  /** How far the experiments of a method are; after 'idle', `claims` tells the new outcomes. */
  claimsChanged(progress: ClaimsProgress): void;
  /** A study as it is now, at most twice a second; its columns are asked for. */
  studyChanged(summary: StudySummary): void;
  /** What a job on a language model did since the last call; the job's own answer tells all of it again. */
  languageUpdates(call: string, updates: LanguageUpdate[]): void;
  notice(message: { level: 'info' | 'warn' | 'error'; text: string }): void;
}
