/** @file What every query of a flow needs: the data, the source, the display axes and the model, made once per run and kept. */
import { stream } from '../../../../native-models';
import { MongeError } from '../../../../native-models/error';
import type { ImageShape } from '../../../contract/data';
import { answersFor, type QueryContext, type StoredRun } from '../../../contract/query';
import { fitDisplay } from '../../../data/display';
import type { Velocity } from '../../../ode/fixed';
import type { FlowsConfig } from '../config';
import type { Inputs } from '../inputs';
import { openVelocityModel, typicalCondition, type Condition } from '../model';
import { prepareInputs } from '../points/prepare';
import { unstandardise } from '../points/standardise';

export type PreparedFlow = Awaited<ReturnType<typeof prepareFlow>>;

export type FlowContext = QueryContext<FlowsConfig, PreparedFlow, Inputs>;
export const answers = answersFor<FlowsConfig, PreparedFlow, Inputs>();

export async function prepareFlow({ inputs, config, seed }: StoredRun<FlowsConfig, Inputs>) {
  const prepared = await prepareInputs(inputs, config);
  return {
    ...prepared,
    display: fitDisplay(prepared.matrix),
    /** An order of the data's rows, of which every answer shows a prefix. */
    order: stream(seed, 'flows.display').permutation(prepared.matrix.rows),
  };
}

/** The noise of the clouds shown at rest and of the pairs drawn over them. */
export const DISPLAY_NOISE = 0;

/** The first `count` source points of a noise seed, in data units; fewer are a prefix of more. */
export function sourcePoints(
  { source, standardisation }: PreparedFlow,
  noiseSeed: number,
  count: number,
): Float32Array {
  return unstandardise(source.draw(noiseSeed, 'flows.display.source', 0, count), standardisation);
}

/** The shape of the rows; throws the error of this code where they are no images. */
export function requireImage({ image, dimension }: PreparedFlow, code: string, what: string): ImageShape {
  if (image) return image;
  const got = `${dimension} columns without an image shape`;
  throw new MongeError({ code, what, got, help: 'give an image column the role "image"' });
}

/**
 * The velocity in data units as of a snapshot, with the snapshot's step and what the run is made of. A conditional flow
 * is told `condition`; without it, the classes in the data's shares.
 */
export async function velocityAt(
  context: FlowContext,
  asked: number | 'latest',
  condition?: Condition,
): Promise<{ step: number; velocity: Velocity; flow: PreparedFlow }> {
  const { compute, config, seed } = context;
  const flow = await context.prepared();
  const { step, arrays } = await context.snapshot(asked);
  const model = await context.cached('flows.model', () => openVelocityModel(compute, config, flow));
  return {
    step,
    velocity: model.at(arrays, condition ?? typicalCondition(config, flow, flow.order, seed)),
    flow,
  };
}
