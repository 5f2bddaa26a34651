/**
 * @file How the blur of a pairing shrinks with the size n of the batch it is made in.
 *
 * Var(x₁|x₀) is over everything but x₀: the rest of the batch and the draw. Two batches that share some source points
 * and nothing else give it without bias: ½·E‖y − y′‖² with one partner from each batch.
 */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { Inputs, QueryContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import { gatherRows } from '../../../numerics/gather';
import type { CouplingChoice, CouplingScalingAnswer } from '../view';
import { check } from '../../../contract/query';
import { couplingScalingArguments, LARGEST_BATCH } from './coupling-arguments';
import { planClouds, planRow, rowMoments, totalVariance, type Clouds } from './coupling-plan';
import { intrinsicDimension } from '../../../numerics/intrinsic-dimension';
import { scene, type Scene } from './scene';

/** Source points that both batches share: at most this many, and at most a quarter of a batch. */
const MOST_PROBES = 64;
/** Small batches have few probes each, so there are more of them. */
const WANTED_PROBES = 128;
const MOST_REPEATS = 16;
/** Products x·y of one table: a query must not keep the next one waiting for seconds. */
const LARGEST_WORK = 2 ** 29;
/** Rows for the estimate of the intrinsic dimension. */
const DIMENSION_ROWS = 1024;

export async function couplingScaling(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<CouplingScalingAnswer> {
  const { size, ...choice } = check('couplingScaling', couplingScalingArguments, args);
  const view = await scene(context, inputs, config);
  checkSize(view, size);
  const intrinsic = await context.cached('flows.coupling.dimension', async () => estimated(view));
  const shared = Math.max(1, Math.min(MOST_PROBES, Math.floor(size / 4)));
  const repeats = Math.min(MOST_REPEATS, Math.ceil(WANTED_PROBES / shared));
  let variance = 0;
  for (let repeat = 0; repeat < repeats; repeat++)
    variance += (await twoBatches(context, config, view, choice, size, shared, repeat)) / repeats;
  return {
    size,
    conditionalVariance: variance / (totalVariance(view.target, view.dimension) || 1),
    probes: shared * repeats,
    intrinsicDimension: intrinsic.dimension,
    dimensionRows: intrinsic.rows,
    largest: Math.min(LARGEST_BATCH, largestBatch(view.matrix.rows, view.dimension)),
  };
}

/** Mean over the shared source points of ½E‖y − y′‖², y and y′ their partners in two batches. */
async function twoBatches(
  context: QueryContext,
  config: FlowsConfig,
  view: Scene,
  choice: CouplingChoice,
  size: number,
  shared: number,
  repeat: number,
): Promise<number> {
  const { dimension } = view;
  const rows = stream(context.seed, `flows.scaling.rows.${size}`, repeat).permutation(view.matrix.rows);
  const points = view.source.draw(context.seed, `flows.scaling.source.${size}`, repeat, 2 * size);
  const other = points.slice(size * dimension);
  other.set(points.subarray(0, shared * dimension));
  const sources = [points.slice(0, size * dimension), other];
  const means: Float64Array[] = [];
  let within = 0;
  for (const [batch, x] of sources.entries()) {
    const y = gatherRows(view.target, dimension, rows.subarray(batch * size, (batch + 1) * size));
    const clouds: Clouds = { x, y, dimension };
    const plan = await planClouds(context, config, clouds, choice);
    const row = new Float64Array(size);
    for (let probe = 0; probe < shared; probe++) {
      const mean = new Float64Array(dimension);
      planRow(clouds, plan, probe, row);
      within += rowMoments(row, clouds, mean).variance / (2 * shared);
      means.push(mean);
    }
  }
  let between = 0;
  for (let probe = 0; probe < shared; probe++) {
    const [one, two] = [means[probe]!, means[shared + probe]!];
    for (let k = 0; k < dimension; k++) between += (one[k]! - two[k]!) ** 2 / (2 * shared);
  }
  return within + between;
}

/** Throws `coupling-batch-too-large` where two batches have not enough rows, or a table takes too long. */
function checkSize({ matrix, dimension }: Scene, size: number): void {
  const most = largestBatch(matrix.rows, dimension);
  if (size <= most) return;
  throw new MongeError({
    code: 'coupling-batch-too-large',
    what: 'the batch is too large for this data',
    where: { key: 'size' },
    got: String(size),
    expected: `at most ${most}`,
    help: 'two batches without a common row are compared',
  });
}

/** Largest batch whose rows are there twice and whose table is quick. */
function largestBatch(rows: number, dimension: number): number {
  return Math.min(Math.floor(rows / 2), Math.floor(Math.sqrt(LARGEST_WORK / dimension)));
}

function estimated({ target, dimension, order }: Scene): {
  dimension: number;
  rows: number;
  close?(): void;
} {
  const most = Math.min(DIMENSION_ROWS, Math.floor(Math.sqrt(LARGEST_WORK / dimension)), order.length);
  const points = gatherRows(target, dimension, order.subarray(0, most));
  return { dimension: intrinsicDimension(points, dimension), rows: most };
}
