/** @file What the parts of the method hand to each other: rows, predictions, base models, scores. */
import type { Tensor, Tensors } from '../../../native-models';
import type { Compute, Device } from '../../contract/compute';
import type { Arrays, ModelInput } from '../../contract/define';
import type { Rows } from '../../tables/encode';
import type { Parts } from '../../training/parts';
import type { Predicted } from './predicted';
import type { Guarantee, ScoreId, ScoreWords } from './scores/catalogue';

/** What scores may ask of a base model. */
export type Part = 'mean' | 'gaussian' | 'quantiles' | 'mixture';

/**
 * What a model says of some rows, by name, the leading axis being the rows:
 * `mean` [n, d];
 * part gaussian: `gaussian.mean` [n, d], `gaussian.precision` [n, d], and for d > 1 `gaussian.lower` [n, d, d], as
 * native-models/zoo/heads gives them: z = W·(y − mean) with W = lower + diag(√precision) is standard normal;
 * part quantiles: `quantiles` [n, levels, d];
 * part mixture: `mixture.weights` [n, K], `mixture.mean` [n, K, d], `mixture.precision` [n, K, d], for d > 1
 * `mixture.lower` [n, K, d, d].
 */
export type Prediction = Arrays;
/** The same inside a program. */
export type PredictionTensors = Readonly<Tensors>;

/** What is the same for all parts of a run. */
export interface TableShape {
  /** Targets. */
  d: number;
  /** Encoded features. */
  features: number;
}

export interface FitContext {
  compute: Compute;
  device: Device;
  /** Differs between repeats; every draw is keyed by it and a label. */
  seed: number;
  shape: TableShape;
  /** The model file of the user, where the base model is one. */
  userModel?: ModelInput | undefined;
  now: () => number;
  shouldStop: () => boolean;
  /** How far this part is, 0 to 1. */
  onProgress: (share: number) => void;
  /** Keeps what is trained in the run's checkpoint, so that a resumed run goes on inside a training. */
  parts?: Parts;
}

/** An opened model: predicts, and says of itself as a tensor program what can be exported. Owned by whoever opened it. */
export interface OpenBaseModel {
  predict(rows: Pick<Rows, 'count' | 'x' | 'raw' | 'given'>): Promise<Prediction>;
  /** Whether the mean comes from outside, as columns of predictions or a model of the user's do. */
  readonly meanGiven: boolean;
  /**
   * The same from standardised features [rows, features] inside a program, with the weights as constants; without the
   * mean where that is given.
   */
  build(x: Tensor): Tensors;
  close(): Promise<void>;
}

export interface ScoreContext extends FitContext {
  /** The miscoverage that level-dependent scores are fitted for first. */
  alpha: number;
  settings: ScoreSettings;
  /** Rows that the score may learn from, and what the model says of them. */
  fit: Predicted;
  /** A share of the calibration rows that the score takes for itself; only for scores that declare `takes`. */
  taken?: Predicted;
}

/** Settings of the scores, as resolved for the data. */
export interface ScoreSettings {
  /** ε of the entropic map, in units of the standardised cloud's squared cost. */
  epsilon: number;
  /** Points of the reference, and radii among them. */
  gridSize: number;
  radii: number;
  originCopies: number;
  scaling: 'max' | 'q99' | 'whiten';
  tailGuard: boolean;
  /** Nearest neighbours of the local scores. */
  neighbours: number;
  /** Draws per row of the sampling scores, L. */
  samples: number;
}

/** Candidates to be scored: row k of `y` beside row k of the prediction, or all beside the only row of it. */
export interface Candidates {
  count: number;
  /** [count, d]. */
  y: Float32Array;
  /** Leading axis `count`, or 1: the same place for all candidates. */
  prediction: Prediction;
  /** [count or 1, features], for scores that look at neighbours. */
  x: Float32Array;
}

/** A score whose sets are {y : score ≤ radius}. Made by a definition's `open`; closed by whoever opened it. */
export interface OpenScore {
  /** [count] scores; `alpha` matters only to level-dependent scores, whose radius is always 0. */
  evaluate(candidates: Candidates, alpha: number): Promise<Float64Array>;
  /**
   * Natural logarithm of the volume of the set at one row, in standardised target units: closed formula where there is
   * one. −Infinity for an empty set. `prediction` has one row.
   */
  logVolume?(radius: number, prediction: Prediction, x: Float32Array, alpha: number): number;
  close(): Promise<void>;
}

/**
 * A score as a tensor program, for export and evaluation: `prediction` by name and y [rows, d] give scores [rows]. The leading
 * axis of the prediction may be 1. Level-dependent scores are given `alpha`.
 */
type ScoreProgram = (
  arrays: Arrays,
  prediction: PredictionTensors,
  y: Tensor,
  shape: TableShape,
  alpha: number,
) => Tensor;

/** What a score learned from rows that are not used for the threshold. Facts are numbers worth showing. */
export interface LearnedScore {
  arrays: Arrays;
  facts?: Record<string, number>;
}

export interface ScoreDefinition extends ScoreWords<ScoreId> {
  guarantee: Guarantee;
  needs: readonly Part[];
  /** Share of the calibration rows that the score takes for itself; the threshold comes from the rest. */
  takes?: number;
  /** The score depends on the level asked for: scores ≤ 0 are inside, and there is no radius. */
  perLevel?: boolean;
  /** The set has the same shape and size at every x. */
  fixedShape?: boolean;
  /**
   * Where sets differ between rows by a linear map only: the logarithm of its determinant, so that log-volumes at two
   * rows differ by the difference. `prediction` has one row.
   */
  logJacobian?: (prediction: Prediction) => number;
  /** Null when stopped. */
  fit(context: ScoreContext): Promise<LearnedScore | null>;
  open(compute: Compute, shape: TableShape, arrays: Arrays): Promise<OpenScore>;
  /** Only of scores that are programs. */
  build?: ScoreProgram;
}
