/** @file Maps of steering fitted inside a language model: what is asked, what is told hook by hook, how it ends. For methods, not for views. */
import type { ExactLevel } from './language';
import type { RowMatrix } from './projection';
import type {
  FittedHook,
  SteeringEstimation,
  SteeringMethod,
  SteeringPooling,
  SteeringTargets,
  SupportFrom,
  SupportName,
} from './steering';

/** Maps of all chosen hooks, in the order in which the model computes them. */
export interface FitSteeringRequest {
  kind: 'fit-steering';
  /** Texts of either side, unpaired; the larger side is balanced by a seeded choice. */
  source: readonly string[];
  target: readonly string[];
  method: SteeringMethod;
  /** Ids, `norm_attn_in:3`; duplicates are refused. */
  hooks: readonly string[];
  pooling: SteeringPooling;
  /** Whether the first token of a text is pooled. */
  first: boolean;
  support: SupportName;
  supportFrom: SupportFrom;
  estimation: SteeringEstimation;
  targets: SteeringTargets;
  seed: number;
  level: ExactLevel;
  /** Texts of one run. */
  batch: number;
  /** Longer texts are cut at the end; 0 for the model's context. */
  maxTokens: number;
  /** Of `lineas` alone. */
  lineas?: LineasSettings;
}

/** Maps learned end to end (arXiv 2503.10679). */
export interface LineasSettings {
  steps: number;
  rate: number;
  optimiser: 'sgd' | 'adam';
  /** Texts of a step and side, at least 4. */
  batch: number;
  /** Where the maps begin. */
  initial: 'identity' | 'linear-act';
  /** Strengths of the proximal step that switches single units, and whole hooks, off; 0 is none. */
  lassoUnits: number;
  lassoHooks: number;
}

/** A hook more, or a step more of maps that are learned together. */
export type FitSteeringNews =
  | { kind: 'hook'; fitted: FittedHook; sides: FittedSides; done: number; of: number }
  | { kind: 'step'; step: number; of: number; loss: number };

/** What a hook was fitted on: pooled values of both sides [texts, units], balanced. */
export interface FittedSides {
  source: RowMatrix;
  target: RowMatrix;
}

export interface FitSteeringResult {
  /** As they were decided: a guard may have changed what was asked for, and `notes` say why, in sentences. */
  estimation: SteeringEstimation;
  targets: SteeringTargets;
  notes: string[];
  /**
   * In the order of the model. Where a method chooses among the units of all hooks at the end, these differ from what was told
   * on the way.
   */
  hooks: FittedHook[];
  /** Texts of each side that were cut. */
  cut: { source: number; target: number };
  /** False where it was stopped: the hooks that are there can be used. */
  whole: boolean;
  /** Seconds of fitting alone, the model open. */
  seconds: number;
}
