/** @file Probes of truth across tasks: what a panel may ask of a run, and what it is answered. Matrices are row-major [trained on, tested on]. */
import * as v from 'valibot';
import { projectionQuestions } from './projection';
import { question, whole } from './query';

/** `ccs` is contrast-consistent search: of tasks with paired statements only, and without their labels. */
export const probeFamilies = ['lr-l2', 'lr-l1', 'mass-mean', 'lda', 'ridge', 'ccs', 'mlp'] as const;
export type ProbeFamily = (typeof probeFamilies)[number];

/**
 * Which token is read. Positions count from the end; `last` of a statement is its full stop, `first` its first token. Of
 * answers `prompt` is the last token before them, `answer-end` the one that ends the span that was graded, `mean` all tokens
 * of the answer.
 */
export const probePositions = [
  'first',
  '-6',
  '-5',
  '-4',
  '-3',
  '-2',
  'last',
  'mean',
  'prompt',
  'answer-end',
] as const;
export type ProbePosition = (typeof probePositions)[number];

/** Ways to carry a probe to another task: its own means throughout, or the other task's mean taken off (unlabelled). */
export type ProbeScores = 'raw' | 'recentred';

/** What is taken out of activations, linearly, before anything is fitted. */
const removable = ['length', 'format', 'source'] as const;
export type Removed = (typeof removable)[number];

const position = v.picklist(probePositions);
const place = {
  family: v.picklist(probeFamilies),
  block: whole(0, 100_000),
  position,
};
const task = whole(0, 999);
/** What is taken out for this answer alone; what the settings take out where it is left out. Other than that is fitted when asked. */
const removed = v.optional(v.array(v.picklist(removable)));

/** A probe of every task, at one place. */
export interface ProbePlace {
  family: ProbeFamily;
  block: number;
  position: ProbePosition;
}

interface ProbeTask {
  name: string;
  mode: 'statement' | 'answer';
  /** Items that are used, after balancing where that is set, and those of the file. */
  items: number;
  given: number;
  /** Share of true ones (statements) or right ones (answers) in the file, 0 to 1. */
  baseRate: number;
  train: number;
  validation: number;
  test: number;
  /** Where the groups that stay together come from: a column's name, or words. */
  groupedBy: string;
  groups: number;
  /** Statements of which one is true and the other false: with those of the task `with`, null for pairs within the task. Null where there are none. */
  pairs: { count: number; with: string | null } | null;
}

/** A task that was left out, and why: `too-few`, `base-rate`. */
export interface RefusedTask {
  name: string;
  given: number;
  baseRate: number;
  code: 'task-too-few' | 'task-base-rate';
  reason: string;
}

export interface ProbeOverview {
  tasks: ProbeTask[];
  refused: RefusedTask[];
  /** Blocks and positions whose activations are stored; all others need a run. */
  blocks: number[];
  positions: ProbePosition[];
  width: number;
  /** Families that can be asked for; those of the settings come first and are stored, others are fitted when asked. */
  families: ProbeFamily[];
  /** By mean AUC on the validation items of the tasks themselves, of the first family; never by a test column. Null until the sweep is done. */
  best: { block: number; position: ProbePosition; validation: number } | null;
  protocol: {
    split: string;
    scores: ProbeScores;
    bootstrap: number;
    permutations: number;
    removed: Removed[];
    balanced: boolean;
  };
  /** Rows of matrices, and cells of the sweep, that are there; a run that was stopped has fewer than asked for. */
  done: { places: number; of: number };
}

/** [T, T], or [T] of one row. What is not there yet or cannot be had is NaN; values come before intervals. */
export interface Intervals {
  values: Float64Array;
  /** 95 %, bootstrap over the test items, stratified by label. */
  low: Float64Array;
  high: Float64Array;
}

/** What is reached on each task without looking inside the model. [T], NaN where it cannot be had. */
export interface ProbeControl {
  id:
    | 'text-only'
    | 'log-probability'
    | 'length'
    | 'first-token-confidence'
    | 'first-token-entropy'
    | 'random-labels'
    | 'random-weights';
  title: string;
  /** How it is made, in a sentence. */
  says: string;
  values: Float64Array;
  /** Random labels and weights are tried at the reported place alone. Of random labels the central 95 % of probes trained on permuted labels; else bootstrap intervals. */
  low: Float64Array;
  high: Float64Array;
}

