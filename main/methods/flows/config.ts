/** @file The settings of the Flows method, and better defaults for the data at hand. */
import type { ImageShape } from '../../contract/data';
import type { DatasetInfos } from '../../contract/inputs';
import { object, type ConfigOf } from '../../contract/schema';
import { measuringFields } from './config/measuring';
import { pairingFields } from './config/pairing';
import { networkFields, trainingFields } from './config/training';

const fields = { ...pairingFields, ...trainingFields, ...networkFields, ...measuringFields };

export const config = object(fields);
export type FlowsConfig = ConfigOf<typeof fields>;

/** Above this many columns the data wants a wide network and small batches. */
const HIGH_DIMENSION = 16;
/** Images with fewer pixels along a side are as well learned as plain numbers. */
const SMALLEST_SIDE = 16;
/**
 * Few tokens and wide: on MNIST a transformer of 16 tokens and width 128 came to half the FD of one of 49 tokens and
 * width 64 in the same time.
 */
const MOST_TOKENS = 25;

/** Better defaults for this data: a network that suits it, and pools no larger than small data can fill. */
export function suggest(inputs: DatasetInfos): Partial<FlowsConfig> {
  const data = inputs.data;
  if (!data) return {};
  const columns = data.columns.filter((column) => column.role === 'feature' || column.role === 'image');
  const dimension = columns.reduce((sum, column) => sum + column.width, 0);
  const image = columns.length === 1 ? columns[0]!.image : undefined;
  const suggestion = suggestNetwork(dimension, image);
  // A pool several times the data repeats each point, which sharpens nothing and costs n² all the same.
  const poolSize = suggestion.poolSize ?? 4096;
  const fitting = Math.max(256, 2 ** Math.ceil(Math.log2(Math.max(1, data.rows))));
  if (fitting < poolSize) suggestion.poolSize = fitting;
  return suggestion;
}

function suggestNetwork(dimension: number, image: ImageShape | undefined): Partial<FlowsConfig> {
  const pools = { poolSize: 2048, pairs: 16384 };
  if (image && Math.min(image.height, image.width) >= SMALLEST_SIDE)
    return {
      network: 'transformer',
      patch: suggestPatch(image),
      width: 128,
      batchSize: 64,
      steps: 4000,
      learningRate: 1e-3,
      ...pools,
    };
  if (dimension > HIGH_DIMENSION)
    return { hidden: 512, layers: 4, batchSize: 256, steps: 3000, learningRate: 1e-3, ...pools };
  return {};
}

/** The smallest patch from 4 on that keeps the tokens few; among those that are no slower, one that needs no padding. */
function suggestPatch({ height, width }: ImageShape): number {
  const tokens = (patch: number) => Math.ceil(height / patch) * Math.ceil(width / patch);
  let patch = 4;
  while (tokens(patch) > MOST_TOKENS) patch++;
  for (let wider = patch; wider <= Math.min(64, patch + Math.max(3, patch / 4)); wider++)
    if (height % wider === 0 && width % wider === 0) return wider;
  return Math.min(patch, 64);
}
