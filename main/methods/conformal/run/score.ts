/** @file One score on one split: fitted, calibrated, tried on the test rows. */
import { stream } from '../../../../native-models';
import { radiusFor, sortScores } from '../../../calibration/quantile';
import type { Arrays } from '../../../contract/define';
import { partOf, type Predicted } from '../predicted';
import type { OpenScore, ScoreContext, ScoreDefinition } from '../types';

/** What is kept of a fitted score: enough to open it again and to set any threshold. */
export interface FittedScore {
  arrays: Arrays;
  facts: Record<string, number>;
  /** Ascending; empty for a level-dependent score. */
  calibration: Float64Array;
  /** Scores of the test rows at the run's level; for classes [test, classes] of every class. */
  test: Float64Array;
  /** Seconds, and milliseconds per test row. */
  fitSeconds: number;
  queryMilliseconds: number;
}

/** A score as it is measured: what was learned, and what asks it of the calibration and of the test rows. */
export interface Measured extends Pick<FittedScore, 'arrays' | 'facts'> {
  calibrate: () => Promise<Float64Array>;
  test: () => Promise<Float64Array>;
  close: () => Promise<void>;
}

/** A tie is broken by this share of a uniform number, where asked for. */
export const TIE = 1e-9;

/** Fits, calibrates and tests with the time that each takes; null when stopped. What `fit` opens is closed. */
export async function measureScore(
  now: () => number,
  testRows: number,
  fit: () => Promise<Measured | null>,
  breakTies?: (scores: Float64Array, part: 'calibration' | 'test') => void,
): Promise<FittedScore | null> {
  const started = now();
  const score = await fit();
  if (!score) return null;
  try {
    const calibration = await score.calibrate();
    const fitSeconds = (now() - started) / 1000;
    const asked = now();
    const test = await score.test();
    const queryMilliseconds = (now() - asked) / Math.max(1, testRows);
    breakTies?.(calibration, 'calibration');
    breakTies?.(test, 'test');
    const { arrays, facts } = score;
    return { arrays, facts, calibration: sortScores(calibration), test, fitSeconds, queryMilliseconds };
  } finally {
    await score.close();
  }
}

/** A score of regression; null when stopped. It is left to be opened again. */
export function fitScore(
  definition: ScoreDefinition,
  context: Omit<ScoreContext, 'fit' | 'taken'>,
  { fit, calibration, test }: Record<'fit' | 'calibration' | 'test', Predicted>,
  tieBreak: boolean,
): Promise<FittedScore | null> {
  const { now, alpha, shape, compute, seed } = context;
  const { id, takes = 0, perLevel } = definition;
  const taken = Math.round(takes * calibration.rows.count);
  const rest = partOf(calibration, taken, calibration.rows.count);

  const measured = async (): Promise<Measured | null> => {
    const own = takes > 0 ? { taken: partOf(calibration, 0, taken) } : {};
    const learned = await definition.fit({ ...context, fit, ...own });
    if (!learned) return null;
    const open = await definition.open(compute, shape, learned.arrays);
    return {
      arrays: learned.arrays,
      facts: { ...learned.facts, calibrationRows: perLevel ? taken : rest.rows.count },
      calibrate: async () => (perLevel ? new Float64Array(0) : evaluateRows(open, rest, alpha)),
      test: () => evaluateRows(open, test, alpha),
      close: () => open.close(),
    };
  };
  const breakTies = (scores: Float64Array, part: string) => {
    const uniforms = stream(seed, `conformal.ties.${id}.${part}`).uniform(new Float32Array(scores.length));
    for (let k = 0; k < scores.length; k++) scores[k]! += TIE * uniforms[k]!;
  };
  return measureScore(now, test.rows.count, measured, tieBreak ? breakTies : undefined);
}

/** The scores of rows by their own predictions. */
export async function evaluateRows(
  open: OpenScore,
  { rows: { count, y, x }, prediction }: Predicted,
  alpha: number,
): Promise<Float64Array> {
  return count === 0 ? new Float64Array(0) : open.evaluate({ count, y, x, prediction }, alpha);
}

/** The radius at a level: the exact order statistic, or 0 for a level-dependent score. */
export function radiusAt(
  { perLevel }: Pick<ScoreDefinition, 'perLevel'>,
  calibration: Float64Array,
  alpha: number,
): number {
  return perLevel ? 0 : radiusFor(calibration, alpha);
}
