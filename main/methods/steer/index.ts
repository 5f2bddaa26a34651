/** @file The Steer method: maps of activations that bring a model from what it does on some texts to what it does on others. */
import { defineMethod } from '../../contract/define';
import { claims } from './claims';
import { config, inputs } from './config';
import { figures } from './figures';
import { metrics } from './metrics';
import { answers } from './queries';
import { exportedModel } from './queries/files';
import { runSteer } from './run';

export const steer = defineMethod({
  id: 'steer',
  title: 'Steer',
  summary: 'Moves what a model does on some texts to what it does on others, and measures what else changes.',
  cite: 'arXiv:2410.23054',
  icon: 'ship-wheel',
  inputs,
  config,
  run: runSteer,
  queries: answers,
  exportOnnx: exportedModel,
  figures,
  metrics,
  claims,
});
