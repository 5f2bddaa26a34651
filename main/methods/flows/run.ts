/** @file A run of the method from data to final numbers: prepare, train, measure, export. */
import type { Inputs, RunContext } from '../define';
import type { FlowsConfig } from './config';
import { BUDGETS, checkLikelihood, finalLikelihood, finalMeasures } from './measure/final';
import { exportVelocity, openVelocityModel, type Parameters } from './model';
import { prepareInputs, splitRows, type PreparedInputs } from './points/prepare';
import { train, type PoolReport } from './training/train';

/** Trains, measures and reports. Resolves 'stopped' once a checkpoint is saved after a stop. */
export async function runFlows(
  context: RunContext,
  inputs: Inputs,
  config: FlowsConfig,
): Promise<'done' | 'stopped'> {
  const prepared = await prepareInputs(inputs, config);
  checkLikelihood(config, prepared.source);
  if (prepared.skipped > 0 && !context.resume)
    context.notice(`${prepared.skipped} rows with a missing value were left out.`);
  if (prepared.trueMap && inputs.data && !context.resume)
    context.notice('The problem makes its own data: the data set was not used.');
  const rows = splitRows(prepared.matrix.rows, config.heldOut, context.seed);
  const { target, source, knownMap } = prepared;
  const trained = await train(context, { target, training: rows.training, source, knownMap }, config);
  if (!trained) return 'stopped';

  const stages = BUDGETS.length + 2;
  context.progress({ stage: 'measuring', step: 0, steps: stages });
  const model = await openVelocityModel(
    context.compute,
    config,
    prepared.dimension,
    prepared.standardisation,
  );
  const measured = await finalMeasures(model.at(trained.parameters), prepared, rows, {
    seed: context.seed,
    directions: config.directions,
    metrics: config.metrics,
    compute: context.compute,
    shouldStop: () => context.stopRequested(),
    onProgress: (done) => context.progress({ stage: 'measuring', step: done, steps: stages }),
  });
  await model.close();
  const density =
    measured &&
    (await finalLikelihood(
      context.compute,
      config,
      trained.parameters,
      prepared,
      rows.heldOut,
      context.seed,
      () => context.stopRequested(),
    ));
  if (!measured || !density) {
    await context.checkpoint(trained.state);
    return 'stopped';
  }
  await context.artifact('velocity.onnx', onnxOf(config, prepared, trained.parameters));
  context.final({
    loss: trained.loss,
    curvature: measured.curvature,
    ...couplingMetrics(trained.pools),
    'slicedW2.floor': measured.floor,
    ...Object.fromEntries(BUDGETS.map((budget, k) => [`slicedW2.nfe${budget}`, measured.distances[k]!])),
    ...measured.further,
    ...density,
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
  const { dimension, matrix, source, standardisation } = prepared;
  const { mean, scale } = standardisation;
  const start =
    source.kind === 'noise'
      ? {
          kind: 'normal',
          mean: [...(source.density?.mean ?? mean)],
          standardDeviation: [...(source.density?.deviation ?? scale)],
        }
      : { kind: 'data' };
  return exportVelocity(config, dimension, standardisation, parameters, {
    'monge.method': 'flows',
    'monge.use': 'integrate dx/dt = velocity(x, t) from t = 0 (source) to t = 1 (data), in data units',
    'monge.source': JSON.stringify(start),
    'monge.columns': JSON.stringify(matrix.names),
    ...(matrix.image ? { 'monge.image': JSON.stringify(matrix.image) } : {}),
  });
}
