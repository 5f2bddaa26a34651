/** @file The regularisation with the smallest set on held-out fit rows: neither calibration nor test rows are looked at. */
import { radiusFor, sortScores } from '../../../calibration/quantile';
import { partOf, type Predicted } from '../predicted';
import { otcp } from '../scores/otcp';
import type { ScoreContext } from '../types';
import { evaluateRows } from './score';
import { sizesOf } from './sizes';

const CANDIDATES = [0.01, 0.03, 0.1, 0.3];
/** Share of the fit rows that the map is learned on while searching. */
const LEARNING = 2 / 3;

/** The ε of the smallest OTCP set; the rule's where too few rows are held out to tell. Null when stopped. */
export async function searchEpsilon(
  context: Omit<ScoreContext, 'fit' | 'taken'>,
  rows: Predicted,
): Promise<number | null> {
  const { alpha, compute, shape, settings } = context;
  const learning = Math.round(LEARNING * rows.rows.count);
  const [fit, test] = [partOf(rows, 0, learning), partOf(rows, learning, rows.rows.count)];
  let best = { epsilon: settings.epsilon, logVolume: Infinity };
  for (const epsilon of CANDIDATES) {
    const learned = await otcp.fit({ ...context, settings: { ...settings, epsilon }, fit });
    if (!learned) return null;
    const open = await otcp.open(compute, shape, learned.arrays);
    try {
      const radius = radiusFor(sortScores(await evaluateRows(open, test, alpha)), alpha);
      const sizes = await sizesOf(otcp, open, { fit, test }, { ...context, radius, rows: 1 });
      if (!sizes) return null;
      const [logVolume] = sizes.logVolume;
      if (logVolume! < best.logVolume) best = { epsilon, logVolume: logVolume! };
    } finally {
      await open.close();
    }
  }
  return best.epsilon;
}
