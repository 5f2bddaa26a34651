/** @file What pairs are made of, from the prepared inputs: points in model units, training rows, and their labels. */
import { MongeError } from '../../../../native-models/error';
import type { Inputs } from '../inputs';
import type { FlowsConfig } from '../config';
import type { PoolData } from '../coupling/coupling';
import { labelsMissing } from '../coupling/open';
import { FEWEST_ROWS, prepareInputs, setRowsAside, type PreparedInputs } from './prepare';

export interface LabelledPoolData extends PoolData {
  /** Training rows left out because they have no label. */
  unlabelled: number;
}

/** Throws `labels-missing` and `too-few-labels` where the flow is conditioned on labels. */
export function poolData(
  { target, source, labels, classes, image, knownMap }: PreparedInputs,
  training: Int32Array,
  { condition }: Pick<FlowsConfig, 'condition'>,
): LabelledPoolData {
  const points = { target, source, ...(image ? { image } : {}), ...(knownMap ? { knownMap } : {}) };
  if (condition === 'none') return { ...points, training, classes: 0, unlabelled: 0 };
  if (!labels) throw labelsMissing();
  const labelled = training.filter((row) => labels[row]! >= 0);
  if (labelled.length < FEWEST_ROWS)
    throw new MongeError({
      code: 'too-few-labels',
      what: 'too few training rows have a label',
      where: { key: 'condition' },
      got: `${labelled.length} of ${training.length} rows`,
      expected: `at least ${FEWEST_ROWS}`,
    });
  return {
    ...points,
    training: labelled,
    labels,
    classes,
    unlabelled: training.length - labelled.length,
  };
}

/** The same from the inputs alone, for work beside the run. */
export async function poolDataOf(inputs: Inputs, config: FlowsConfig, seed: number): Promise<PoolData> {
  const prepared = await prepareInputs(inputs, config);
  const { training } = setRowsAside(prepared.matrix.rows, config.heldOut, seed);
  return { ...poolData(prepared, training, config), stored: inputs.pairs };
}
