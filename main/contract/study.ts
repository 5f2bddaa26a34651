/**
 * @file What a study is to all who run or show it: a method, what is varied, how points are chosen and trials ended, and what
 * came of them. Types only.
 */
import type { ErrorDetail } from '../../native-models/error';
import type { ExportedFile, InputIds, RunRecord } from './engine';
import type { FieldCondition, Json } from './schema';

/** A setting that is varied. All of `low`, `high` and `step` are in the setting's own unit, both ends included. */
export type Dimension = (
  | { type: 'float'; low: number; high: number; scale: 'linear' | 'log' | 'logit'; step?: number }
  | { type: 'int'; low: number; high: number; scale: 'linear' | 'log'; step?: number }
  /** Values without an order, and in an order. */
  | { type: 'categorical' | 'ordinal'; choices: Json[] }
) & {
  /** Varied only where another varied setting has one of these values; else the trial does not have it. */
  when?: FieldCondition;
};

/** By the key of the method's setting, in the order of the axes. */
export type Space = Record<string, Dimension>;

/** Values of the varied settings; those whose condition does not hold are absent. */
export type Point = Record<string, Json>;

export interface Objective {
  /** A final metric of the method; its curve of the same name is what pruners look at, unless `curve` names another. */
  metric: string;
  direction: 'minimize' | 'maximize';
  curve?: string;
}

export type SamplerKind =
  'grid' | 'random' | 'sobol' | 'latin-hypercube' | 'tpe' | 'cma-es' | 'gp' | 'trust-region';
export type PrunerKind =
  'none' | 'median' | 'percentile' | 'asha' | 'hyperband' | 'patience' | 'threshold' | 'wilcoxon';

/** What a person asks for; the same as the file that `monge sweep` reads. */
export interface StudyDefinition {
  name: string;
  method: string;
  /** Ids of what is opened; in a file, paths. */
  data: InputIds;
  /** Settings that all trials share. */
  settings: Record<string, Json>;
  space: Space;
  sampler: { kind: SamplerKind; options: Record<string, Json> };
  pruner: { kind: PrunerKind; options: Record<string, Json> };
  /** Points to try. */
  trials: number;
  /** Seeds of the method that every point is run with, in this order. */
  seeds: number[];
  /** The first one is what samplers and pruners go by. */
  objectives: Objective[];
  /** Seed of the sampler. */
  seed: number;
  launcher: { kind: LauncherKind; options: Record<string, Json> };
}

export type LauncherKind = 'local' | 'slurm' | 'slurm-rest' | 'ray' | 'kubernetes';

/** The order is that of the codes in `TrialColumns.states`. */
export type TrialState =
  'queued' | 'running' | 'complete' | 'pruned' | 'diverged' | 'failed' | 'cancelled' | 'lost';

/** One point with all that is known of it; lists are in the order of the study's seeds or objectives. */
export interface TrialInfo {
  number: number;
  state: TrialState;
  point: Point;
  /** Who chose the point. */
  origin: 'sampler' | 'enqueued' | 'imported';
  /** Means over the seeds that are done, per objective; null before there is one. */
  values: (number | null)[];
  /** Values of the first objective by seed; null where a seed has not ended well. */
  seedValues: (number | null)[];
  /** Attempts by seed, the last one last. */
  attempts: TrialAttempt[];
  /** Why it ended as it did, in words; null for a complete one. */
  reason: string | null;
  error: ErrorDetail | null;
}

export interface TrialAttempt {
  seed: number;
  /** From 1. */
  attempt: number;
  launcher: LauncherKind;
  /** What the launcher knows it by. */
  handle: string | null;
  /** Folder of the run, below the study's. */
  run: string;
  host: string | null;
  /** ISO 8601. */
  started: string | null;
  ended: string | null;
  /** Seconds it took. */
  seconds: number | null;
}

/** A study without its trials. */
export interface StudySummary {
  id: string;
  definition: StudyDefinition;
  state: 'idle' | 'running' | 'stopping' | 'done';
  /** ISO 8601. */
  created: string;
  /** Trials by state; the sum is the number of trials. */
  counts: Record<TrialState, number>;
  /** The best complete trial of the first objective. */
  best: TrialInfo | null;
  /** What the method's defaults reach in this study, where its point was tried. */
  default: number | null;
  /** Share of all steps of ended trials that pruning has saved, 0 to 1. */
  saved: number;
  secondsLeft: number | null;
  /** Records in the journal: changes with every event. */
  revision: number;
  /** What the person should see, such as what happened while the app was closed. */
  notices: string[];
  /** The line that runs it. */
  command: string;
}

/** All trials as columns; position is the trial's number. */
export interface TrialColumns {
  revision: number;
  /** Places in the list of `TrialState`. */
  states: Uint8Array;
  /** Per objective; NaN where there is none. */
  values: Float64Array[];
  /** Half the 90 % interval of the first objective over the seeds; NaN below two seeds. */
  spread: Float64Array;
  /** The last reported value of the first objective's curve and its step; NaN and 0 before one. */
  lastValues: Float64Array;
  lastSteps: Uint32Array;
  seconds: Float64Array;
  /** In the order of the space. Numbers as they are; of choices their places; NaN where the trial does not have it. */
  points: { key: string; values: Float64Array }[];
  /** Number and reason of every trial that has one. */
  reasons: { trial: number; reason: string }[];
}

