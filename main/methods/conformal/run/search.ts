/** @file The regularisation with the smallest set on held-out fit rows: neither calibration nor test rows are looked at. */
import { radiusFor, sortScores } from '../../../calibration/quantile';
import { scoreById } from '../scores';
import type { ScoreContext } from '../types';
import { evaluateRows } from './score';
import { sizesOf } from './sizes';
import { partOf, type Predicted } from '../predicted';

const CANDIDATES = [0.01, 0.03, 0.1, 0.3];
/** Share of the fit rows that the map is learned on while searching. */
const LEARNING = 2 / 3;

/** The ε of the smallest OTCP set; the rule's where too few rows are held out to tell. Null when stopped. */
export async function searchEpsilon(
  context: Omit<ScoreContext, 'fit' | 'taken'>,
  fit: Predicted,
): Promise<number | null> {
  const { alpha, compute, shape, seed, settings, shouldStop } = context;
  const otcp = scoreById('otcp');
  const learning = Math.round(LEARNING * fit.rows.count);
  const [learned, held] = [partOf(fit, 0, learning), partOf(fit, learning, fit.rows.count)];
  let best = { epsilon: settings.epsilon, logVolume: Infinity };
  for (const epsilon of CANDIDATES) {
    const fitted = await otcp.fit({ ...context, settings: { ...settings, epsilon }, fit: learned });
    if (!fitted) return null;
    const open = await otcp.open(compute, shape, fitted.arrays);
    try {
      const radius = radiusFor(sortScores(await evaluateRows(open, held, alpha)), alpha);
      const parts = { fit: learned, test: held };
      const sizes = await sizesOf(otcp, open, parts, { shape, alpha, radius, rows: 1, seed, shouldStop });
      if (!sizes) return null;
      if (sizes.logVolume[0]! < best.logVolume) best = { epsilon, logVolume: sizes.logVolume[0]! };
    } finally {
      await open.close();
    }
  }
  return best.epsilon;
}
