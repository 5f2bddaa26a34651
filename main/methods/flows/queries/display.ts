/** @file The clouds at rest: what the data and the source look like. */
import type { Inputs, QueryContext } from '../../../contract/define';
import type { FlowsConfig } from '../config';
import { gatherRows } from '../../../numerics/gather';
import type { DisplayAnswer } from '../view';
import { check } from '../../../contract/query';
import { displayArguments } from './arguments';
import { DISPLAY_NOISE, scene, sourcePoints } from './scene';

export async function display(
  context: QueryContext,
  inputs: Inputs,
  config: FlowsConfig,
  args: unknown,
): Promise<DisplayAnswer> {
  const asked = check('display', displayArguments, args);
  const view = await scene(context, inputs, config);
  const count = Math.min(asked.count, view.matrix.rows);
  const rows = view.order.subarray(0, count);
  // A problem makes its own rows: what a data set's labels say is not about them.
  const labels = config.problem === 'data' ? ((await inputs.data?.labels()) ?? null) : null;
  const targetRows = Uint32Array.from(rows, (row) => view.rowIndex[row]!);
  return {
    dimension: view.dimension,
    axes: view.display.axes,
    explained: view.display.explained,
    source: view.display.project(sourcePoints(view, DISPLAY_NOISE, count), count),
    target: view.display.project(gatherRows(view.matrix.data, view.dimension, rows), count),
    targetRows,
    targetLabels: labels ? Int32Array.from(targetRows, (row) => labels.codes[row]!) : null,
    labelNames: labels?.names ?? [],
    image: view.matrix.image ?? null,
  };
}
