/** @file An engine in memory for tests of the view: two small data sets, one method, runs that go as the test says. */
/* eslint-disable @typescript-eslint/unbound-method -- the contract's methods use no this */
import type {
  AnswerOf,
  ArgumentsOf,
  MethodQueries,
  QuestionName,
  ClaimInfo,
  ClaimsProgress,
  DatasetInfo,
  EngineApi,
  EngineInfo,
  FieldDescription,
  InputKind,
  Json,
  MethodInfo,
  OpenedInfo,
  RunRecord,
  SampleInfo,
  ViewApi,
} from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import type { Scene } from '../../figures/scene';
import { EngineError } from '../engine/error';
import type { DecoderSize } from './memory-decoder';
import { memoryLab, type MemoryLab } from './memory-lab';
import { memoryStudies } from './memory-studies';
import { modelCalls, modelInfo } from './memory-models';

const info: EngineInfo = {
  name: 'monge',
  version: '0.1.0',
  transport: 'socket',
  devices: [{ device: 'cpu', available: true }],
  threads: 2,
  runsFolder: '/runs',
  versions: { monge: '0.1.0' },
};

const number = (key: string, value: number, minimum: number, maximum: number): FieldDescription => ({
  key,
  kind: 'integer',
  title: key,
  help: `The ${key}.`,
  minimum,
  maximum,
  default: value,
  group: 'Training',
  advanced: false,
});

export const method: MethodInfo = {
  id: 'flows',
  title: 'Flows',
  summary: 'Learns to carry noise to data.',
  cite: 'arXiv:0000.00000',
  icon: 'shuffle',
  metrics: [],
  figures: [],
  inputs: [
    {
      name: 'data',
      kind: 'dataset',
      title: 'Data',
      help: 'What to learn.',
      optional: false,
      without: 'none',
      needs: 'features',
    },
  ],
  fields: [number('steps', 1000, 1, 100_000), number('seed', 0, 0, 1_000_000)],
  exports: { model: true, training: true },
};

/** Nothing of the claims of Flows is going on. */
export const idleClaims: ClaimsProgress = {
  method: 'flows',
  state: 'idle',
  quick: false,
  ids: [],
  claim: null,
  trainings: 0,
  done: 0,
  run: null,
  training: '',
  secondsLeft: null,
};

/** A table of `rows` points on a circle. */
export function datasetInfo(name: string, rows: number): DatasetInfo {
  const id = [...name]
    .map((letter) => letter.charCodeAt(0).toString(16))
    .join('')
    .padEnd(16, '0')
    .slice(0, 16);
  return {
    id,
    name,
    path: `/data/${name}`,
    format: 'csv',
    compression: 'none',
    bytes: rows * 16,
    sha256: id.repeat(4),
    rows,
    columns: ['x', 'y'].map((column) => ({
      name: column,
      kind: 'number' as const,
      role: 'feature' as const,
      width: 1,
      missing: 0,
      minimum: -1,
      maximum: 1,
      mean: 0,
      standardDeviation: 0.7,
    })),
    warnings: [],
  };
}

