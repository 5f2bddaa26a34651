/** @file The Conformal sets method: regions around predictions of several targets, with coverage that can be relied on. */
import { defineMethod } from '../../contract/define';
import { claims } from './claims';
import { config } from './config';
import { membershipModel } from './export/membership';
import { metrics } from './metrics';
import { classes, classSets } from './queries/classes';
import { compare } from './queries/compare';
import { conditional } from './queries/conditional';
import { coverage, scoresOf } from './queries/coverage';
import { drift } from './queries/drift';
import { file } from './queries/files';
import { overview } from './queries/overview';
import { mesh, regions } from './queries/regions';
import { shownSplit } from './queries/shown';
import { sizes } from './queries/sizes';
import { contours, transductive, transport } from './queries/transport';
import { runConformal } from './run/run';
import { scoresOfRun } from './scores';
import { suggest } from './suggest';

const WITH_TABLE = { key: 'problem', values: ['data'] };

export const conformal = defineMethod({
  id: 'conformal',
  title: 'Sets',
  summary: 'Draws regions around predictions of several targets that hold the truth as often as you ask.',
  cite: 'arXiv:2502.03609',
  icon: 'circle-dot-dashed',
  inputs: {
    table: {
      title: 'Table',
      help: 'Rows with features and two or more targets, or one column of classes.',
      optional: false,
      onlyWhen: WITH_TABLE,
      needs: 'table',
    },
    second: {
      title: 'Later rows',
      help: 'A second file with the same columns, to see whether the sets still hold there.',
      optional: true,
      without: 'No drift check',
      onlyWhen: WITH_TABLE,
      needs: 'table',
    },
  },
  config,
  suggest,
  run: runConformal,
  queries: {
    overview,
    regions,
    mesh,
    contours,
    coverage,
    scoresOf,
    transport,
    sizes,
    conditional,
    compare,
    drift,
    classes,
    classSets,
    transductive,
    file,
  },
  async exportOnnx(context, inputs, settings) {
    const shown = await shownSplit(context, inputs, settings);
    return membershipModel(shown, scoresOfRun(settings), settings.alpha);
  },
  metrics,
  claims,
});
