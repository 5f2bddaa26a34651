/** @file Probes of every task at one place in a model: fitted, and scored on every task. */
import type { RowMatrix } from '../contract/projection';
import type { ProbeFamily, ProbeScores } from '../contract/probes';
import { families, type LinearFamily } from './families';
import type { FitOptions } from './families/family';
import { largestUnits } from './families/family';
import { supportSizes } from './families/lr-l1';
import { pairRows, type PlacedPairs } from './pairs';
import type { Split } from './splits';
import { fitRows, inOwnUnits, scalerOf, scoresOf, type LinearScore, type Scaler } from './standardise';

/** A task's activations at one place. */
export interface TaskRows {
  name: string;
  rows: RowMatrix;
  labels: Uint8Array;
  groups: readonly string[];
  split: Split;
  /** Where it has some. */
  pairs?: PlacedPairs | null;
}

/** What scoring needs of a probe. */
export type ScoringProbe = Pick<PlaceProbe, 'score' | 'inside' | 'scaler'>;

/** Scores of a task's items, above 0 for true, by a probe of that task (`own`) or of another. */
export type Scorer = (
  task: TaskRows,
  items: ArrayLike<number>,
  how: { own: boolean; scores: ProbeScores },
) => Float64Array;

type FitTask = Pick<TaskRows, 'rows' | 'labels' | 'split' | 'pairs'>;

/** A linear probe of one task. */
export interface PlaceProbe {
  score: LinearScore;
  /** Used on the task's own items where that differs. */
  inside: LinearScore | null;
  /** On standardised units. */
  weights: Float64Array;
  strength: number;
  /** By their number. */
  supports: ReadonlyMap<number, Int32Array>;
  scaler: Scaler;
}

/** Whether a task has what the family is fitted on. */
export function canFit(family: LinearFamily, { pairs }: Pick<TaskRows, 'pairs'>): boolean {
  return family !== 'ccs' || Boolean(pairs);
}

/**
 * Fits one task's probe on its training items, or on `items` of them, with the setting chosen on its validation items.
 * @throws `logistic-input` for items of one label
 */
export function fitProbe(
  family: LinearFamily,
  { rows, labels, split, pairs }: FitTask,
  { items = split.train, ...options }: FitOptions & { items?: Uint32Array } = {},
): PlaceProbe {
  const scaler = scalerOf(rows, items);
  const train = fitRows(rows, items, labels, scaler);
  const validation = fitRows(rows, split.validation, labels, scaler);
  if (family === 'ccs' && pairs) {
    const chosen = new Set(items);
    const mine = pairs.train.filter(([own]) => chosen.has(own));
    train.pairs = pairRows(rows, pairs.rows, mine, scaler);
    validation.pairs = pairRows(rows, pairs.rows, pairs.validation, scaler);
  }
  const fit = families[family](train, validation, options);
  const inside = fit.inside ? inOwnUnits(fit.inside.weights, fit.inside.bias, scaler) : null;
  const supports = fit.supports ?? supportsOf(fit.weights);
  const { weights, bias, strength } = fit;
  return { score: inOwnUnits(weights, bias, scaler), inside, weights, strength, supports, scaler };
}

function supportsOf(weights: Float64Array): Map<number, Int32Array> {
  return new Map(supportSizes.map((size) => [size, largestUnits(weights, size)]));
}

/** Scores of one task's items by another's probe, or its own. */
export function probeScores(
  probe: ScoringProbe,
  task: TaskRows,
  items: ArrayLike<number>,
  { own, scores }: { own: boolean; scores: ProbeScores },
): Float64Array {
  if (own) return scoresOf(task.rows, items, probe.inside ?? probe.score);
  return scoresOf(task.rows, items, probe.score, scores === 'recentred' ? recentring(probe, task) : 0);
}

/** What the mean of the other task's training items, without their labels, adds to every score. */
function recentring({ score, scaler }: ScoringProbe, { rows, split }: TaskRows): number {
  const { mean } = scalerOf(rows, split.train);
  return score.direction.reduce((sum, value, k) => sum + value * (scaler.mean[k]! - mean[k]!), 0);
}

/** A linear probe as what scores. */
export function linearScorer(probe: ScoringProbe): Scorer {
  return (task, items, how) => probeScores(probe, task, items, how);
}

/** Whether a family has a direction. */
export function isLinear(family: ProbeFamily): family is LinearFamily {
  return family !== 'mlp';
}
