/** @file The Flows method: a velocity field learned on coupled pairs of source and data points. */
import { toOnnx } from '../../../native-models';
import { defineMethod } from '../define';
import { config, suggest } from './config';
import { coupling, couplingCurve, couplingTable } from './queries/coupling';
import { couplingBlur } from './queries/coupling-blur';
import { couplingScaling } from './queries/coupling-scaling';
import { display, pairs } from './queries/display';
import { curvature, field, samples, trajectories } from './queries/motion';
import { scene } from './queries/scene';
import { onnxOf, runFlows } from './run';
import { flowProgram } from './training/trainer';

/** Steps per run of the program that is shown: enough to see a loop, few enough to profile quickly. */
const SHOWN_STEPS = 4;

export const flows = defineMethod({
  id: 'flows',
  title: 'Flows',
  summary: 'Learns a velocity field that carries noise, or a second data set, to your data in few steps.',
  cite: 'arXiv:2506.05526',
  inputs: {
    data: {
      title: 'Data',
      help: 'What the flow should generate: numeric columns, vectors or images.',
      optional: false,
      needs: 'features',
    },
    source: {
      title: 'Source',
      help: 'Where the flow should start instead of noise: a data set with the same columns.',
      optional: true,
      without: 'Noise',
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
    samples,
    coupling,
    couplingTable,
    couplingCurve,
    couplingScaling,
    couplingBlur,
  },
  async exportOnnx(context, inputs, settings) {
    const { arrays } = await context.snapshot('latest');
    return onnxOf(settings, await scene(context, inputs), arrays);
  },
  async exportTraining(context, inputs, settings) {
    const { dimension } = await scene(context, inputs);
    return toOnnx(flowProgram(settings, dimension, SHOWN_STEPS).graph, { describe: true });
  },
  claims: [],
});
