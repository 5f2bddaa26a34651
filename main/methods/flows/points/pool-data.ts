/** @file What pairs are made of, from the prepared inputs: points in model units, training rows, and their labels. */
import { MongeError } from '../../../../native-models/error';
import type { Inputs } from '../../define';
import type { FlowsConfig } from '../config';
import type { PoolData } from '../coupling/coupling';
import { labelsMissing } from '../coupling/open';
import { FEWEST_ROWS, prepareInputs, splitRows, type PreparedInputs } from './prepare';

export interface LabelledPoolData extends PoolData {
  /** Training rows left out because they have no label. */
  unlabelled: number;
}

/** Throws `labels-missing` and `too-few-labels` where the flow is conditioned on labels. */
export async function poolData(
  inputs: Inputs,
  { target, source, rowIndex }: PreparedInputs,
  training: Int32Array,
  { condition }: Pick<FlowsConfig, 'condition'>,
): Promise<LabelledPoolData> {
  if (condition === 'none') return { target, source, training, classes: 0, unlabelled: 0 };
  const found = await inputs.data?.labels();
  if (!found) throw labelsMissing();
  const labels = Int32Array.from(rowIndex, (row) => found.codes[row]!);
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
    target,
    source,
    training: labelled,
    labels,
    classes: found.names.length,
    unlabelled: training.length - labelled.length,
  };
}

/** The same from the inputs alone, for work beside the run. */
export async function poolDataOf(inputs: Inputs, config: FlowsConfig, seed: number): Promise<PoolData> {
  const prepared = await prepareInputs(inputs);
  const { training } = splitRows(prepared.matrix.rows, config.heldOut, seed);
  return poolData(inputs, prepared, training, config);
}