export interface ProbeClaim {
  id: string;
  title: string;
  /** `holds`, `absent`: the ordering was looked for and is not there; `part`: for some of the tasks or pairs. */
  verdict: 'holds' | 'absent' | 'part' | 'unknown';
  /** `6/6`, `24 of 30 pairs`. */
  count: string;
  says: string;
}

export interface ProbeMatrix extends ProbePlace {
  tasks: string[];
  auc: Intervals;
  /** Central 95 % of the AUC with the test labels permuted, [T, T]; and whether a cell's interval meets it. */
  nullLow: Float64Array;
  nullHigh: Float64Array;
  meetsNull: Uint8Array;
  /** Share of right answers at the threshold of the training task, [T, T]. */
  accuracy: Float64Array;
  /** λ, shrinkage or penalty that validation chose, [T]; NaN of families without one. */
  strength: Float64Array;
  /** AUC on the own validation items, [T]. */
  validation: Float64Array;
  /** Null of the MLP, which has no direction. */
  cosine: {
    /** [T, T] of the directions in raw units, of the weights on standardised units, and weighted by the covariance of the test task. */
    plain: Float64Array;
    standardised: Float64Array;
    mahalanobis: Float64Array;
    /** Of two halves of the same task, [T] by measure: the proper reference; and the mean AUC of their probes on the test items. */
    halves: { plain: Float64Array; standardised: Float64Array; mahalanobis: Float64Array; auc: Float64Array };
    /** Standard deviation of the cosine of random directions, 1/√d; and the mean of its absolute value, √(2/πd). */
    chance: number;
    chanceAbsolute: number;
  } | null;
  /** Supports at a fixed size: of LR-L1 those of its path, of others the units with the largest standardised weights. */
  supports: {
    size: number;
    jaccard: Float64Array;
    overlap: Float64Array;
    /** Of random subsets of this size: o/(2k − o) with o = k²/d, and k/d. */
    jaccardChance: number;
    overlapChance: number;
  }[];
  controls: ProbeControl[];
  summary: {
    inTaskMean: number;
    textOnlyMean: number;
    crossTaskMean: number;
    crossTaskLow: number;
    crossTaskHigh: number;
    /** Mean of |AUC − 0.5| on other tasks, and what permuted labels have: signs that cancel in the mean do not hide transfer. */
    crossTaskDistance: number;
    crossTaskDistanceChance: number;
    cosineMean: number;
    halvesMean: number;
  };
  /** Of the cosine off the diagonal with the AUC there; sibling pairs are those whose tasks share items' groups. */
  correlation: {
    cosine: 'plain' | 'standardised' | 'mahalanobis';
    all: number;
    withoutSiblings: number;
    pairs: number;
    siblings: number;
  }[];
  /** [T, T] 1 where two tasks share at least half of their groups. */
  siblings: Uint8Array;
  geometry: { silhouetteByTask: number; silhouetteByLabel: number };
  claims: ProbeClaim[];
  /** Rows that are there, [T] 1 or 0: all where the place is done; a task without pairs has no row of `ccs`. */
  rows: Uint8Array;
  /** Whether intervals, nulls, halves, geometry, correlations and claims are there. */
  whole: boolean;
  /**
   * AUC on the own task less that of a control, [T] with 95 % intervals over the same resamples: what the probe adds. Of
   * controls that score single items; those that are not trained have their better sign.
   */
  leads: (Intervals & { control: ProbeControl['id'] })[];
}

/** Scores of some items with their truth. */
export interface ScoredItems {
  /** Numbers of the items in the task. */
  items: Int32Array;
  scores: Float32Array;
  labels: Uint8Array;
  auc: number;
  low: number;
  high: number;
  nullLow: number;
  nullHigh: number;
  /** ROC: false-positive and true-positive rates, ascending, from (0, 0) to (1, 1). */
  roc: { falsePositive: Float64Array; truePositive: Float64Array };
}

export interface ProbeCell {
  train: string;
  test: string;
  /** Scores are standardised on the training items: mean 0, deviation 1. */
  own: ScoredItems;
  other: ScoredItems;
  /** The training threshold on that axis, where a true one begins. */
  threshold: number;
  /** `Far below chance: it transfers with its sign flipped.`; empty where there is nothing to say. */
  remark: string;
  /** After a scale and an offset refitted on so many labels of the test task: accuracy, and expected calibration error. */
  platt: { labels: number; accuracy: number; calibrationError: number }[];
}

