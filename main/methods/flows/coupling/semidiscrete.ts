/**
 * @file The semidiscrete coupling: all training rows on one side, the noise itself on the other.
 *
 * The potential is learned once; then each noise point of a pool finds its row, at ε = 0 the one of the largest
 * x·y_j + g_j. With classes there is one potential for each (per class), or one-hot codes in the coordinates (weighted).
 */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { Compute } from '../../../contract/compute';
import { vector } from '../../../disk/named-arrays';
import type { FlowsConfig } from '../config';
import { checkPool, pairedCost } from './clouds';
import { allEqual, drawClasses, membersByClass, withOneHot } from './condition';
import {
  plainReport,
  type CouplingState,
  type PairedPool,
  type PoolCoupling,
  type PairData,
} from './coupling';
import { gatherRows } from '../../../numerics/gather';
import { centre } from '../../../numerics/points';
import { costDeviation } from '../../../transport/scale';
import { ascend, ascentStart, type Ascent } from '../../../transport/semidiscrete/ascent';
import { openRowScores, type RowScores } from '../../../transport/semidiscrete/programs';

/** Noise points that stand for all of it where its moments are needed. */
const SAMPLE = 4096;

/** Rows with a potential of their own. */
type Part = ReturnType<typeof partOf>;

/** Pools of fresh noise, each point with a row of its own. Throws `pool-too-large`, `semidiscrete-flat-cost`. */
export function semidiscretePools(data: PairData, config: FlowsConfig, seed: number): PoolCoupling {
  const { source, target, labels, classes, training } = data;
  const { poolSize } = config;
  checkPool(false, poolSize, source.dimension);
  let made: Part[] | null = null;
  const parts = () => (made ??= partsOf(data, config, seed));

  return {
    poolSize,
    async prepare(work, begun, shouldPause) {
      const state: CouplingState = { ...begun };
      const all = parts();
      for (const [place, part] of all.entries()) {
        const ascent =
          readAscent(state, part.code) ?? (await ascentStart(work.compute, part, () => work.shouldStop()));
        if (!ascent) return { state, finished: false };
        await ascend(part.scores(work.compute), ascent, {
          iterations: config.semidiscreteIterations,
          batch: config.semidiscreteBatch,
          tolerance: config.semidiscreteTolerance,
          ...{ noise: part.noise, deviation: part.deviation, shouldPause },
          onProgress: (done) => work.onProgress((place + done) / all.length),
        });
        writeAscent(state, part.code, ascent);
        if (!ascent.finished) return { state, finished: false };
      }
      return { state, finished: true, notice: unevenNotice(all, state, config) };
    },
    async pair(work, pool, state): Promise<PairedPool | null> {
      const points = source.drawPool(seed, pool, poolSize);
      const uniform = stream(seed, 'flows.semidiscrete.draw', pool).uniform(new Float32Array(poolSize));
      const classOf = labels ? drawClasses(labels, training, seed, pool, poolSize) : new Int32Array(poolSize);
      const all = parts();
      const members = all.length > 1 ? membersByClass(classOf, classes) : null;
      const rows = new Int32Array(poolSize);
      const report = plainReport(0);
      for (const part of all) {
        if (work.shouldStop()) return null;
        const chosen = members ? members[part.code]! : [...rows.keys()];
        if (chosen.length === 0) continue;
        const ascent = readAscent(state!, part.code)!;
        const codes = Int32Array.from(chosen, (k) => classOf[k]!);
        const x = part.place(gatherRows(points, source.dimension, chosen), codes);
        const own = Float32Array.from(chosen, (k) => uniform[k]!);
        const drawn = await part.scores(work.compute).draw(x, ascent.average, own);
        drawn.rows.forEach((row, k) => (rows[chosen[k]!] = part.rows[row]!));
        if (part.rows.length > 1) report.sharpness += drawn.entropy / poolSize / Math.log(part.rows.length);
        report.marginalError += (Math.max(0, ascent.error) * chosen.length) / poolSize;
        report.iterations += (ascent.iteration * chosen.length) / poolSize;
        report.absoluteEpsilon += (part.epsilon * chosen.length) / poolSize;
        work.onProgress();
      }
      const metrics = pairedCost(points, target, rows, source.dimension);
      return {
        rows,
        key: { seed, pool, size: poolSize },
        report: { ...report, epsilon: config.semidiscreteEpsilon, metrics },
      };
    },
    async close() {
      for (const part of made ?? []) await part.close();
      made = null;
    },
  };
}

