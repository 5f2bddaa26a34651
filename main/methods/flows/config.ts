/** @file The settings of the Flows method, and better defaults for the data at hand. */
import type { DatasetInfo } from '../../data/types';
import { object, type ConfigOf } from '../schema';
import { measuringFields } from './config/measuring';
import { networkFields } from './config/network';
import { pairingFields } from './config/pairing';
import { problemFields } from './config/problem';
import { sinkhornFields } from './config/sinkhorn';
import { trainingFields } from './config/training';

const fields = {
  ...pairingFields,
  ...sinkhornFields,
  ...trainingFields,
  ...networkFields,
  ...measuringFields,
  ...problemFields,
};

export const config = object(fields);
export type FlowsConfig = ConfigOf<typeof fields>;

/** Above this many columns the data wants a wide network and small batches. */
const HIGH_DIMENSION = 16;

/** Better defaults for this data: a wider network in high dimension, pools no larger than small data can fill. */
export function suggest(inputs: Readonly<Record<string, DatasetInfo | undefined>>): Partial<FlowsConfig> {
  const data = inputs.data;
  if (!data) return {};
  const dimension = data.columns
    .filter((column) => column.role === 'feature' || column.role === 'image')
    .reduce((sum, column) => sum + column.width, 0);
  const suggestion: Partial<FlowsConfig> =
    dimension > HIGH_DIMENSION
      ? {
          hidden: 512,
          layers: 4,
          batchSize: 256,
          steps: 3000,
          learningRate: 1e-3,
          poolSize: 2048,
          pairs: 16384,
        }
      : {};
  // A pool several times the data repeats each point, which sharpens nothing and costs n² all the same.
  const poolSize = suggestion.poolSize ?? 4096;
  const fitting = Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(1, data.rows))));
  if (fitting < poolSize) suggestion.poolSize = fitting;
  return suggestion;
}
