/** @file How a predicted mixture looks at each row: the log-densities of draws from it, in order. */
import { float32, toOnnx, trace, type Tensor } from '../../../../native-models';
import { runRows } from '../../../compute/run-rows';
import type { Predicted } from '../predicted';
import { drawNoise, drawsOf, logDensityOfDraws } from '../scores/mixture';
import { ofParts } from '../scores/program';
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
  const parts = Object.entries(ofParts(prediction, ['mixture']));
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
    const inputs = Object.fromEntries(
      parts.map(([name, { data, shape }]) => [name, { data: data as Float32Array, shape }] as const),
    );
    const { densities } = await runRows(session, inputs, ROWS_PER_RUN);
    const values = new Float64Array(rows.count * DRAWS);
    for (let at = 0; at < values.length; at += DRAWS)
      values.set(
        densities!.data
          .slice(at, at + DRAWS)
          .sort()
          .reverse(),
        at,
      );
    return { values, width: DRAWS };
  } finally {
    await session.close();
  }
}
