/** @file How a predicted mixture looks at each row: the log-densities of draws from it, in order. */
import { float32, toOnnx, trace, type Tensor } from '../../../../native-models';
import type { Predicted } from '../run/score';
import { gatherPrediction } from '../run/slices';
import { drawNoise, drawsOf, logDensityOfDraws } from '../scores/mixture';
import { belongsTo } from '../scores/program';
import type { SetsContext, Shown } from './prepared';

/** Draws per row, and rows per run. */
const DRAWS = 100;
const ROWS_PER_RUN = 512;

/** [rows, width] descending log-densities; null where the model predicts no mixture. */
export async function densityVectors(
  context: SetsContext,
  shown: Shown,
  { rows, prediction }: Predicted,
): Promise<{ values: Float64Array; width: number } | null> {
  const parts = Object.entries(prediction).filter(([name]) => belongsTo(name, ['mixture']));
  if (parts.length === 0) return null;
  const noise = drawNoise(context.seed, 'densities', DRAWS, shown.shape.d);
  const types = Object.fromEntries(
    parts.map(([name, { shape }]) => [name, float32('rows', ...shape.slice(1))]),
  );
  const graph = trace('drawDensities', types, (given: Record<string, Tensor>) => ({
    densities: logDensityOfDraws(given, drawsOf(given, noise, 'densities')),
  }));
  const session = await context.compute.open(toOnnx(graph), { label: 'densities of draws' });
  try {
    const values = new Float64Array(rows.count * DRAWS);
    for (let first = 0; first < rows.count; first += ROWS_PER_RUN) {
      const count = Math.min(ROWS_PER_RUN, rows.count - first);
      const chosen = Int32Array.from({ length: count }, (_, k) => first + k);
      const some = gatherPrediction(Object.fromEntries(parts), chosen);
      const feeds = Object.fromEntries(
        Object.entries(some).map(([name, { data, shape }]) => [
          name,
          { type: 'float32' as const, data, dims: shape },
        ]),
      );
      const { densities } = await session.run(feeds);
      for (let row = 0; row < count; row++) {
        const own = (densities!.data as Float32Array).slice(row * DRAWS, (row + 1) * DRAWS);
        values.set(own.sort().reverse(), (first + row) * DRAWS);
      }
    }
    return { values, width: DRAWS };
  } finally {
    await session.close();
  }
}