export interface WorstItems {
  train: string;
  test: string;
  /** Test items on the wrong side of the training threshold, and all. */
  wrong: number;
  total: number;
  items: { item: number; text: string; label: 0 | 1; score: number; group: string }[];
  /** Most wrong ones first; empty where not grouped. */
  groups: { name: string; wrong: number; total: number; meanScore: number }[];
}

export interface ProbeSweep {
  family: ProbeFamily;
  blocks: number[];
  positions: ProbePosition[];
  /** [blocks, positions] mean over the tasks of the AUC on their own test and validation items; NaN where not there yet. */
  auc: Float64Array;
  validation: Float64Array;
  /** [blocks, positions, T] on test items. */
  byTask: Float64Array;
}

/** What is known block by block at one position. */
export interface ProbeLayers {
  family: ProbeFamily;
  position: ProbePosition;
  tasks: string[];
  blocks: number[];
  /** [blocks] */
  inTask: Float64Array;
  crossTask: Float64Array;
  cosineAbsolute: Float64Array;
  halves: Float64Array;
  silhouetteByTask: Float64Array;
  silhouetteByLabel: Float64Array;
  /** [blocks, T, T] */
  auc: Float64Array;
  cosine: Float64Array;
}

export interface ProbeMixtures extends ProbePlace {
  tasks: string[];
  /** AUC on each task's test items, with 95 % intervals, of what was made without the task; [T] each. */
  own: Intervals;
  /** A probe of all other tasks' items, equally many of each. */
  union: Intervals;
  /** The mean of the other tasks' unit directions. */
  mean: Intervals;
  /** Other tasks' probes weighted by how near the item lies to their centroids. */
  gate: Intervals;
  /** The best combination of the others' directions, fitted on the task's own training labels: an oracle, not a transfer. */
  oracle: Intervals;
  /** Share of the own direction's square that the others explain, and the angle that is left in degrees; [T]. */
  r2: Float64Array;
  angle: Float64Array;
  /** The same with weights of at least 0. */
  r2NonNegative: Float64Array;
  /** r2 of as many random directions: m/d. */
  r2Chance: number;
}

/** A direction to hand on: to the lab as a vector, to steering as a shift, or as a file. */
export interface ProbeDirection {
  name: string;
  /** Where it is read, `resid_post:18`. */
  hook: string;
  /** Unit vector in the hook's own units; a larger product means true. */
  values: Float32Array;
  /** Difference of the class means along it: the shift that steering would start from. */
  gap: number;
  /** Product at which the probe says true. */
  threshold: number;
  /** safetensors with the tensor `direction` and its facts as metadata. */
  file: { name: string; bytes: Uint8Array };
}

const pair = { ...place, removed, train: task, test: task };

export const probeQuestions = {
  /** At once, also while the run goes on. */
  overview: question<ProbeOverview>()(v.optional(v.strictObject({}), {})),
  /**
   * Stored places at once; others are fitted from stored activations, seconds. Of a place that a run is fitting, or was when it
   * was stopped, the rows that are there, unless all of it is asked for.
   * @throws `probe-place-missing` where nothing is stored, `probe-pairs-missing` for `ccs` where no task has pairs
   */
  matrix: question<ProbeMatrix>()(
    v.strictObject({ ...place, removed, whole: v.optional(v.boolean(), false) }),
    { slow: true },
  ),
  scores: question<ProbeCell>()(v.strictObject(pair), { slow: true }),
  worst: question<WorstItems>()(
    v.strictObject({
      ...pair,
      count: v.optional(whole(1, 1000), 50),
      /** `template` replaces what varies in a statement, `entity` is the group that stays together. */
      groupBy: v.optional(v.picklist(['none', 'template', 'entity']), 'none'),
    }),
    { slow: true },
  ),
  sweep: question<ProbeSweep>()(v.optional(v.strictObject({}), {})),
  layers: question<ProbeLayers>()(v.strictObject({ family: place.family, position })),
  /** @throws `tasks-too-few` of fewer than three, `probe-mixtures-missing` of `ccs` and the MLP */
  mixtures: question<ProbeMixtures>()(v.strictObject(place), { slow: true }),
  /** @throws `probe-without-direction` of the MLP, `probe-pairs-missing` of `ccs` */
  direction: question<ProbeDirection>()(v.strictObject({ ...place, train: task }), { slow: true }),
  /** Sources are hooks at positions, `resid_post:18 last`; rows are coloured by task and by label. “Fit on A, show B” takes tasks. */
  ...projectionQuestions,
};

export type ProbeQuestions = typeof probeQuestions;