function circle(rows: number): Float32Array {
  return Float32Array.from({ length: rows * 2 }, (_, index) => {
    const angle = (2 * Math.PI * Math.floor(index / 2)) / rows;
    return index % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}

export function runRecord(id: string, change: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    name: `run ${id}`,
    method: 'flows',
    status: 'done',
    config: { steps: 1000, seed: 0 },
    seed: 0,
    inputs: [],
    device: { asked: 'auto', used: 'cpu', threads: 2 },
    versions: { monge: '0.1.0' },
    created: `2026-01-01T00:00:${id.padStart(2, '0')}Z`,
    started: null,
    finished: null,
    seconds: 12,
    progress: { stage: 'training', step: 1000, steps: 1000, secondsLeft: null, stepsPerSecond: 100 },
    metrics: { curvature: 0.0079 },
    snapshots: [0, 1000],
    artifacts: [],
    notices: [],
    error: null,
    command: `monge run flows --data ring.csv`,
    notes: '',
    ...change,
  };
}

/** What the engine was asked, in order: `['startRun', request]`. */
export type Calls = [method: string, ...args: unknown[]][];

type Reply = (args: unknown, run: string) => unknown;
/** What is answered to questions of a method. */
export type Replies<M extends keyof MethodQueries> = {
  [Q in QuestionName<M>]?: (args: ArgumentsOf<M, Q>, run: string) => AnswerOf<M, Q>;
};

export class MemoryEngine implements EngineClient {
  connected = true;
  sessionOver = false;
  readonly info = info;
  readonly calls: Calls = [];
  readonly datasets = new Map<string, DatasetInfo>();
  readonly runs = new Map<string, RunRecord>();
  readonly trash = new Map<string, RunRecord>();
  /** What was received per upload. */
  readonly uploads = new Map<string, { name: string; bytes: Uint8Array; group: string | undefined }>();
  /** The methods there are; a test may add some. */
  readonly methods: MethodInfo[] = [method];
  /** Answers to queries by name; what is not in here has no snapshot. */
  readonly answers = new Map<string, Reply>();
  /** The claims of every method; a test puts in what it needs. */
  claims: ClaimInfo[] = [];
  /** The language model that every .gguf file is. */
  readonly lab: MemoryLab;
  readonly api: EngineApi;
  readonly #handlers = new Map<string, Set<(...args: never[]) => void>>();

  constructor(size?: DecoderSize) {
    this.lab = memoryLab((call, updates) => this.emit('languageUpdates', call, updates), size);
    const implementation = this.#implement();
    this.api = new Proxy(implementation, {
      get: (target, name: keyof EngineApi) => {
        const call = target[name] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          this.calls.push([name, ...args]);
          return call(...args);
        };
      },
    });
  }

  /** From now on all runs answer these questions of their method so. */
  replies<M extends keyof MethodQueries>(_method: M, replies: Replies<M>): void {
    for (const [question, answer] of Object.entries(replies)) this.answers.set(question, answer as Reply);
  }

  on<K extends keyof ViewApi>(event: K, handler: ViewApi[K]): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  /** Tells the view something, as the engine would. */
  emit<K extends keyof ViewApi>(event: K, ...args: Parameters<ViewApi[K]>): void {
    for (const handler of this.#handlers.get(event) ?? []) handler(...(args as unknown as never[]));
  }

  #implement(): EngineApi {
    const samples: SampleInfo[] = [
      {
        id: 'moons',
        title: 'Two moons',
        description: 'Two half circles.',
        rows: 60,
        columns: 2,
        suggests: { method: 'flows', config: { steps: 500 } },
        thumbnail: { kind: 'points', points: circle(60) },
      },
    ];
    const known = <T>(map: Map<string, T>, id: string): T => {
      const found = map.get(id);
      if (found === undefined)
        throw new EngineError({ code: 'not-found', what: 'there is no such thing', got: id });
      return found;
    };
    const keepRun = (record: RunRecord): RunRecord => {
      this.runs.set(record.id, record);
      return record;
    };
    const open = (name: string, sample?: string): DatasetInfo => {
      const dataset = { ...datasetInfo(name, 60), sample };
      this.datasets.set(dataset.id, dataset);
      return dataset;
    };
    const openFile = (name: string, as?: InputKind): OpenedInfo => {
      if (name.endsWith('.gguf')) return this.lab.info(name);
      if (as === 'model' || name.endsWith('.onnx')) return modelInfo(name);
      if (as === undefined || as === 'dataset') return open(name);
      return { id: `id-${name}`, name, path: `/data/${name}`, format: as, sha256: name, about: 'some' };
    };
    const resolve = (config: Record<string, Json>): Record<string, Json> => {
      const steps = config.steps ?? 1000;
      if (typeof steps !== 'number' || steps < 1) {
        throw new EngineError({
          code: 'config-invalid',
          what: 'a setting is out of range',
          where: { key: 'steps' },
          expected: 'a whole number from 1 to 100000',
        });
      }
      return { steps: 1000, seed: 0, ...config };
    };
    return {
      ...memoryStudies(),
      hello: async () => info,
      samples: async () => samples,
      openSample: async (id) => open(`${id}.csv`, id),
      openPath: async (path, as) => openFile(path.split('/').at(-1) ?? path, as),
      beginUpload: async (name, _bytes, group) => {
        const upload = `upload-${this.uploads.size}`;
        this.uploads.set(upload, { name, bytes: new Uint8Array(), group });
        return { upload };
      },
      appendUpload: async (upload, offset, bytes) => {
        const held = known(this.uploads, upload);
        if (offset !== held.bytes.length)
          throw new EngineError({ code: 'upload-order', what: 'a piece is missing' });
        const joined = new Uint8Array(offset + bytes.length);
        joined.set(held.bytes);
        joined.set(bytes, offset);
        held.bytes = joined;
      },
      finishUpload: async (upload, as) => {
        const { name, group } = known(this.uploads, upload);
        if (as || /\.(onnx|gguf)$/.test(name)) return openFile(name, as);
        const labels = name.replace('images-idx3', 'labels-idx1');
        const beside = [...this.uploads.values()].some((one) => one.group === group && one.name === labels);
        return group && beside && labels !== name
          ? { ...open(name), linkedFiles: [datasetInfo(labels, 0).path] }
          : open(name);
      },
      cancelUpload: async (upload) => void this.uploads.delete(upload),
      recentDatasets: async () => [...this.datasets.values()],
      dataset: async (id) => known(this.datasets, id),
      setRoles: async (id, roles) => {
        const dataset = known(this.datasets, id);
        const columns = dataset.columns.map((one) => ({ ...one, role: roles[one.name] ?? one.role }));
        const changed = { ...dataset, columns };
        this.datasets.set(id, changed);
        this.emit('datasetChanged', changed);
        return changed;
      },
      previewRows: async (_id, offset, count) => ({
        offset,
        rows: Array.from({ length: count }, (_, row) => [offset + row, -(offset + row)]),
      }),
      previewPoints: async (id) => ({
        points: circle(known(this.datasets, id).rows),
        rows: Uint32Array.from({ length: 60 }, (_, row) => row),
        labels: null,
        labelNames: [],
        axes: ['x', 'y'],
        explained: null,
        total: 60,
      }),
      previewImages: async (_id, rows) => ({
        image: { height: 1, width: 1, channels: 1 },
        pixels: new Uint8Array(rows.length),
      }),
      ...modelCalls,
      ...this.lab.calls,
      methods: async () => this.methods,
      resolveConfig: async (_method, _data, config) => resolve(config),
      startRun: async (request) =>
        keepRun(
          runRecord(String(this.runs.size + 1), {
            status: 'running',
            config: resolve(request.config),
            seed: request.seed,
            metrics: {},
          }),
        ),
      stopRun: async (id) => keepRun({ ...known(this.runs, id), status: 'stopped' }),
      resumeRun: async (id) => keepRun({ ...known(this.runs, id), status: 'running' }),
      listRuns: async () => [...this.runs.values()],
      run: async (id) => known(this.runs, id),
      renameRun: async (id, change) => keepRun({ ...known(this.runs, id), ...change }),
      trashRun: async (id) => {
        this.trash.set(id, known(this.runs, id));
        this.runs.delete(id);
        this.emit('runRemoved', id);
      },
      restoreRun: async (id) => keepRun(known(this.trash, id)),
      curves: async () => [{ name: 'loss', steps: Float64Array.of(0, 1), values: Float64Array.of(1, 0.5) }],
      query: async (run, name, args) => {
        const answer = this.answers.get(name);
        if (answer) return answer(args, run);
        throw new EngineError({ code: 'no-snapshot', what: 'the run has no snapshot yet' });
      },
      figure: async (run, name, args) => {
        const answer = this.answers.get(`figure.${name}`);
        return (answer ? await answer(args, run) : null) as Scene | null;
      },
      artifact: async (run, name) => ({
        name,
        mediaType: 'application/octet-stream',
        bytes: new TextEncoder().encode(`${name} of ${run}`),
      }),
      exportRun: async (id, kind) => ({
        name: `${id}.${kind}`,
        mediaType: 'application/octet-stream',
        bytes: new Uint8Array(),
      }),
      claims: async () => this.claims,
      claimsProgress: async (id) => ({ ...idleClaims, method: id }),
      runClaims: async (id, { quick, ids }) => {
        const claims = this.claims.map((claim) => claim.id).filter((one) => !ids || ids.includes(one));
        const progress: ClaimsProgress = { ...idleClaims, method: id, state: 'running', quick, ids: claims };
        this.emit('claimsChanged', progress);
        return progress;
      },
      stopClaims: async (id) => {
        const progress: ClaimsProgress = { ...idleClaims, method: id };
        this.emit('claimsChanged', progress);
        return progress;
      },
    };
  }
}
