/** @file What a paper claims, as an experiment of the method: trainings per seed, and a judgement of their final metrics. */
import type { ClaimNeed, ClaimOutcome } from './claims';
import type { Json } from './schema';

/** One training of an experiment. */
export interface ClaimTraining {
  /** What the arms that are compared have in common, for example `Eight Gaussians`. */
  recipe: string;
  /** Names the arm within the recipe, for example `n = 256`. */
  label: string;
  /** What the arm sets; the rest comes from the method's suggestions and defaults. */
  config: Readonly<Record<string, Json>>;
  seed: number;
  /** A run that diverges is an outcome then, whose metrics are those it has reported; else it ends the experiment. */
  mayDiverge?: true;
  /** By input of the method; a list where the input takes several. Nothing where the method needs no data. */
  data?: Readonly<Record<string, ClaimInput | readonly ClaimInput[]>>;
}

/** A shipped sample or sample model, or one of the claim's needs. */
export type ClaimInput = { sample: string } | { sampleModel: string } | { given: string };

/** How an experiment is to be done. */
export interface ClaimScale {
  /** Smaller and shorter, for a first look. */
  readonly quick: boolean;
  /** Seeds of each arm; comparisons are paired over them. */
  readonly seeds: readonly number[];
}

/** What the engine gives a running experiment. */
export interface ClaimContext extends ClaimScale {
  /**
   * Trains, or finds the finished run of the same method, settings, seed, data and engine version, and gives the run's
   * final metrics. Throws when the run fails or is stopped; an experiment lets that pass through.
   */
  train(training: ClaimTraining): Promise<{ run: string; metrics: Readonly<Record<string, number>> }>;
}

export interface Claim {
  /** Short and lasting, for example `C1`: the command line, the files and the page name it so. */
  id: string;
  /** One sentence that can be true or false at the scale tested. */
  statement: string;
  /** Paper and place. */
  source: string;
  /** Whether it may fail; the numbers of the others are only reported. */
  gate: boolean;
  /** Data that a person must give; without it the claim is not run. */
  needs?: readonly ClaimNeed[];
  /** Seeds per arm of the quick and of the full experiment. */
  seeds: { readonly quick: number; readonly full: number };
  /** Every training that `run` will ask for, so that the work is known beforehand and its settings can be checked. */
  trainings(scale: ClaimScale): ClaimTraining[];
  run(context: ClaimContext): Promise<ClaimOutcome>;
}