/** Learning curves of some trials, one after the other: trial i has the entries from `starts[i]` to `starts[i + 1]`. */
export interface TrialCurves {
  trials: Uint32Array;
  seeds: Float64Array;
  starts: Uint32Array;
  steps: Float64Array;
  values: Float64Array;
}

/** What a pruner would have done to the finished trials of a study. */
export interface PrunerRehearsal {
  /** Share of all steps that it would have saved. */
  saved: number;
  /** Trials it would have ended, and those of them that were among the best tenth. */
  pruned: number;
  lostGood: number;
  /** How far the best trial that it leaves stands from the best one, in ranks; 0 for none. */
  rankRegret: number;
  trials: { trial: number; step: number; reason: string }[];
}

export type StudyFormat = 'csv' | 'json' | 'hiplot' | 'optuna';

/** The best learning rate of one size. */
export interface ScaleFound {
  scale: number;
  /** Null where the curve has no lowest point between its ends; `why` tells. */
  rate: number | null;
  /** 90 %, by resampling seeds; null below two, or where the optimum often lies at an end. */
  interval: [number, number] | null;
  /** The objective there. */
  loss: number | null;
  /** Octaves from the smallest size's best rate, and what that rate costs here. */
  drift: number | null;
  regret: number | null;
  why: string | null;
}

/** What a study over learning rates and a scale tells of another size. */
export interface RatePredicted {
  /** The settings: of the scale, and of the rate. */
  axis: string;
  rate: string;
  at: number;
  optima: ScaleFound[];
  /** Octaves that the best rate moves by a doubling, with a 90 % interval. */
  moves: { slope: number; interval: [number, number] | null } | null;
  prediction: {
    rate: number;
    interval: [number, number];
    /** The objective expected there. */
    value: number;
    valueInterval: [number, number];
    /** Sizes that it comes from, and octaves beyond them. */
    from: number[];
    octavesBeyond: number;
    /** Whether there were sizes enough to see how far they lie from a line; with two the interval is too narrow. */
    lineSeen: boolean;
  } | null;
  /** Why there is none, and the trials that would help. */
  why: string | null;
  try: { scale: number; rate: number }[];
}

/** What a view may ask about studies. */
export interface StudiesApi {
  listStudies(): Promise<StudySummary[]>;
  study(id: string): Promise<StudySummary>;
  /** Checks a definition as a form or a file gives it. @throws `study-invalid` */
  createStudy(definition: Partial<StudyDefinition>): Promise<StudySummary>;
  /** What “Sweep this” begins with: the method's settings that are worth varying, with ranges about the current ones. */
  suggestStudy(method: string, data: InputIds, config: Record<string, Json>): Promise<StudyDefinition>;
  /** Starts it, or goes on where it was; with `trials` up to that many. */
  startStudy(id: string, trials?: number): Promise<StudySummary>;
  /** `finish` lets running trials end, `cancel` ends them with a checkpoint. */
  stopStudy(id: string, how: 'finish' | 'cancel'): Promise<StudySummary>;
  trashStudy(id: string): Promise<void>;
  restoreStudy(id: string): Promise<StudySummary>;
  trialColumns(id: string): Promise<TrialColumns>;
  trial(id: string, number: number): Promise<TrialInfo>;
  trialCurves(id: string, trials: number[]): Promise<TrialCurves>;
  rehearsePruner(id: string, pruner: StudyDefinition['pruner']): Promise<PrunerRehearsal>;
  /** The best rate at a size that was not tried. @throws `predict-unsuitable` */
  predictStudy(id: string, request: { axis: string; rate: string; at: number }): Promise<RatePredicted>;
  /** A point that is tried next. */
  enqueueTrial(id: string, point: Point): Promise<StudySummary>;
  /** A failed, lost or cancelled trial once more. */
  retryTrial(id: string, number: number): Promise<StudySummary>;
  /** From the next trial on. */
  changeSpace(id: string, space: Space): Promise<StudySummary>;
  /** A run in the list of runs with the settings of a trial. */
  promoteTrial(id: string, number: number): Promise<RunRecord>;
  /** The line that runs one trial. */
  trialCommand(id: string, number: number): Promise<string>;
  /** `optuna` is the journal file that Optuna 5 and its dashboard open. */
  exportStudy(id: string, format: StudyFormat): Promise<ExportedFile>;
  /**
   * A study of trials that were run elsewhere: an Optuna journal, or a CSV with a row a trial. `more` says what the file
   * cannot: with a method (and its data) the study can be gone on with, without one it can be looked at; `name` chooses one of
   * several studies of a journal; the metrics of `objectives` are columns of a CSV.
   * @throws `optuna-journal-invalid`, `optuna-study-missing`, `trials-csv-invalid`, and as `createStudy`
   */
  importStudy(file: string, bytes: Uint8Array, more: Partial<StudyDefinition>): Promise<StudySummary>;
}
