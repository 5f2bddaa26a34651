/** @file The Bonferroni box: an exact interval per target, each at a share of the level. */
import { constant, maximum, reduceMax, subtract } from '../../../../native-models';
import { logBoxVolume } from '../region/volume';
import type { ScoreDefinition } from '../types';
import { scoreWords } from './catalogue';
import { openProgramScore } from './program';
import { residualsOf } from './residuals';

type ProgramDefinition = ScoreDefinition & Required<Pick<ScoreDefinition, 'build'>>;

/**
 * Signed residuals between two of their order statistics on the calibration rows, each exceeded with probability at most
 * α/(2d) (section 2.1): the union bound makes the box cover at least 1 − α, usually more.
 */
export const box: ProgramDefinition = {
  ...scoreWords('box'),
  source: 'section 2.1',
  guarantee: 'exact',
  needs: ['mean'],
  takes: 1,
  perLevel: true,
  fixedShape: true,
  async fit({ taken, shape: { d } }) {
    const { rows, prediction } = taken!;
    const residuals = residualsOf(rows, prediction);
    const sorted = new Float32Array(residuals.length);
    for (let j = 0; j < d; j++)
      sorted.set(
        Float32Array.from({ length: rows.count }, (_, i) => residuals[i * d + j]!).sort(),
        j * rows.count,
      );
    return { arrays: { sorted: { data: sorted, shape: [d, rows.count] } }, facts: {} };
  },
  build({ sorted }, { mean }, y, { d }, alpha) {
    const { low, high } = sides(sorted!.data as Float32Array, d, alpha);
    const residual = subtract(y, mean!);
    const below = subtract(constant(low, [1, d]), residual);
    const above = subtract(residual, constant(high, [1, d]));
    return reduceMax(maximum(below, above), 1);
  },
  async open(compute, shape, arrays) {
    return {
      ...openProgramScore(compute, box, shape, arrays),
      logVolume(_radius, _prediction, _x, alpha) {
        const { low, high } = sides(arrays.sorted!.data as Float32Array, shape.d, alpha);
        return logBoxVolume(high.map((value, j) => value - low[j]!));
      },
    };
  },
};

/**
 * The interval of each coordinate: order statistics number k and n + 1 − k with k = ⌊α(n + 1)/(2d)⌋, beyond which a new
 * exchangeable residual falls with probability at most α/(2d) each. Infinite where k = 0.
 */
function sides(sorted: Float32Array, d: number, alpha: number): { low: Float32Array; high: Float32Array } {
  const n = sorted.length / d;
  // The tolerance keeps levels such as .1·(n+1)/4 from losing a rank to rounding.
  const k = Math.floor((alpha * (n + 1)) / (2 * d) + 1e-9);
  const at = (j: number, rank: number) => sorted[j * n + rank - 1]!;
  return {
    low: Float32Array.from({ length: d }, (_, j) => (k >= 1 ? at(j, k) : -Infinity)),
    high: Float32Array.from({ length: d }, (_, j) => (k >= 1 ? at(j, n + 1 - k) : Infinity)),
  };
}
