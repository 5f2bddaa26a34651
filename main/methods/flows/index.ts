/** @file The Flows method: a velocity field learned on coupled pairs of source and data points. */
import { toOnnx } from '../../../native-models';
import { defineMethod } from '../../contract/define';
import { programOf } from '../../training/loop';
import { claims } from './claims';
import { config, suggest } from './config';
import { pairPool } from './coupling/open';
import { inputs } from './inputs';
import { metrics } from './metrics';
import { clouds } from './queries/clouds';
import { coupling } from './queries/coupling';
import { studies } from './queries/coupling-studies';
import { images } from './queries/images';
import { motion } from './queries/motion';
import { prepareFlow } from './queries/prepared';
import { onnxOf, runFlows } from './run';
import { flowProgram } from './training/train';

/** Steps per run of the program that is shown: enough to see a loop, few enough to profile quickly. */
const SHOWN_STEPS = 4;

export const flows = defineMethod({
  id: 'flows',
  title: 'Flows',
  summary: 'Learns a velocity field that carries noise, or a second data set, to your data in few steps.',
  cite: 'arXiv:2506.05526',
  icon: 'shuffle',
  inputs,
  config,
  suggest,
  run: runFlows,
  prepare: prepareFlow,
  queries: { ...clouds, ...motion, ...images, ...coupling, ...studies },
  jobs: { pairPool },
  async exportOnnx({ config: settings, snapshot, prepared }) {
    const { arrays } = await snapshot('latest');
    return onnxOf(settings, await prepared(), arrays);
  },
  async exportTraining({ config: settings, prepared }) {
    const shape = await prepared();
    const program = programOf(
      { program: flowProgram(settings, shape), device: settings.device },
      SHOWN_STEPS,
    );
    return toOnnx(program.graph, { describe: true });
  },
  metrics,
  claims,
});
