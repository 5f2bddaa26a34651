/** @file Stand-ins for the engine in the methods' tests: a data set in memory, and run and query contexts that keep everything. */
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openCompute } from '../compute/session';
import type { Dataset, Matrix } from '../contract/data';
import type {
  Arrays,
  CheckpointState,
  Inputs,
  MethodDefinition,
  NamedArray,
  RunContext,
} from '../contract/define';
import { answerQuery, withPrepared, type AnswerTo, type Query, type StoredRun } from '../contract/query';
import type { MetricDeclarations } from '../contract/presentation';
import type { Json } from '../contract/schema';
import type { InputFile, ModelInput, RunInput } from '../contract/opened';
import { openRunFolder } from '../disk/run-folder';
import { readExternalData } from '../models/external-data';
import { languageService } from '../inference/service/service';
import { languageSession } from '../inference/service/session';
import { openForeignSession, sessions } from '../models/foreign-session';
import { readModel } from '../models/read';

/** An ONNX file as a method is handed it. */
export function modelAt(path: string): ModelInput {
  const ask = sessions();
  const file = inputAt(path, async () => {
    const { model, sha256 } = await readModel(path);
    return { sha256, model: await readExternalData(model, path) };
  });
  const openSession: ModelInput['openSession'] = ({ threads }) =>
    openForeignSession({ ask }, { path, threads, cached: false }, () => undefined);
  const language: ModelInput['language'] = async (options) => {
    const answer = languageService();
    const cacheFolder = join(tmpdir(), 'monge-test-weights');
    return languageSession({ path, ...options, cacheFolder }, '', (call, update, { signal }) =>
      answer(call, { signal: signal ?? new AbortController().signal, update }),
    );
  };
  return { ...file, openSession, language };
}

/** The folder of a run, of which these files are used, as a method is handed it. */
export function runAt(path: string, files: readonly string[]): RunInput {
  return inputAt(path, () => openRunFolder(path, files));
}

function inputAt<T>(path: string, open: () => Promise<T>): InputFile<T> {
  return { name: basename(path), path, sha256: '', open };
}

/** A data set of feature columns, or of images. */
export function datasetInMemory(
  data: Float32Array,
  columns: number,
  image?: Matrix['image'],
  labels?: Int32Array,
): Dataset {
  const rows = data.length / columns;
  const names = Array.from({ length: columns }, (_, k) => `x${k + 1}`);
  const matrix: Matrix = { rows, columns, data, names, image };
  const missing = () => Promise.reject(new Error('not needed in this test'));
  return {
    info: { rows, columns: [] } as unknown as Dataset['info'],
    rows: missing,
    features: async () => ({ matrix, rowIndex: Uint32Array.from({ length: rows }, (_, k) => k), skipped: 0 }),
    column: missing,
    labels: async () => (labels ? { codes: labels, names: ['a', 'b'] } : null),
    images: missing,
    close: async () => undefined,
  };
}

export interface Recorded {
  context: RunContext;
  checkpoints: CheckpointState[];
  snapshots: Map<number, Record<string, NamedArray>>;
  kept: Map<string, Arrays>;
  metrics: { name: string; step: number; value: number }[];
  final: Record<string, number>;
  artifacts: Map<string, Uint8Array>;
  notices: string[];
  stages: string[];
}

export interface RecordOptions {
  seed?: number;
  resume?: CheckpointState | null;
  /** Asked between pieces of work, with the number of times asked before and the stage last reported. */
  stop?: (asked: number, stage?: string) => boolean;
  /** The clock's milliseconds per reading; a fast clock makes checkpoints frequent and chunks short. */
  tick?: number;
  /** What an earlier session of the same run wrote. */
  artifacts?: ReadonlyMap<string, Uint8Array>;
  /** Where work beside the run is done; none without it. */
  background?: RunContext['background'];
}

