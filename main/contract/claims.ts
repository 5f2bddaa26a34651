/** @file What a claim is to those who show it: its numbers, its tests and the state of the experiments. Types only. */
import type { ErrorDetail } from '../../native-models/error';
import type { Json } from './schema';

/** A gate holds or fails; what the method says is only reported, and what could not be judged, is 'reported'. */
export type ClaimVerdict = 'holds' | 'fails' | 'reported' | 'not run';

/** One final metric of an arm over the seeds. */
export interface ClaimNumbers {
  /** Name of the final metric, for example `curvature`. */
  metric: string;
  /** In the order of the outcome's seeds; null where the run did not report it. */
  values: (number | null)[];
  /** Over the values that are there; null without any. */
  mean: number | null;
  /** Sample standard deviation (divisor n − 1); null below two values. */
  deviation: number | null;
}

/** One setting that is compared, trained once per seed. */
export interface ClaimArm {
  /** Names the arm within its recipe, for example `n = 256`. */
  label: string;
  /** What the arms of a table have in common, for example `Piecewise affine, d = 16, 4 pieces`. */
  recipe: string;
  /** What the arm sets; the rest are the method's defaults. */
  config: Record<string, Json>;
  /** Run ids in the order of the seeds; each can be opened, compared and resumed. */
  runs: string[];
  numbers: ClaimNumbers[];
}

/** One comparison, paired over the seeds. */
export interface ClaimTest {
  /** What is expected, for example `κ: independent > n = 256`. */
  statement: string;
  /** Per seed, positive where the seed agrees with the statement; in the unit of what is compared. */
  differences: number[];
  /** How many seeds agree. A tie does not. */
  agree: number;
  mean: number;
  /** 95 % bootstrap interval of the mean difference over the seeds; null below three seeds. */
  interval: [number, number] | null;
  /** One-sided exact sign test. */
  signP: number;
  /** One-sided sign-flip permutation test of the mean difference. */
  permutationP: number;
  /** The rule in words, for example `5 of 5 seeds agree`. */
  rule: string;
  /** Whether the verdict depends on this test; the others are only reported. */
  decides: boolean;
  /** Null where there are too few seeds for the rule. */
  holds: boolean | null;
}

/** What came out of one experiment. */
export interface ClaimOutcome {
  verdict: ClaimVerdict;
  /** The result in one sentence with its numbers, or what is missing. */
  sentence: string;
  seeds: number[];
  arms: ClaimArm[];
  tests: ClaimTest[];
}

/** An outcome as it is stored, with the circumstances. */
export interface ClaimRecord extends ClaimOutcome {
  id: string;
  /** Smaller and shorter than the full experiment. */
  quick: boolean;
  /** ISO 8601. */
  finished: string;
  /** Seconds of training in the runs of this claim, shared runs included. */
  seconds: number;
  machine: { processor: string; cores: number; threads: number; memory: string; system: string };
  versions: Record<string, string>;
  /** Data sets that a person gave. */
  data: { name: string; path: string; sha256: string }[];
  /** The line that repeats it. */
  command: string;
  /** Why a training did not end; the verdict is then 'not run'. */
  error: ErrorDetail | null;
}

/** Data that no installation holds and a person must give. */
export interface ClaimNeed {
  name: string;
  title: string;
  help: string;
}

/** A declared claim with what is known of it. */
export interface ClaimInfo {
  id: string;
  statement: string;
  /** Paper and place. */
  source: string;
  /** Whether it can fail; otherwise its numbers are only reported. */
  gate: boolean;
  needs: ClaimNeed[];
  /** Trainings of the quick and of the full experiment. */
  trainings: { quick: number; full: number };
  /** The last quick and the last full outcome, newest first. */
  outcomes: ClaimRecord[];
}

export interface ClaimsRequest {
  /** All of the method's where left out. */
  ids?: string[];
  quick: boolean;
  /** Seeds per arm instead of each claim's own number. */
  seeds?: number;
  /** Data set id by the name of the need. */
  data?: Record<string, string>;
  /** Trains again what was trained before. */
  fresh?: boolean;
}

/** How far the experiments of a method are. */
export interface ClaimsProgress {
  method: string;
  state: 'idle' | 'running' | 'stopping';
  quick: boolean;
  /** Claims under way or waiting, in order. */
  ids: string[];
  /** The claim under way. */
  claim: string | null;
  /** Trainings that are needed, each counted once, and how many of them are done. */
  trainings: number;
  done: number;
  /** The run under way, for its own progress. */
  run: string | null;
  /** What is being trained, in words. */
  training: string;
  secondsLeft: number | null;
}

/** What a view may ask about claims. */
export interface ClaimsApi {
  /** The declared claims of a method with their last outcomes. */
  claims(method: string): Promise<ClaimInfo[]>;
  /** How far they are; 'idle' when nothing is going on. */
  claimsProgress(method: string): Promise<ClaimsProgress>;
  /** Starts the experiments and returns at once; `claimsChanged` tells the rest. Fails with `claims-active` while others of any method are under way. */
  runClaims(method: string, request: ClaimsRequest): Promise<ClaimsProgress>;
  /** Stops after the chunk under way. Finished runs are kept, and a stopped one goes on the next time. */
  stopClaims(method: string): Promise<ClaimsProgress>;
}
