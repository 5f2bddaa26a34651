/** @file Toys whose law is known: errors from a mixture in the shape of a V, the same with uneven size, and three classes in the plane. */
import { stream } from '../../../native-models';
import type { Dataset } from '../../contract/data';
import { type PreparedTable, prepareTable } from '../../tables/prepare';
import type { ConformalConfig } from './config';

export type Toy = Exclude<ConformalConfig['problem'], 'data'>;

/** Means and lower Cholesky factors of the three Gaussians, before the division by 10 (section 6.3 of the method's notes). */
const COMPONENTS = [
  { mean: [-4.5, 0], factor: [Math.sqrt(6), -4 / Math.sqrt(6), Math.sqrt(10 / 3)] },
  { mean: [4.5, 0], factor: [Math.sqrt(6), 4 / Math.sqrt(6), Math.sqrt(10 / 3)] },
  { mean: [0, 0], factor: [Math.SQRT2, 0, Math.SQRT2] },
] as const;

/** Means of the classes and lower Cholesky factors; the best rule is right for about 19 of 20 rows. */
const CLASSES = [
  { mean: [0, 2.2], factor: [1.3, 0, 0.8] },
  { mean: [-1.9, -1.1], factor: [0.9, 0.4, 1] },
  { mean: [1.9, -1.1], factor: [0.9, -0.4, 1] },
] as const;

/** The table of a run: the chosen columns of the data set, or a toy. @throws what `prepareTable` throws */
export async function readTable(
  dataset: Dataset | undefined,
  config: ConformalConfig,
  seed: number,
): Promise<PreparedTable> {
  if (config.problem !== 'data') return drawToy(config.problem, config.problemRows, seed);
  return prepareTable(dataset, config);
}

/**
 * Draws a toy. For `mixture` and `heteroscedastic` the targets are errors around a known mean of 0, which comes along as
 * `given`; their units are kept. Mixture has one feature that tells nothing, x ~ U(0, 1); heteroscedastic x ~ U(0, 2) and
 * errors 5·√x times those of the mixture (section 6.4).
 */
export function drawToy(toy: Toy, rows: number, seed: number): PreparedTable {
  const index = Uint32Array.from({ length: rows }, (_, row) => row);
  const ofClasses = toy === 'classes';
  const { points, component } = drawGaussians(ofClasses ? CLASSES : COMPONENTS, rows, seed);
  const names = ofClasses ? ['x1', 'x2'] : ['x'];
  const shared = {
    ...{ rows, index, standardise: false, notices: [] },
    ...{ names, columns: names.map((name) => ({ name })) },
  };
  if (ofClasses)
    return {
      ...{ ...shared, task: 'classification', raw: points, y: Float32Array.from(component) },
      ...{ targets: ['class'], classes: ['a', 'b', 'c'] },
    };
  const x = stream(seed, 'conformal.toy.feature').uniform(new Float32Array(rows));
  const uneven = toy === 'heteroscedastic';
  if (uneven) for (let row = 0; row < rows; row++) x[row]! *= 2;
  const y = points.map((value, at) => (value / 10) * (uneven ? 5 * Math.sqrt(x[at >> 1]!) : 1));
  const given = new Float32Array(2 * rows);
  return { ...shared, task: 'regression', raw: x, y, targets: ['y1', 'y2'], given };
}

/** Points [rows, 2] of Gaussians of equal weight, and which each is from. */
function drawGaussians(
  gaussians: readonly { mean: readonly [number, number]; factor: readonly [number, number, number] }[],
  rows: number,
  seed: number,
): { points: Float32Array; component: Int32Array } {
  const component = stream(seed, 'conformal.toy.component').integers(new Int32Array(rows), gaussians.length);
  const points = stream(seed, 'conformal.toy.point').normal(new Float32Array(2 * rows));
  for (let row = 0; row < rows; row++) {
    const { mean, factor } = gaussians[component[row]!]!;
    const [a, b] = [points[2 * row]!, points[2 * row + 1]!];
    points[2 * row] = mean[0] + factor[0] * a;
    points[2 * row + 1] = mean[1] + factor[1] * a + factor[2] * b;
  }
  return { points, component };
}
