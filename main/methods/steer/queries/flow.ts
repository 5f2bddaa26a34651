/** @file What the panel asks of a run that steers a flow: its sweep, the images behind it, images at any strength, and the flow with the maps in it. */
import { encodeModel } from '../../../../native-models';
import type { SteerArm, SteerFlowImages, SteerFlowPoint, SteerFlowSweep } from '../../../contract/steer';
import { steerArms } from '../../../contract/steer';
import type { Steering } from '../../../contract/steering';
import { unpacked } from '../../../disk/packed-json';
import { withMaps } from '../../../inference/steering/inserted';
import { randomMapsLike } from '../../../steering/control';
import { scalesOf, steeringOf } from '../fit/hooks';
import { openField } from '../flow/field';
import { openJudge } from '../flow/judge';
import { startPoints } from '../flow/noised';
import { openFlow } from '../flow/opened';
import { partsOf } from '../flow/parts';
import {
  flowFiles,
  flowNames,
  imagesAt,
  sourceFirst,
  storedImages,
  unpackedArrays,
  type FlowFacts,
  type KeptImages,
} from '../flow/stored';
import { generated } from '../flow/sweep';
import { factsOf, fittedOf, unfinished, type SteerContext } from './stored';

export const flowAnswers = {
  flowSweep: (context: SteerContext) => sweepOf(context),
  flowImages: (context: SteerContext, asked: { arm: SteerArm; rows: number }) => imagesOf(context, asked),
  flowAt: (context: SteerContext, asked: { arm: SteerArm; rows: number; lambda: number }) =>
    imagesAtStrength(context, asked),
};

async function sweepOf(context: SteerContext): Promise<SteerFlowSweep | null> {
  const facts = await flowFacts(context);
  if (!facts) return null;
  const points: SteerFlowPoint[] = [];
  for (const arm of steerArms)
    for (const lambda of facts.lambdas) {
      const stored = await context.kept(flowNames.point(arm, lambda));
      if (stored) points.push(unpacked<SteerFlowPoint>(stored));
    }
  return { ...facts, points };
}

async function flowFacts({ kept }: Pick<SteerContext, 'kept'>): Promise<FlowFacts | null> {
  const stored = await kept(flowNames.facts);
  return stored && unpacked<FlowFacts>(stored);
}

/** @throws `steer-unfinished` before there are images without steering */
async function imagesOf(
  context: SteerContext,
  { arm, rows }: { arm: SteerArm; rows: number },
): Promise<SteerFlowImages> {
  const { facts, order } = await startOf(context);
  const chosen = order.slice(0, rows);
  const columns: { lambda: number; images: KeptImages }[] = [];
  for (const lambda of facts.lambdas) {
    const stored = await context.kept(flowNames.images(lambda === 0 ? 'fitted' : arm, lambda));
    if (stored) columns.push({ lambda, images: storedImages(stored) });
  }
  return { ...grid(columns, chosen), image: facts.image, arm, available: order.length };
}

/** The same noises at a strength of its own: the network is opened and run. */
async function imagesAtStrength(
  context: SteerContext,
  { arm, rows, lambda }: { arm: SteerArm; rows: number; lambda: number },
): Promise<SteerFlowImages> {
  const { facts, order } = await startOf(context);
  const chosen = order.slice(0, rows);
  const { flow, field, judge } = await opened(context);
  const all = startPoints(flow, context.seed, 'steer.flow.start', context.config.noises);
  const dimension = flow.images.matrix.columns;
  const start = new Float32Array(chosen.length * dimension);
  chosen.forEach((row, k) => start.set(all.subarray(row * dimension, (row + 1) * dimension), k * dimension));
  const fitted = (await fittedOf(context)).map((one) => one.fitted.map);
  const maps = arm === 'fitted' ? fitted : randomMapsLike(fitted, context.seed);
  const { hooks } = await factsOf(context);
  const factors = scalesOf(context.config.scale, hooks);
  const images = await generated(
    field,
    judge,
    start,
    {
      steering: steeringOf(maps, lambda, { first: true, factors }),
      told: { labels: facts.told ? Int32Array.of(facts.from) : new Int32Array(0), guidance: flow.guidance },
      evaluations: context.config.evaluations,
    },
    { dimension, onProgress: () => undefined, stopRequested: () => false },
  );
  const own = grid([{ lambda, images: images! }], [...chosen.keys()]);
  return { ...own, noises: chosen, image: facts.image, arm, available: order.length };
}

/** @throws `steer-unfinished` */
async function startOf(context: SteerContext) {
  const facts = await flowFacts(context);
  const stored = facts && (await context.kept(flowNames.images('fitted', 0)));
  if (!stored) throw unfinished('no images are there yet');
  return { facts, order: sourceFirst(storedImages(stored).classes, facts.from) };
}

function opened(context: SteerContext) {
  return context.cached('steer.flow', async () => {
    const { inputs, config, seed, compute } = context;
    const flow = await openFlow(inputs);
    const parts = partsOf(flow.images, config, seed);
    const { hooks } = await factsOf(context);
    const known = new Set(hooks.map(({ id }) => id));
    const chosen = flow.hooks.filter(({ id }) => known.has(id));
    const bytes = await context.artifact(flowFiles.judge, { at: 0, bytes: Number.MAX_SAFE_INTEGER });
    if (!bytes) throw unfinished('the judge is not trained yet');
    const judge = await openJudge(compute, flow.images, parts, unpackedArrays(bytes, flowFiles.judge));
    const field = await openField(compute, flow, chosen);
    return {
      ...{ flow, judge, field },
      async close() {
        await field.close();
        await judge.close();
      },
    };
  });
}

/** Rows of images beside each other, a column a strength. */
function grid(columns: readonly { lambda: number; images: KeptImages }[], rows: readonly number[]) {
  const size = columns[0]!.images.pixels.length / columns[0]!.images.classes.length;
  const out = {
    lambdas: columns.map(({ lambda }) => lambda),
    noises: [...rows],
    pixels: new Uint8Array(rows.length * columns.length * size),
    judged: new Int32Array(rows.length * columns.length),
    confidence: new Float64Array(rows.length * columns.length),
  };
  for (const [column, { images }] of columns.entries()) {
    const pixels = imagesAt(images.pixels, rows, size);
    for (const [k, row] of rows.entries()) {
      const at = k * columns.length + column;
      out.pixels.set(pixels.subarray(k * size, (k + 1) * size), at * size);
      out.judged[at] = images.classes[row]!;
      out.confidence[at] = images.confidence[row]!;
    }
  }
  return out;
}

/** The flow as ONNX with the maps in it, all in proportion to a further input `steering.lambda`, a number. */
export async function steeredFlow(context: SteerContext, { maps }: Steering): Promise<Uint8Array> {
  const { model, hooks } = await openFlow(context.inputs);
  const places = hooks.map((hook) => ({ ...hook, shape: [hook.units] }));
  const channels = new Set(hooks.filter(({ layout }) => layout === 'channels').map(({ id }) => id));
  return encodeModel(withMaps(model, { maps, first: true }, places, { channels }));
}
