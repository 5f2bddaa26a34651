/** @file Answers about one small set of points: how they are coupled, what P looks like, and what sharpness costs. */
import { gatherRows } from '../../../numerics/gather';
import { standardise } from '../points/standardise';
import { couplingQuestions as questions, type CouplingChoice } from '../questions/clouds';
import { planClouds, planRow, rowMoments, summedVariance, type Plan } from './coupling-plan';
import { halfSquaredDistances } from './clouds';
import { answers, DISPLAY_NOISE, sourcePoints, type FlowContext } from './prepared';

/** Plans that are kept; a slider may pass many, and each is a few vectors. */
const KEPT_PLANS = 128;

export const coupling = answers(questions, {
  async coupling(context, asked) {
    const shown = await shownPoints(context, asked.count);
    const { count, clouds, source, target } = shown;
    const { dimension, display } = await context.prepared();
    const plan = await planOf(context, shown, asked);
    const { columns, sharpness, epsilon, iterations, marginalError, converged, reached, seconds } = plan;
    const row = new Float64Array(count);
    const mean = new Float64Array(dimension);
    const [share, effectiveTargets] = [new Float32Array(count), new Float32Array(count)];
    const cost = halfSquaredDistances(source, gatherRows(target, dimension, columns), dimension);
    const draws = new Uint32Array(count);
    let variance = 0;
    for (let i = 0; i < count; i++) {
      planRow(clouds, plan, i, row);
      const moments = rowMoments(row, clouds, mean);
      const drawn = columns[i]!;
      share[i] = row[drawn]!;
      effectiveTargets[i] = Math.exp(moments.entropy);
      variance += moments.variance / count;
      draws[drawn]!++;
    }
    return {
      count,
      axes: display.axes,
      source: display.project(source, count),
      target: display.project(target, count),
      targetRows: shown.targetRows,
      ...{ columns, sharpness, epsilon, iterations, marginalError, converged, reached, seconds },
      ...{ cost, share, effectiveTargets, draws },
      conditionalVariance: variance / (summedVariance(clouds.y, dimension) || 1),
    };
  },

  async couplingTable(context, asked) {
    const shown = await shownPoints(context, asked.count);
    const { count, clouds } = shown;
    const { display } = await context.prepared();
    const plan = await planOf(context, shown, asked);
    const labels = asked.order === 'class' ? ((await context.inputs.data!.labels())?.codes ?? null) : null;
    const classes = labels && Int32Array.from(shown.targetRows, (row) => labels[row]!);
    const source = display.project(shown.source, count);
    const target = display.project(shown.target, count);
    const row = new Float64Array(count);
    const likeliest = Int32Array.from({ length: count }, (_, i) => {
      planRow(clouds, plan, i, row);
      return row.indexOf(row.reduce((most, value) => Math.max(most, value), 0));
    });
    const { rowOrder, columnOrder } = sortedOrders(source, target, classes && { classes, likeliest });
    const shares = new Float32Array(count * count);
    for (let i = 0; i < count; i++) {
      planRow(clouds, plan, rowOrder[i]!, row);
      for (let j = 0; j < count; j++) shares[i * count + j] = row[columnOrder[j]!]!;
    }
    return { count, shares, rowOrder, columnOrder };
  },

  async couplingCurve(context, { count, epsilon }) {
    const shown = await shownPoints(context, count);
    const plan = await planOf(context, shown, { coupling: 'sinkhorn', knob: 'epsilon', value: epsilon });
    const { sharpness, iterations, seconds } = plan;
    return { epsilon, sharpness, iterations, seconds };
  },
});

type ShownPoints = Awaited<ReturnType<typeof shownPoints>>;

/** The first points of the source and of the data's fixed order, in both units; made once per run and count. */
function shownPoints({ cached, prepared }: FlowContext, asked: number) {
  return cached(`flows.coupling ${asked}`, async () => {
    const flow = await prepared();
    const { dimension, matrix, standardisation } = flow;
    const count = Math.min(asked, matrix.rows);
    const rows = flow.order.subarray(0, count);
    /** [n, dimension] in data units. */
    const source = sourcePoints(flow, DISPLAY_NOISE, count);
    const target = gatherRows(matrix.data, dimension, rows);
    const [x, y] = [standardise(source, standardisation), standardise(target, standardisation)];
    return {
      ...{ count, source, target, clouds: { x, y, dimension } },
      targetRows: Uint32Array.from(rows, (row) => flow.rowIndex[row]!),
      plans: new Map<string, Promise<Plan>>(),
    };
  });
}

/** The plan of a choice, kept with its points. */
function planOf(
  context: FlowContext,
  { clouds, plans }: ShownPoints,
  { coupling, knob, value }: CouplingChoice,
): Promise<Plan> {
  const key =
    coupling === 'sinkhorn' || coupling === 'semidiscrete' ? `${coupling} ${knob} ${value}` : coupling;
  const found = plans.get(key);
  if (found) return found;
  const plan = planClouds(context, clouds, { coupling, knob, value });
  plans.set(key, plan);
  if (plans.size > KEPT_PLANS) plans.delete(plans.keys().next().value!);
  // A failure is not kept.
  plan.catch(() => plans.delete(key));
  return plan;
}

/**
 * Orders of source and data points [n, 2] along the data's first principal direction in the display plane, so that
 * neighbours in the plane are neighbours in the table. With classes the columns come class by class, and each row
 * with the class of its likeliest data point.
 */
export function sortedOrders(
  source: Float32Array,
  target: Float32Array,
  byClass: { classes: Int32Array; likeliest: Int32Array } | null,
): { rowOrder: Int32Array; columnOrder: Int32Array } {
  const direction = firstDirection(target);
  const [rows, columns] = [along(source, direction), along(target, direction)];
  const columnClass = (j: number): number => byClass?.classes[j] ?? 0;
  const rowClass = (i: number): number => (byClass ? columnClass(byClass.likeliest[i]!) : 0);
  return { rowOrder: sorted(rows, rowClass), columnOrder: sorted(columns, columnClass) };
}

/** The unit vector of largest variance of [n, 2] points, first coordinate not negative. */
function firstDirection(points: Float32Array): [number, number] {
  const count = points.length / 2;
  let [meanX, meanY] = [0, 0];
  for (let k = 0; k < count; k++) {
    meanX += points[2 * k]! / count;
    meanY += points[2 * k + 1]! / count;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let k = 0; k < count; k++) {
    const [dx, dy] = [points[2 * k]! - meanX, points[2 * k + 1]! - meanY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return [Math.cos(angle), Math.sin(angle)];
}

function along(points: Float32Array, [cosine, sine]: [number, number]): Float64Array {
  return Float64Array.from(
    { length: points.length / 2 },
    (_, k) => points[2 * k]! * cosine + points[2 * k + 1]! * sine,
  );
}

/** Places sorted by class, then by value, then by place. */
function sorted(values: Float64Array, classOf: (place: number) => number): Int32Array {
  const places = Int32Array.from(values, (_, place) => place);
  return places.sort((a, b) => classOf(a) - classOf(b) || values[a]! - values[b]! || a - b);
}
