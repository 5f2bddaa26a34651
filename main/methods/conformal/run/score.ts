/** @file One score on one split: fitted, calibrated, tried on the test rows. */
import { stream } from '../../../../native-models';
import { hitsAt, radiusFor, sortScores } from '../../../calibration/quantile';
import type { Arrays } from '../../../contract/define';
import type { Candidates, OpenScore, ScoreContext, ScoreDefinition } from '../types';
import { partOf, type Predicted } from '../predicted';

/** What is kept of a fitted score: enough to open it again and to set any threshold. */
export interface FittedScore {
  arrays: Arrays;
  facts: Record<string, number>;
  /** Ascending; empty for a level-dependent score. */
  calibration: Float64Array;
  /** Scores of the test rows at the run's level. */
  test: Float64Array;
  /** Seconds, and milliseconds per test row. */
  fitSeconds: number;
  queryMilliseconds: number;
}

/** A tie is broken by this share of a uniform number, where asked for. */
const TIE = 1e-9;

/** Fits, calibrates and tests; null when stopped. The fitted score is left to be opened again. */
export async function fitScore(
  definition: ScoreDefinition,
  context: Omit<ScoreContext, 'fit' | 'taken'>,
  { fit, calibration, test }: Record<'fit' | 'calibration' | 'test', Predicted>,
  tieBreak: boolean,
): Promise<FittedScore | null> {
  const { now, alpha, shape, compute } = context;
  const started = now();
  const taken = Math.round((definition.takes ?? 0) * calibration.rows.count);
  const fitted = await definition.fit({
    ...context,
    fit,
    ...(definition.takes ? { taken: partOf(calibration, 0, taken) } : {}),
  });
  if (!fitted) return null;
  const rest = partOf(calibration, taken, calibration.rows.count);
  const open = await definition.open(compute, shape, fitted.arrays);
  try {
    const scores = definition.perLevel ? new Float64Array(0) : await evaluateRows(open, rest, alpha);
    const fitSeconds = (now() - started) / 1000;
    const asked = now();
    const tested = await evaluateRows(open, test, alpha);
    const queryMilliseconds = (now() - asked) / Math.max(1, test.rows.count);
    if (tieBreak) {
      breakTies(scores, context.seed, `conformal.ties.${definition.id}.calibration`);
      breakTies(tested, context.seed, `conformal.ties.${definition.id}.test`);
    }
    return {
      ...fitted,
      facts: { ...fitted.facts, calibrationRows: definition.perLevel ? taken : rest.rows.count },
      calibration: sortScores(scores),
      test: tested,
      fitSeconds,
      queryMilliseconds,
    };
  } finally {
    await open.close();
  }
}

/** The scores of rows by their own predictions. */
export function evaluateRows(open: OpenScore, { rows, prediction }: Predicted, alpha: number) {
  const candidates: Candidates = { count: rows.count, y: rows.y, prediction, x: rows.x };
  return rows.count === 0 ? Promise.resolve(new Float64Array(0)) : open.evaluate(candidates, alpha);
}

/** The radius at a level: the exact order statistic, or 0 for a level-dependent score. */
export function radiusAt(
  definition: Pick<ScoreDefinition, 'perLevel'>,
  calibration: Float64Array,
  alpha: number,
): number {
  return definition.perLevel ? 0 : radiusFor(calibration, alpha);
}

/** Which test rows are inside their sets at the run's level. */
export function testHits(
  definition: Pick<ScoreDefinition, 'perLevel'>,
  { calibration, test }: Pick<FittedScore, 'calibration' | 'test'>,
  alpha: number,
): Uint8Array {
  return hitsAt(test, radiusAt(definition, calibration, alpha));
}

function breakTies(scores: Float64Array, seed: number, label: string): void {
  const uniforms = stream(seed, label).uniform(new Float32Array(scores.length));
  for (let k = 0; k < scores.length; k++) scores[k]! += TIE * uniforms[k]!;
}
