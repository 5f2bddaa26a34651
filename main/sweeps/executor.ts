/** @file What runs the attempts of a study, wherever that is. */
import type { ErrorDetail } from '../../native-models/error';
import type { Json } from '../contract/schema';
import type { LauncherKind, TrialState } from '../contract/study';

/** One seed of one trial. */
export interface AttemptWork {
  trial: number;
  seed: number;
  /** From 1. */
  attempt: number;
  /** All settings that are set, the point's among them. */
  config: Record<string, Json>;
  /** The run of an earlier attempt to go on from; null for a new one. */
  run: string | null;
}

export interface AttemptEnd {
  /** `cancelled` where it was asked to end; it can go on then. */
  state: Extract<TrialState, 'complete' | 'diverged' | 'failed' | 'cancelled' | 'lost'>;
  metrics: Readonly<Record<string, number>>;
  error: ErrorDetail | null;
  seconds: number;
  host: string | null;
}

export interface RunningAttempt {
  run: string;
  handle: string | null;
  /** Resolves when it rests; never rejects. */
  ended: Promise<AttemptEnd>;
  /** Asks it to end with a checkpoint. */
  stop(): void;
}

/** A point of the curve that is listened to, and the steps of the whole run. */
export type HearReport = (step: number, value: number, length: number) => void;

export interface Executor {
  readonly kind: LauncherKind;
  /** Attempts at the same time. */
  readonly slots: number;
  /** @throws what starting a run throws, such as `config-invalid` */
  start(work: AttemptWork, curve: string, hear: HearReport): Promise<RunningAttempt>;
  close(): Promise<void>;
}
