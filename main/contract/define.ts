/** @file A method is declared, not wired: from this one value come the form, the flags, the checks, the run and the claims. */
import * as v from 'valibot';
import type { Compute, Device } from './compute';
import type { Claim } from './claim';
import type { DatasetInfos, InputDeclarations } from './inputs';
import type { InputsOf } from './opened';
import type { IconName, MetricDeclarations } from './presentation';
import { figureQuery, type FigureDeclaration } from './figure';
import { queryFor, type Query, type QueryContext, type StoredRun } from './query';
import type { ConfigSchema, Json } from './schema';

export type { Claim, ClaimContext, ClaimTraining } from './claim';
export type { InputDeclaration, InputDeclarations } from './inputs';
export type * from './opened';
export type { QueryContext } from './query';

export interface NamedArray {
  data: Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
  shape: readonly number[];
}

/** Arrays by name; all that is needed to open a fitted part again. */
export type Arrays = Record<string, NamedArray>;

/** Everything needed to go on as if never interrupted. Stored atomically by the engine. */
export interface CheckpointState {
  step: number;
  json: Record<string, Json>;
  arrays: Record<string, NamedArray>;
}

/** What the engine gives a running method. Methods touch no files, clocks or devices except through this. */
export interface RunContext {
  readonly seed: number;
  readonly device: Device;
  readonly compute: Compute;
  /** The state to go on from, or null at the start. */
  readonly resume: CheckpointState | null;
  /** True once a person asked to stop: save a checkpoint and return 'stopped' soon. */
  stopRequested(): boolean;
  /** Milliseconds from an arbitrary origin; for speeds and chunk lengths only, never for results. */
  now(): number;
  /** One point of a curve, appended to metrics.ndjson and pushed to open views. */
  metric(name: string, step: number, value: number): void;
  /** Final numbers, stored in run.json and printed by `monge run --json`. Merges over several calls. */
  final(metrics: Readonly<Record<string, number>>): void;
  /**
   * How far the run is. The engine judges speed and time left from these marks; a method that knows what they do not
   * show, such as pauses that will not come again, gives its own.
   */
  progress(progress: {
    stage: string;
    step: number;
    steps: number;
    secondsLeft?: number;
    /** Null where a step is a stage or a share of the work, whose speed tells a person nothing. */
    stepsPerSecond?: number | null;
  }): void;
  checkpoint(state: CheckpointState): Promise<void>;
  /** Parameters kept for scrubbing through training; readable by queries at once. */
  snapshot(step: number, arrays: Record<string, NamedArray>): Promise<void>;
  /**
   * Keeps arrays by name beside the snapshots, readable by queries at once. What was kept after the last checkpoint is
   * dropped when the run goes on from it.
   */
  keep(name: string, arrays: Arrays): Promise<void>;
  /** Writes `artifacts/<name>`; names are plain file names. */
  artifact(name: string, bytes: Uint8Array): Promise<void>;
  /**
   * Writes a part of `artifacts/<name>` in place, from the byte `at` on, for files that grow as the run goes on and are never
   * held in memory. It is on the disk when this resolves. After an interruption the file may hold more than the checkpoint
   * knows of; who goes on writes those bytes again.
   */
  artifactPart(name: string, at: number, bytes: Uint8Array): Promise<void>;
  /** Tells that a file written in parts is whole. */
  artifactDone(name: string): void;
  /** Bytes that are free where the run's files lie. */
  freeBytes(): Promise<number>;
  /** Reads back what this run wrote with `artifact`, for large parts of a state that need not be in every checkpoint. */
  readArtifact?(name: string): Promise<Uint8Array>;
  /** A sentence the person should see, for example that another device is used; `news` only informs, such as of a size. */
  notice(message: string, kind?: 'warning' | 'news'): void;
  log(level: 'info' | 'warn' | 'error', message: string, data?: Record<string, Json>): void;
  /**
   * Starts one of the method's `jobs` in a thread of its own, so that it goes on while this one trains; in place where
   * there are no threads. When its answer arrives must not show in any result.
   * @throws `job-unknown`
   */
  background?(job: string, args: unknown): BackgroundWork;
}

