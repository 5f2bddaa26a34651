/** @file The Conformal sets method: regions around predictions of several targets, with coverage that can be relied on. */
import { defineMethod } from '../../contract/define';
import { claims } from './claims';
import { config, inputs, suggest } from './config';
import { membershipModel } from './export/membership';
import { metrics } from './metrics';
import { classes } from './queries/classes';
import { conditional } from './queries/conditional';
import { coverage } from './queries/coverage';
import { files } from './queries/files';
import { overview } from './queries/overview';
import { prepareSets, regression } from './queries/prepared';
import { sets } from './queries/regions';
import { maps } from './queries/transport';
import { runConformal } from './run/run';
import { scoresOfRun } from './scores';

export const conformal = defineMethod({
  id: 'conformal',
  title: 'Sets',
  summary: 'Draws regions around predictions of several targets that hold the truth as often as you ask.',
  cite: 'arXiv:2502.03609',
  icon: 'circle-dot-dashed',
  inputs,
  config,
  suggest,
  run: runConformal,
  prepare: prepareSets,
  queries: { ...overview, ...coverage, ...conditional, ...files, ...classes, ...sets, ...maps },
  async exportOnnx(context) {
    const { config: settings } = context;
    return membershipModel(await regression(context), scoresOfRun(settings), settings.alpha);
  },
  metrics,
  claims,
});