function partsOf(data: PairData, config: FlowsConfig, seed: number): Part[] {
  const { training, labels, classes } = data;
  if (!labels || config.conditionCoupling === 'joint') return [partOf(data, config, seed, 0, training, 0)];
  if (config.conditionCoupling === 'weighted')
    return [partOf(data, config, seed, 0, training, config.conditionWeight)];
  const classOf = training.map((row) => labels[row]!);
  return membersByClass(classOf, classes).flatMap((members, code) => {
    const rows = Int32Array.from(members, (k) => training[k]!);
    return rows.length === 0 ? [] : [partOf(data, config, seed, code, rows, 0)];
  });
}

/** Moves the rows to their mean, which changes no choice, and appends class codes where `weight` asks for a penalty. */
function partOf(
  { source, target, labels, classes, training }: PairData,
  config: FlowsConfig,
  seed: number,
  code: number,
  rows: Int32Array,
  weight: number,
) {
  const { dimension } = source;
  const own = gatherRows(target, dimension, rows);
  // A single row needs no price, so any scale will do for it.
  if (rows.length > 1 && allEqual(own, dimension))
    throw new MongeError({
      code: 'semidiscrete-flat-cost',
      blame: 'input',
      what: 'all rows of the data, or of a class, coincide, so that no pairing is better than another',
      where: { key: 'coupling' },
      expected: 'at least two different rows',
      help: 'choose coupling=independent, or check that the feature columns vary',
    });
  const plain = centre(own, dimension);
  const sample = centre(source.draw(seed, 'flows.semidiscrete.scale', 0, SAMPLE), dimension);
  const deviation = costDeviation(sample, plain, dimension);
  const height = Math.sqrt(weight * deviation);
  const wide = height > 0 && labels !== undefined;
  const place = (points: Float32Array, classOf: Int32Array) =>
    wide ? withOneHot(points, dimension, classOf, classes, height) : points;
  const y = place(
    plain,
    rows.map((row) => labels?.[row] ?? 0),
  );
  const width = wide ? dimension + classes : dimension;
  const epsilon = config.semidiscreteEpsilon * (deviation || 1);
  let scores: RowScores | undefined;
  return {
    /** Its place among the parts: the class, or 0. */
    code,
    /** Rows of the data. */
    rows,
    /** [rows, width] their centred coordinates, class codes included where there are any. */
    ...{ y, width },
    /** Absolute ε and the deviation of the cost without class codes. */
    ...{ epsilon, deviation: deviation || 1 },
    noise: (label: string, step: number, count: number): Float32Array => {
      const name = `flows.semidiscrete.${label}.${code}`;
      const points = source.draw(seed, name, step, count);
      if (!wide) return points;
      const drawn = stream(seed, `${name}.class`, step).integers(new Int32Array(count), training.length);
      return place(
        points,
        drawn.map((k) => labels[training[k]!]!),
      );
    },
    /** The coordinates of noise points of these classes. */
    place,
    /** The programs on the rows, opened when first asked for. */
    scores: (compute: Compute) => (scores ??= openRowScores(compute, y, width, epsilon)),
    close: async () => scores?.close(),
  };
}

function readAscent(state: CouplingState, code: number): Ascent | null {
  const [g, average, progress] = ['g', 'average', 'progress'].map(
    (name) => state[`${name}.${code}`]?.data as Float64Array | undefined,
  );
  if (!g || !average || !progress) return null;
  const [iteration, error, finished] = progress;
  const vectors = { g: g.slice(), average: average.slice() };
  return { ...vectors, iteration: iteration!, error: error!, finished: finished === 1 };
}

function writeAscent(state: CouplingState, code: number, ascent: Ascent): void {
  const { g, average, iteration, error, finished } = ascent;
  const progress = Float64Array.of(iteration, error, finished ? 1 : 0);
  for (const [name, data] of Object.entries({ g, average, progress }))
    state[`${name}.${code}`] = vector(data);
}

function unevenNotice(parts: readonly Part[], state: CouplingState, config: FlowsConfig): string | undefined {
  const worst = Math.max(...parts.map(({ code }) => readAscent(state, code)!.error));
  if (worst < config.semidiscreteTolerance) return undefined;
  return `The rows are not used as evenly as asked: χ² is ${worst.toExponential(1)} after ${config.semidiscreteIterations} ascent steps.`;
}