/** Work of a method beside its run that was started. */
export interface BackgroundWork {
  /** What the job answers; rejects with what it throws. Jobs of a run are done one after another. */
  result: Promise<unknown>;
  /** Tells the job that its answer is not wanted any more. */
  cancel(): void;
}

/** What a background job gets. It may report nothing: whoever asked uses its answer. */
export interface JobContext {
  readonly seed: number;
  readonly compute: Compute;
  /** True once the answer is not wanted any more, or a person asked to stop the run. */
  stopRequested(): boolean;
}

type QueriesOf<C, P, I extends InputDeclarations> = Record<
  string,
  Query<C, P, v.GenericSchema, unknown, InputsOf<I>>
>;

export interface MethodDefinition<
  C = Record<string, Json>,
  P = unknown,
  Q extends QueriesOf<C, P, I> = Record<string, Query<C, P>>,
  I extends InputDeclarations = InputDeclarations,
> {
  id: string;
  title: string;
  /** One sentence for the rail, the welcome page and `monge --help`. */
  summary: string;
  cite: string;
  icon: IconName;
  inputs: I;
  config: ConfigSchema<C>;
  /** Better defaults for this data; the user's own settings win. */
  suggest?(inputs: DatasetInfos): Partial<C>;
  run(context: RunContext, inputs: InputsOf<I>, config: C): Promise<'done' | 'stopped'>;
  /** What all queries and exports of a run need; made when first asked for, kept, and closed by the engine. */
  prepare?(run: StoredRun<C, InputsOf<I>>): Promise<P>;
  /** Answers for the panel, from data and snapshots. */
  queries: Q;
  /** Work beside a run, see `RunContext.background`. Arguments and answers cross threads: plain objects and typed arrays. */
  jobs?: Record<
    string,
    (context: JobContext, inputs: InputsOf<I>, config: C, args: unknown) => Promise<unknown>
  >;
  /** Builds the exported inference model from the newest snapshot. */
  exportOnnx?(context: QueryContext<C, P, InputsOf<I>>): Promise<Uint8Array>;
  /** Builds the program that trains, as the model view shows it; needs no snapshot. */
  exportTraining?(context: QueryContext<C, P, InputsOf<I>>): Promise<Uint8Array>;
  /** What the names mean that `metric` and `final` report. */
  metrics: MetricDeclarations;
  /** Figures that are drawn here and shown as they are; a method without a panel of its own needs no other view. */
  figures?: Readonly<
    Record<string, FigureDeclaration<NoInfer<C>, Record<string, Json>, InputsOf<NoInfer<I>>>>
  >;
  claims: readonly Claim[];
}

/** Keeps the types of config and inputs inside the declaration and erases them for the registry; the queries keep theirs. */
export function defineMethod<
  C,
  P = unknown,
  Q extends QueriesOf<C, P, I> = Record<string, Query<C, P>>,
  const I extends InputDeclarations = InputDeclarations,
>(definition: MethodDefinition<C, P, Q, I>): MethodDefinition & { queries: Q } {
  const figures = Object.entries(definition.figures ?? {}).map(([name, declared]) => {
    const query = queryFor<C, P, InputsOf<I>>()({
      args: v.optional(
        v.record(
          v.string(),
          v.custom<Json>(() => true),
        ),
        {},
      ),
      run: async (context, given) => declared.draw(context, declared.args?.parse(given) ?? given),
    });
    return [figureQuery(name), query] as const;
  });
  const queries = { ...definition.queries, ...Object.fromEntries(figures) };
  return { ...definition, queries } as unknown as MethodDefinition & { queries: Q };
}
