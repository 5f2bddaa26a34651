/** @file What the stages of a run share: texts by what they are for, judges, maps, and the names under which things are kept. */
import type { RunContext } from '../../contract/define';
import type { LanguageSession } from '../../contract/opened';
import type { HookMap, Steering } from '../../contract/steering';
import type { SteerArm, SteerPoint } from '../../contract/steer';
import type { SteerConfig } from './config';

/** The texts of one side, each in one part only; drawn by the run's seed. */
export interface SideTexts {
  name: string;
  /** Of the file or label, without repetitions. */
  given: number;
  /** What maps are fitted on. */
  fit: string[];
  /** What the classifier, and the probes of detection, are trained on. */
  train: string[];
  /** What these are tested on. */
  test: string[];
  /** Seen by nothing before: side effects of strengths are calibrated on them. */
  calibration: string[];
  /** Of the file. */
  sha256: string;
}

/** Null where maps were given and no texts. */
export interface RunTexts {
  source: SideTexts;
  target: SideTexts;
  /** Texts whose perplexity tells what else was changed, and where they are from, in words. */
  neutral: { texts: string[]; says: string };
  offensive: boolean;
  /** In sentences. */
  notes: string[];
}

/** What tells whether a continuation is of the target. */
export interface Judges {
  /** Words of the lexicon. */
  words: readonly string[];
  /** [start, end) of the lexicon's words in a text. */
  hits(text: string): [number, number][];
  /** Probability that each text is of the target; NaN where there are no texts to train on. */
  judge(texts: readonly string[]): Float64Array;
  /** Of the classifier on texts it has not seen; NaN without one. */
  auc: number;
  /** What it was trained on, in words. */
  says: string;
}

/** One of the model's places that are steered. */
export interface SteeredHook {
  id: string;
  role: string;
  /** Null outside the blocks. */
  layer: number | null;
  width: number;
}

/** What every stage after the fit is given. */
export interface StageContext {
  context: RunContext;
  session: LanguageSession;
  config: SteerConfig;
  texts: RunTexts | null;
  /** Texts whose perplexity tells what else was changed: those of `texts`, else given ones. */
  neutral: readonly string[];
  judges: Judges;
  /** In the order of the model. */
  hooks: readonly SteeredHook[];
  maps: readonly HookMap[];
  /** The maps at a strength, with the factors of the setting `scale`. */
  steering(lambda: number, maps?: readonly HookMap[]): Steering;
  /** Strengths of the sweep, ascending, 0 and the main one among them. */
  lambdas: readonly number[];
  /** A point of the sweep; null before it is there. */
  point(arm: SteerArm, lambda: number): SteerPoint | null;
  /** Writes the run's checkpoint: what was kept so far stays. */
  checkpoint(): Promise<void>;
  /** What a stage has to know when the run goes on; plain JSON, written with the next checkpoint. */
  memory: Record<string, unknown>;
}

/**
 * A stage after the sweep. It keeps what it finds under one of `names`, and answers false where a stop was asked for; what it
 * kept and put into `memory` before a checkpoint is there when it goes on.
 */
export type Stage = (at: StageContext) => Promise<boolean>;

/** Names of what a run keeps. */
export const names = {
  facts: 'facts',
  /** A fitted hook, and the values it was fitted on, by its number among the chosen ones. */
  hook: (index: number) => `hook.${index}`,
  sides: (index: number) => `sides.${index}`,
  point: (arm: SteerArm, lambda: number) => `point.${arm}.${lambda}`,
  strength: 'strength',
  detect: 'detect',
};

/** Files that a run writes. */
export const files = {
  maps: 'maps.safetensors',
  recipe: 'recipe.json',
  sweep: 'sweep.csv',
  texts: 'texts.jsonl',
  controlVector: 'control-vector.gguf',
};
