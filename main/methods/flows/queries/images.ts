/** @file Queries about generated images: grids of the same noise, the nearest training images, the way between two noises. */
import { MongeError } from '../../../../native-models/error';
import { gatherRows } from '../../../numerics/gather';
import { solve } from '../../../ode/solve';
import { nearestPoints } from '../../../numerics/neighbours';
import { clip, toPixels } from '../../../images/pixels';
import type { Condition } from '../model';
import { classesOf } from '../network';
import { setRowsAside } from '../points/prepare';
import { unstandardise } from '../points/standardise';
import { imageQuestions as questions, type ClassRow, type Generation } from '../questions/images';
import { answers, requireImage, sourcePoints, velocityAt, type FlowContext } from './prepared';

/** Images compared with all training images in one question. */
const MOST_COMPARED = 256;
/** Features of images lie in [−1, 1], pixels in 0 … 255. */
const PIXELS_PER_UNIT = 127.5;

export const images = answers(questions, {
  async samples(context, asked) {
    const generator = await openGenerator(context, asked);
    const start = sourcePoints(await context.prepared(), asked.noiseSeed, asked.count);
    const spent: number[] = [];
    const size = generator.rows.length * start.length;
    const pixels = new Uint8Array(asked.evaluations.length * size);
    for (const [k, budget] of asked.evaluations.entries()) {
      const made = await generator.generate(start, budget);
      spent.push(made.evaluations);
      pixels.set(toPixels(made.points), k * size);
    }
    const { step, image, rows, guidance, classes } = generator;
    return { step, image, evaluations: spent, count: asked.count, classes, rows, guidance, pixels };
  },

  async nearest(context, { noiseSeed, count, evaluations, ...asked }) {
    const { step, rows, generate } = await openGenerator(context, { noiseSeed, ...asked });
    if (rows.length * count > MOST_COMPARED)
      throw new MongeError({
        code: 'query-invalid',
        what: 'too many images to find the nearest of',
        where: { key: 'count' },
        got: `${count} for each of ${rows.length} classes`,
        expected: `at most ${MOST_COMPARED} in all`,
      });
    const flow = await context.prepared();
    const { dimension, matrix, rowIndex, labels } = flow;
    const { points } = await generate(sourcePoints(flow, noiseSeed, count), evaluations);
    // As they are shown: cut to the range of pixels.
    const shown = points.map(clip);
    const { training } = setRowsAside(matrix.rows, context.config.heldOut, context.seed);
    const neighbours = Math.min(asked.neighbours, training.length);
    const found = nearestPoints(shown, matrix.data, training, dimension, neighbours);
    return {
      ...{ step, count, neighbours },
      generated: toPixels(points),
      pixels: toPixels(gatherRows(matrix.data, dimension, found.rows)),
      dataRows: Uint32Array.from(found.rows, (row) => rowIndex[row]!),
      distances: found.distances.map((distance) => distance * PIXELS_PER_UNIT),
      labels: labels && found.rows.map((row) => labels[row]!),
    };
  },

  async interpolation(context, { from, to, count, evaluations, ...asked }) {
    const { step, generate } = await openGenerator(context, asked);
    const { dimension, source, standardisation } = await context.prepared();
    const noises = source.draw(asked.noiseSeed, 'flows.display.source', 0, Math.max(from, to) + 1);
    const end = (index: number) => noises.subarray(index * dimension, (index + 1) * dimension);
    const path = source.kind === 'noise' ? 'circle' : 'line';
    const way = between(end(from), end(to), count, path);
    const { points } = await generate(unstandardise(way, standardisation), evaluations);
    return { step, count, path, pixels: toPixels(points) };
  },
});

/** Throws `samples-need-images`, and `query-invalid` for a class that the flow does not know. */
async function openGenerator(context: FlowContext, asked: Generation) {
  const { config } = context;
  const flow = await context.prepared();
  const { dimension } = flow;
  const image = requireImage(flow, 'samples-need-images', 'sample grids are made for images');
  const classes = flow.labelNames.slice(0, classesOf(config, flow));
  const rows = rowsOf(asked.label ?? (classes.length > 0 ? 'each' : 'none'), classes);
  const guidance = asked.guidance ?? config.guidance;
  const conditions = rows.map(({ label }): Condition => ({
    labels: label === null ? new Int32Array(0) : Int32Array.of(label),
    guidance,
  }));
  // Where training goes on, the latest of now is meant for all rows.
  const { step } = await velocityAt(context, asked.step, conditions[0]);
  return {
    ...{ step, image, rows, guidance },
    /** Names of all classes; empty for a flow without. */
    classes,
    /** The points [rows, n, dimension] at time 1 that `start` [n, dimension] is carried to for each row of classes. */
    generate: async (start: Float32Array, budget: number) => {
      const points = new Float32Array(rows.length * start.length);
      let evaluations = 0;
      for (const [row, condition] of conditions.entries()) {
        const { velocity } = await velocityAt(context, step, condition);
        const end = await solve(velocity, start, { solver: asked.solver, evaluations: budget, dimension });
        evaluations = Math.max(evaluations, end.evaluations);
        points.set(end.points, row * start.length);
      }
      return { points, evaluations };
    },
  };
}

function rowsOf(label: NonNullable<Generation['label']>, classes: string[]): ClassRow[] {
  if (label === 'none') return [{ label: null, name: '' }];
  if (label === 'each' && classes.length > 0) return classes.map((name, code) => ({ label: code, name }));
  if (label !== 'each' && label < classes.length) return [{ label, name: classes[label]! }];
  throw new MongeError({
    code: 'query-invalid',
    what: 'the flow knows no such class',
    where: { key: 'label' },
    got: String(label),
    expected:
      classes.length > 0 ? `each, none, or 0 to ${classes.length - 1}` : 'none: the flow is not conditional',
  });
}

/**
 * `count` points from `left` to `right`, both included. On a circle the angle grows evenly and so does the length
 * (Shoemake 1985), because noise in high dimension lies near a sphere and straight mixtures would be too short.
 */
export function between(
  left: Float32Array,
  right: Float32Array,
  count: number,
  path: 'circle' | 'line',
): Float32Array {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  const cosine = dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const straight = path === 'line' || !(Math.sin(angle) > 1e-6);
  const out = new Float32Array(count * left.length);
  for (let step = 0; step < count; step++) {
    const share = step / (count - 1);
    const [from, to] = straight
      ? [1 - share, share]
      : [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
    for (let k = 0; k < left.length; k++) out[step * left.length + k] = from * left[k]! + to * right[k]!;
  }
  return out;
}
