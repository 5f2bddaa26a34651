/** @file The Transfer method: one training under a parameterisation; studies of them show whether hyperparameters transfer. */
import { constant, inferenceModel, int32, multiply } from '../../../native-models';
import * as v from 'valibot';
import { defineMethod } from '../../contract/define';
import { queryFor } from '../../contract/query';
import { claims } from './claims';
import { config, inputs, type Inputs, type TransferConfig } from './config';
import { checkOf } from './diagnostics/kept';
import { figures } from './figures';
import { metrics } from './metrics';
import { networkOf, shapeOf } from './network';
import { runTransfer } from './run';
import { resolvedOf } from './scaling';
import { tableOf } from './table';

export const transfer = defineMethod({
  id: 'transfer',
  title: 'Transfer',
  summary:
    'Trains a small decoder under a rule that carries hyperparameters over width, depth, batch and duration.',
  cite: 'arXiv:2512.22382',
  icon: 'scale',
  inputs,
  config,
  run: runTransfer,
  queries: {
    /** What a check found; null of a training. */
    check: queryFor<TransferConfig, unknown, Inputs>()({
      args: v.optional(v.strictObject({}), {}),
      run: (run) => checkOf(run),
    }),
    /** The resolved hyperparameters with their factors, residual multipliers and warnings. */
    resolved: queryFor<TransferConfig, unknown, Inputs>()({
      args: v.optional(v.strictObject({}), {}),
      run: (run) => tableOf(run),
    }),
  },
  async exportOnnx({ config: settings, snapshot }) {
    const { arrays } = await snapshot('latest');
    const shape = shapeOf(settings, arrays['model.embed_tokens.weight']!.shape[0]!);
    const network = networkOf(shape);
    const { residual, logits } = resolvedOf(settings, shape, network);
    return inferenceModel({
      name: 'transfer',
      parameters: arrays as Record<string, { data: Float32Array; shape: readonly number[] }>,
      inputs: { ids: int32(1, shape.context) },
      build: (weights, { ids }) => ({
        logits: multiply(
          network.apply(weights, ids!, { multipliers: constant(residual, [residual.length]) }),
          logits,
        ),
      }),
    });
  },
  figures,
  metrics,
  claims,
});
