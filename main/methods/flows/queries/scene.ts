/** @file What every query needs: the data, the source, the display axes and the model, made once per run and kept. */
import type { Inputs, QueryContext } from '../../../contract/define';
import { fitDisplay, type Display } from '../../../data/display';
import { stream } from '../../../../native-models';
import type { FlowsConfig } from '../config';
import { openVelocityModel, typicalCondition, type VelocityModel } from '../model';
import { prepareInputs, type PreparedInputs } from '../points/prepare';
import { unstandardise } from '../points/standardise';
import type { Velocity } from '../../../ode/types';

export interface Scene extends PreparedInputs {
  display: Display;
  /** An order of the data's rows, of which every answer shows a prefix. */
  order: Int32Array;
  /** Nothing to close; the cache asks. */
  close?(): void;
}

export function scene(context: QueryContext, inputs: Inputs, config: FlowsConfig): Promise<Scene> {
  return context.cached('flows.scene', async (): Promise<Scene> => {
    const prepared = await prepareInputs(inputs, config);
    return {
      ...prepared,
      display: fitDisplay(prepared.matrix),
      order: stream(context.seed, 'flows.display').permutation(prepared.matrix.rows),
    };
  });
}

/** The noise of the clouds shown at rest and of the pairs drawn over them. */
export const DISPLAY_NOISE = 0;

/** The first `count` source points of a noise seed, in data units; fewer are a prefix of more. */
export function sourcePoints(
  { source, standardisation }: Scene,
  noiseSeed: number,
  count: number,
): Float32Array {
  return unstandardise(source.draw(noiseSeed, 'flows.display.source', 0, count), standardisation);
}

/**
 * The velocity in data units as of a snapshot, with the snapshot's step. A conditional flow is told `condition`; without
 * it, the classes in the data's shares.
 */
export async function velocityAt(
  context: QueryContext,
  config: FlowsConfig,
  view: Scene,
  step: number | 'latest',
  condition = typicalCondition(config, view, view.order, context.seed),
): Promise<{ step: number; velocity: Velocity }> {
  const snapshot = await context.snapshot(step);
  const model: VelocityModel = await context.cached('flows.model', () =>
    openVelocityModel(context.compute, config, view, view.standardisation),
  );
  return { step: snapshot.step, velocity: model.at(snapshot.arrays, condition) };
}
