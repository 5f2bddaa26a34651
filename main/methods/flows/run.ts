/** @file A run of the method from data to final numbers: prepare, train, measure, export. */
import type { Inputs, RunContext } from '../define';
import type { FlowsConfig } from './config';
import { judgeImages } from './images/measures';
import { BUDGETS, finalMeasures, MAP_BUDGETS } from './measure/final';
import { exportVelocity, openVelocityModel, typicalCondition, type Parameters } from './model';
import { classesOf } from './network';
import { prepareInputs, splitRows, type PreparedInputs } from './points/prepare';
import { train, type PoolReport } from './training/train';

/** Trains, measures and reports. Resolves 'stopped' once a checkpoint is saved after a stop. */
export async function runFlows(
  context: RunContext,
  inputs: Inputs,
  config: FlowsConfig,
): Promise<'done' | 'stopped'> {
  const prepared = await prepareInputs(inputs, config);
  if (prepared.skipped > 0 && !context.resume)
    context.notice(`${prepared.skipped} rows with a missing value were left out.`);
  const rows = splitRows(prepared.matrix.rows, config.heldOut, context.seed);
  const { target, source } = prepared;
  classesOf(config, prepared);
  const { image, labels, classes } = prepared;
  const data = { target, training: rows.training, source, image, classes, ...(labels ? { labels } : {}) };
  const trained = await train(context, data, config);
  if (!trained) return 'stopped';

  const stages = BUDGETS.length + 2;
  context.progress({ stage: 'measuring', step: 0, steps: stages });
  const model = await openVelocityModel(context.compute, config, prepared, prepared.standardisation);
  const velocity = model.at(
    trained.parameters,
    typicalCondition(config, prepared, rows.heldOut, context.seed),
  );
  const measured = await finalMeasures(velocity, prepared, rows, {
    seed: context.seed,
    directions: config.directions,
    shouldStop: () => context.stopRequested(),
    onProgress: (done) => context.progress({ stage: 'measuring', step: done, steps: stages }),
  });
  const images = measured && (await judgeImages(context, config, velocity, prepared, rows));
  await model.close();
  if (!measured || !images) {
    await context.checkpoint(trained.state);
    return 'stopped';
  }
  await context.artifact('velocity.onnx', onnxOf(config, prepared, trained.parameters));
  context.final({
    loss: trained.loss,
    curvature: measured.curvature,
    'curvature.mean': measured.curvature / prepared.dimension,
    ...couplingMetrics(trained.pools),
    'slicedW2.floor': measured.floor,
    ...Object.fromEntries(BUDGETS.map((budget, k) => [`slicedW2.nfe${budget}`, measured.distances[k]!])),
    ...Object.fromEntries(
      (measured.unexplained ?? []).map((value, k) => [`uvp.nfe${MAP_BUDGETS[k]}`, value]),
    ),
    trainSeconds: trained.seconds,
    pairSeconds: trained.pools.reduce((sum, pool) => sum + pool.seconds, 0),
    ...images,
    stepsPerSecond: trained.seconds > 0 ? config.steps / trained.seconds : 0,
  });
  context.log('info', 'measured', { points: measured.points, directions: config.directions });
  return 'done';
}

/** Mean sharpness and iterations over the pools, and the worst marginal error; independent pairs have E = 1. */
function couplingMetrics(pools: readonly PoolReport[]): Record<string, number> {
  const mean = (of: (pool: PoolReport) => number) =>
    pools.reduce((sum, pool) => sum + of(pool), 0) / pools.length;
  return {
    sharpness: pools.length > 0 ? mean((pool) => pool.sharpness) : 1,
    'sinkhorn.iterations': pools.length > 0 ? mean((pool) => pool.iterations) : 0,
    'sinkhorn.marginalError': pools.reduce((worst, pool) => Math.max(worst, pool.marginalError), 0),
  };
}

/** The exported model, with what one needs to draw its source points. */
export function onnxOf(config: FlowsConfig, prepared: PreparedInputs, parameters: Parameters): Uint8Array {
  const { dimension, matrix, source, standardisation, known } = prepared;
  const { mean, scale } = standardisation;
  const start = known
    ? { kind: 'normal', mean: Array.from(mean, () => 0), standardDeviation: Array.from(mean, () => 1) }
    : source.kind === 'noise'
      ? { kind: 'normal', mean: [...mean], standardDeviation: [...scale] }
      : { kind: 'data' };
  const classes = classesOf(config, prepared);
  return exportVelocity(config, prepared, standardisation, parameters, {
    'monge.method': 'flows',
    'monge.use': 'integrate dx/dt = velocity(x, t) from t = 0 (source) to t = 1 (data), in data units',
    'monge.source': JSON.stringify(start),
    'monge.columns': JSON.stringify(matrix.names),
    ...(classes > 0
      ? {
          'monge.classes': JSON.stringify(prepared.labelNames),
          'monge.guidance': `label is a class code, ${classes} without one; guided with weight w: velocity(x, t, ${classes}) + w·(velocity(x, t, label) − velocity(x, t, ${classes})); w = ${config.guidance} in the run's settings`,
        }
      : {}),
    ...(matrix.image ? { 'monge.image': JSON.stringify(matrix.image) } : {}),
  });
}