/** A run context whose clock moves by a fixed amount per reading. */
export function recorded({
  seed = 0,
  resume = null,
  stop = () => false,
  tick = 1,
  artifacts: kept,
  background,
}: RecordOptions = {}): Recorded {
  const compute = openCompute({ threads: 1 });
  let asked = 0;
  let time = 0;
  const record: Omit<Recorded, 'context'> = {
    checkpoints: [],
    snapshots: new Map(),
    kept: new Map(),
    metrics: [],
    final: {},
    artifacts: new Map(),
    notices: [],
    stages: [],
  };
  const context: RunContext = {
    seed,
    device: 'cpu',
    compute,
    resume,
    stopRequested: () => stop(asked++, record.stages.at(-1)),
    now: () => (time += tick),
    metric: (name, step, value) => void record.metrics.push({ name, step, value }),
    final: (values) => void Object.assign(record.final, values),
    progress: ({ stage }) => void record.stages.push(stage),
    checkpoint: async (state) => void record.checkpoints.push(structuredClone(state)),
    snapshot: async (step, arrays) => void record.snapshots.set(step, structuredClone(arrays)),
    keep: async (name, arrays) => void record.kept.set(name, structuredClone(arrays)),
    artifact: async (name, bytes) => void record.artifacts.set(name, bytes),
    async artifactPart(name, at, bytes) {
      const before = record.artifacts.get(name) ?? new Uint8Array(0);
      const after = new Uint8Array(Math.max(before.length, at + bytes.length));
      after.set(before);
      after.set(bytes, at);
      record.artifacts.set(name, after);
    },
    artifactDone: () => undefined,
    freeBytes: async () => Infinity,
    readArtifact: async (name) => {
      const bytes = record.artifacts.get(name) ?? kept?.get(name);
      if (!bytes) throw new Error(`no artifact ${name}`);
      return bytes;
    },
    notice: (message) => void record.notices.push(message),
    log: () => undefined,
    ...(background ? { background } : {}),
  };
  return { ...record, context };
}

/** Names that a run reported and its method does not declare. */
export function undeclared({ metrics, final }: Recorded, declared: MetricDeclarations): string[] {
  const families = Object.keys(declared).flatMap((name) => (name.endsWith('*') ? [name.slice(0, -1)] : []));
  const names = new Set([...Object.keys(final), ...metrics.map(({ name }) => name)]);
  return [...names].filter(
    (name) => !(name in declared) && !families.some((family) => name.startsWith(family)),
  );
}

/** A finished run as its queries see it; what they keep is kept. */
export function storedRun<C>(
  { snapshots, kept, artifacts, context }: Recorded,
  inputs: Inputs,
  config: C,
): StoredRun<C> {
  const cache = new Map<string, unknown>();
  const steps = [...snapshots.keys()].sort((a, b) => a - b);
  return {
    ...{ config, inputs, seed: context.seed, compute: context.compute },
    snapshotSteps: steps,
    async snapshot(asked) {
      const step = steps.filter((kept) => asked === 'latest' || kept <= asked).at(-1)!;
      return { step, arrays: snapshots.get(step)! };
    },
    keptNames: [...kept.keys()],
    kept: async (name) => kept.get(name) ?? null,
    artifact: async (name, { at, bytes }) => artifacts.get(name)?.slice(at, at + bytes) ?? null,
    async cached<T>(key: string, make: () => Promise<T>): Promise<T> {
      if (!cache.has(key)) cache.set(key, await make());
      return cache.get(key) as T;
    },
  };
}

type Run = StoredRun<Record<string, Json>>;

/** What the method's exports are made from. */
export function queryContext(method: MethodDefinition, run: Run) {
  return withPrepared(run, async (stored) => method.prepare?.(stored));
}

/** Asks a run as the engine does, with the arguments checked. */
export function asker<Q extends Record<string, Query>>(method: MethodDefinition & { queries: Q }, run: Run) {
  const context = queryContext(method, run);
  return <K extends keyof Q & string>(name: K, args: unknown = {}) =>
    answerQuery(method.queries, name, context, args) as Promise<AnswerTo<Q[K]>>;
}
