/**
 * @file Studies of couplings: how the blur of a pairing shrinks with its batch, and how well a known map is found.
 *
 * Var(x₁|x₀) is over everything but x₀: the rest of the batch and the draw. Two batches that share some source points
 * and nothing else give it without bias: ½·E‖y − y′‖² with one partner from each batch.
 */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import { gatherRows } from '../../../numerics/gather';
import { intrinsicDimension } from '../../../numerics/neighbours';
import { LARGEST_BATCH, studyQuestions as questions, type CouplingChoice } from '../questions/clouds';
import { planClouds, planRow, rowMoments, summedVariance, type Clouds } from './coupling-plan';
import { answers, requireImage, type FlowContext, type PreparedFlow } from './prepared';

/** Source points that both batches share: at most this many, and at most a quarter of a batch. */
const MOST_PROBES = 64;
/** Small batches have few probes each, so there are more of them. */
const WANTED_PROBES = 128;
const MOST_REPEATS = 16;
/** Products x·y of one table. */
const LARGEST_WORK = 2 ** 29;
/** Rows for the estimate of the intrinsic dimension. */
const DIMENSION_ROWS = 1024;
/** Width of the blur in pixels, as in OTT's tutorial on CIFAR-10. */
const BLUR_PIXELS = 1;

export const studies = answers(questions, {
  async couplingScaling(context, { size, ...choice }) {
    const flow = await context.prepared();
    checkSize(flow, size);
    const intrinsic = await context.cached('flows.coupling.dimension', async () => estimated(flow));
    const shared = Math.max(1, Math.min(MOST_PROBES, Math.floor(size / 4)));
    const repeats = Math.min(MOST_REPEATS, Math.ceil(WANTED_PROBES / shared));
    let variance = 0;
    for (let repeat = 0; repeat < repeats; repeat++)
      variance += (await twoBatches(context, choice, size, shared, repeat)) / repeats;
    return {
      size,
      conditionalVariance: variance / (summedVariance(flow.target, flow.dimension) || 1),
      intrinsicDimension: intrinsic.dimension,
      dimensionRows: intrinsic.rows,
      largest: Math.min(LARGEST_BATCH, largestBatch(flow.matrix.rows, flow.dimension)),
    };
  },

  /** A circular Gaussian blur is a Monge map. Throws `blur-needs-images`. */
  async couplingBlur(context, { count: most, epsilon }) {
    const flow = await context.prepared();
    const { dimension, matrix, order, target } = flow;
    const image = requireImage(flow, 'blur-needs-images', 'the blur benchmark is made of images');
    const count = Math.min(most, matrix.rows);
    const clouds = await context.cached(`flows.coupling.blur ${count}`, async (): Promise<Clouds> => {
      const x = gatherRows(target, dimension, order.subarray(0, count));
      return { x, y: circularBlur(x, image, BLUR_PIXELS), dimension };
    });
    const plan = await planClouds(context, clouds, { coupling: 'sinkhorn', knob: 'epsilon', value: epsilon });
    const row = new Float64Array(count);
    let diagonal = 0;
    for (let i = 0; i < count; i++) {
      planRow(clouds, plan, i, row);
      diagonal += row[i]! / count;
    }
    return { count, epsilon, diagonal, sharpness: plan.sharpness };
  },
});

/** Mean over the shared source points of ½E‖y − y′‖², y and y′ their partners in two batches. */
async function twoBatches(
  context: FlowContext,
  choice: CouplingChoice,
  size: number,
  shared: number,
  repeat: number,
): Promise<number> {
  const flow = await context.prepared();
  const { dimension } = flow;
  const rows = stream(context.seed, `flows.scaling.rows.${size}`, repeat).permutation(flow.matrix.rows);
  const points = flow.source.draw(context.seed, `flows.scaling.source.${size}`, repeat, 2 * size);
  const other = points.slice(size * dimension);
  other.set(points.subarray(0, shared * dimension));
  const sources = [points.slice(0, size * dimension), other];
  const means: Float64Array[] = [];
  let within = 0;
  for (const [batch, x] of sources.entries()) {
    const y = gatherRows(flow.target, dimension, rows.subarray(batch * size, (batch + 1) * size));
    const clouds: Clouds = { x, y, dimension };
    const plan = await planClouds(context, clouds, choice);
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
function checkSize({ matrix, dimension }: PreparedFlow, size: number): void {
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

function estimated({ target, dimension, order }: PreparedFlow) {
  const most = Math.min(DIMENSION_ROWS, Math.floor(Math.sqrt(LARGEST_WORK / dimension)), order.length);
  const points = gatherRows(target, dimension, order.subarray(0, most));
  return { dimension: intrinsicDimension(points, dimension), rows: most };
}

/** Convolves every channel of [n, height, width, channels] images with a Gaussian of `deviation` pixels, wrapping around the edges. */
export function circularBlur(
  images: Float32Array,
  { height, width, channels }: { height: number; width: number; channels: number },
  deviation: number,
): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
    Math.exp(-(((k - reach) / deviation) ** 2) / 2),
  );
  const total = taps.reduce((sum, weight) => sum + weight, 0);
  const along = (from: Float32Array, size: number, stride: number): Float32Array =>
    from.map((_, at) => {
      const place = Math.floor(at / stride) % size;
      let sum = 0;
      for (const [k, weight] of taps.entries()) {
        const shifted = (((place + k - reach) % size) + size) % size;
        sum += weight * from[at + (shifted - place) * stride]!;
      }
      return sum / total;
    });
  return along(along(images, width, channels), height, channels * width);
}
