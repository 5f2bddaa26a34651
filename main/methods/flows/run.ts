/** @file A run of the method from data to final numbers: prepare, train, measure, export. */
import type { RunContext } from '../../contract/define';
import type { Inputs } from './inputs';
import type { FlowsConfig } from './config';
import { finalMeasures, STAGES } from './measure/final';
import { checkLikelihood, finalLikelihood } from './measure/likelihood';
import { judgeImages, sampleSheet } from './images/measures';
import { exportVelocity, openVelocityModel, typicalCondition, type Weights } from './model';
import { classesOf } from './network';
import { pairData, prepareInputs, setRowsAside, type PreparedInputs } from './points/prepare';
import { couplingMetrics } from './coupling/summary';
import { Parts } from '../../training/parts';
import { train } from './training/train';

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
  const rows = setRowsAside(prepared.matrix.rows, config.heldOut, context.seed);
  const data = { ...pairData(prepared, rows.training, config), stored: inputs.pairs };
  if (data.unlabelled > 0 && !context.resume)
    context.notice(`${data.unlabelled} training rows without a label were left out.`);
  const trained = await train(context, data, config);
  if (!trained) return 'stopped';

  context.progress({ stage: 'measuring', step: 0, steps: STAGES, stepsPerSecond: null });
  const model = await openVelocityModel(context.compute, config, prepared);
  const velocity = model.at(
    trained.parameters,
    typicalCondition(config, prepared, rows.heldOut, context.seed),
  );
  const measured = await finalMeasures(context, config, velocity, prepared, rows);
  const parts = new Parts(context, () => trained.state);
  const judging = { ...config, extractor: inputs.extractor };
  const images =
    measured && (await judgeImages(context, judging, velocity, prepared, rows, measured.generated, parts));
  if (images && prepared.image && !context.stopRequested())
    await context.artifact('samples.png', await sampleSheet(velocity, prepared, prepared.image));
  await model.close();
  const density =
    images && (await finalLikelihood(context, config, trained.parameters, prepared, rows.heldOut));
  if (!measured || !images || !density) {
    await parts.save();
    return 'stopped';
  }
  if (parts.clear()) await context.checkpoint(trained.state);
  await context.artifact('velocity.onnx', onnxOf(config, prepared, trained.parameters));
  context.final({
    loss: trained.loss,
    curvature: measured.curvature,
    ...couplingMetrics(trained.pools, config.coupling === 'map' ? 0 : 1),
    ...measured.sliced,
    ...measured.further,
    ...density,
    ...images,
    trainSeconds: trained.seconds,
    pairSeconds: trained.pools.seconds,
    stepsPerSecond: trained.seconds > 0 ? config.steps / trained.seconds : 0,
  });
  context.log('info', 'measured', { points: measured.points, directions: config.directions });
  return 'done';
}

/** The exported model, with what one needs to draw its source points. */
export function onnxOf(config: FlowsConfig, prepared: PreparedInputs, parameters: Weights): Uint8Array {
  const { matrix, source, standardisation } = prepared;
  const { mean, scale } = standardisation;
  const start =
    source.kind === 'noise'
      ? {
          kind: 'normal',
          mean: [...(source.density?.mean ?? mean)],
          standardDeviation: [...(source.density?.deviation ?? scale)],
        }
      : { kind: 'data' };
  const classes = classesOf(config, prepared);
  return exportVelocity(config, prepared, parameters, {
    'monge.method': 'flows',
    'monge.use': 'integrate dx/dt = velocity(x, t) from t = 0 (source) to t = 1 (data), in data units',
    'monge.source': JSON.stringify(start),
    'monge.columns': JSON.stringify(matrix.names),
    ...(classes > 0 && {
      'monge.classes': JSON.stringify(prepared.labelNames),
      'monge.guidance': `label is a class code, ${classes} without one; guided with weight w: velocity(x, t, ${classes}) + w·(velocity(x, t, label) − velocity(x, t, ${classes})); w = ${config.guidance} in the run's settings`,
    }),
    ...(matrix.image && { 'monge.image': JSON.stringify(matrix.image) }),
  });
}
