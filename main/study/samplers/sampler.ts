/** @file What a sampler is: its state follows from the events of the journal in their order, and from nothing else. */
import type { Json } from '../../contract/schema';
import type { Point, Space, TrialState } from '../../contract/study';

/** What a sampler hears of, in the order of the journal. */
export type SamplerEvent =
  /** A point was handed out; `enqueued` ones were not chosen by the sampler. */
  | { kind: 'asked'; trial: number; point: Point; enqueued: boolean }
  /** A value on the way of a trial, the mean over its seeds so far; smaller is better, whatever the objective's direction. */
  | { kind: 'reported'; trial: number; step: number; value: number }
  /**
   * A trial has ended. `value` is that of a complete trial, and of a pruned one its last; smaller is better. Null for all
   * others: a diverged trial never has a stand-in value.
   */
  | { kind: 'ended'; trial: number; state: TrialState; value: number | null; values: readonly number[] }
  /** From here on points come from this space. */
  | { kind: 'space'; space: Space };

export interface Sampler {
  /**
   * The point of the trial with this number; null when there is none left (a finished grid). It changes no state: that a
   * point was handed out is told by its event, so that a process may die in between.
   */
  ask(trial: number): Point | null;
  tell(event: SamplerEvent): void;
}

export interface SamplerOptions {
  space: Space;
  /** Every draw comes from `stream(seed, label, trial)`. */
  seed: number;
  /** Trials that are planned, for designs that need to know. */
  trials: number;
  options: Readonly<Record<string, Json>>;
}

export type SamplerFactory = (options: SamplerOptions) => Sampler;
