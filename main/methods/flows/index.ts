/** @file The Flows method: a velocity field learned on coupled pairs of source and data points. */
import { toOnnx } from '../../../native-models';
import { defineMethod } from '../../contract/define';
import { programOf } from '../../training/loop';
import { claims } from './claims';
import { config, suggest } from './config';
import { pairPool } from './coupling/job';
import { metrics } from './metrics';
import { curves } from './queries/curves';
import { coupling, couplingCurve, couplingTable } from './queries/coupling';
import { couplingBlur } from './queries/coupling-blur';
import { couplingScaling } from './queries/coupling-scaling';
import { display } from './queries/display';
import { pairs } from './queries/pairs';
import { interpolation, nearest, samples } from './queries/images';
import { curvature, divergence, fewStepError, field, speed, trajectories } from './queries/motion';
import { scene } from './queries/scene';
import { onnxOf, runFlows } from './run';
import { flowProgram } from './training/train';

/** Steps per run of the program that is shown: enough to see a loop, few enough to profile quickly. */
const SHOWN_STEPS = 4;

/** Benchmarks make their own source and data. */
const DATA = { key: 'problem', values: ['data'] };

export const flows = defineMethod({
  id: 'flows',
  title: 'Flows',
  summary: 'Learns a velocity field that carries noise, or a second data set, to your data in few steps.',
  cite: 'arXiv:2506.05526',
  icon: 'shuffle',
  inputs: {
    data: {
      title: 'Data',
      help: 'What the flow should generate: numeric columns, vectors or images.',
      optional: false,
      onlyWhen: DATA,
      needs: 'features',
    },
    source: {
      title: 'Source',
      help: 'Where the flow should start instead of noise: a data set with the same columns.',
      optional: true,
      without: 'Noise',
      onlyWhen: DATA,
      needs: 'features',
    },
  },
  config,
  suggest,
  run: runFlows,
  queries: {
    display,
    trajectories,
    curvature,
    pairs,
    field,
    divergence,
    speed,
    fewStepError,
    samples,
    nearest,
    interpolation,
    curves,
    coupling,
    couplingTable,
    couplingCurve,
    couplingScaling,
    couplingBlur,
  },
  jobs: { pairPool },
  async exportOnnx(context, inputs, settings) {
    const { arrays } = await context.snapshot('latest');
    return onnxOf(settings, await scene(context, inputs, settings), arrays);
  },
  async exportTraining(context, inputs, settings) {
    const shape = await scene(context, inputs, settings);
    const program = programOf(
      { program: flowProgram(settings, shape), device: settings.device },
      SHOWN_STEPS,
    );
    return toOnnx(program.graph, { describe: true });
  },
  metrics,
  claims,
});
