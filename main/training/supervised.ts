/** @file Fits of a network to rows with known answers, on the training loop: random batches, and the weights kept that are best on rows set apart. */
import {
  adamw,
  float32,
  inferenceModel,
  stream,
  type Module,
  type Tensor,
  type TensorType,
} from '../../native-models';
import { hostArray } from '../compute/host-array';
import type { Compute, HostTensor } from '../contract/compute';
import type { Arrays, CheckpointState } from '../contract/define';
import { prefixed, under, vector } from '../disk/named-arrays';
import { gatherRows } from '../numerics/gather';
import { trainLoop, type RunningLoop, type TrainingContext, type TrainSpec } from './loop';
import type { TrainingArray } from './training';

/** With fewer rows a tenth decides nothing. */
const FEWEST_ROWS = 20;
/** Steps between two looks at the rows set apart, at most. */
const LOOK_EVERY = 100;
/** Looks without a better one after which training ends, as a share of all, and at least so many. */
const PATIENCE = 1 / 3;
const LEAST_PATIENCE = 4;
const BEST = 'best/';
const LEAST = 'bestLoss';

export interface SupervisedFit extends Pick<
  TrainSpec,
  'label' | 'device' | 'steps' | 'start' | 'learningRate'
> {
  network: Module & { loss(parameters: Record<string, Tensor>, x: Tensor, y: Tensor): Tensor };
  /** [rows, inputs] and [rows, …]. */
  rows: { count: number; x: Float32Array; y: Float32Array };
  /** What the network takes as y of so many rows. */
  answer: (count: number) => TensorType;
  /** Rows in a batch. */
  batch: number;
  /** Positions of the rows of a step; a function of the step alone. */
  rowsOf: (step: number) => Int32Array;
  /** Gradients are scaled down to this norm. */
  clipNorm?: number;
  /** Positions of rows to choose by, which are not trained on. Without any the last weights are kept. */
  heldOut?: Int32Array;
}

/**
 * The parameters after at most `steps` steps of AdamW: those that are best on the rows held out, of which training ends
 * when they have not become better for long. Null when stopped. The same bits on the CPU, resumed or not.
 * @throws what `trainLoop` throws
 */
export async function fitNetwork(context: TrainingContext, fit: SupervisedFit): Promise<Arrays | null> {
  const { network, rows, answer, batch, clipNorm, heldOut = new Int32Array(0) } = fit;
  const { count, x, y } = rows;
  const chosen = (which: Int32Array) => ({
    x: gatherRows(x, x.length / count, which),
    y: gatherRows(y, y.length / count, which),
  });
  const loss =
    heldOut.length > 0 ? await openLoss(context.compute, fit, chosen(heldOut), heldOut.length) : null;
  const look = loss && lookout(fit.steps, loss, context.resume);
  try {
    const trained = await trainLoop(context, {
      ...fit,
      program: {
        name: 'supervised',
        parameters: network.parameters,
        optimiser: adamw(),
        clip: clipNorm !== undefined,
        stream: { x: float32(batch, x.length / count), y: answer(batch) },
        loss: (parameters, batch) => network.loss(parameters, batch.x!, batch.y!),
      },
      fill(step, into) {
        const of = chosen(fit.rowsOf(step));
        into.x!.set(of.x);
        into.y!.set(of.y);
      },
      ...(clipNorm === undefined ? {} : { hyper: () => ({ clipNorm }) }),
      ...look,
    });
    return trained && (look?.best() ?? trained.parameters);
  } finally {
    await loss?.close();
  }
}

/** A random tenth of the rows to choose by, or none of fewer than 20, and the rest to learn from; keyed by seed and label. */
export function holdOut(rows: number, seed: number, label: string) {
  const order = stream(seed, label).permutation(rows);
  const aside = rows < FEWEST_ROWS ? 0 : Math.floor(rows / 10);
  return { learn: order.slice(aside), choose: order.slice(0, aside) };
}

/** The rows of a step: the next `batch` of an endless sequence of shuffles, so that every row is used equally often. */
export function shuffledBatches(learn: Int32Array, batch: number, seed: number, label: string) {
  let [epoch, order]: [number, Int32Array] = [-1, learn];
  return (step: number) =>
    Int32Array.from({ length: batch }, (_, k) => {
      const place = step * batch + k;
      const wanted = Math.floor(place / learn.length);
      if (wanted !== epoch) {
        epoch = wanted;
        order = stream(seed, label, epoch).permutation(learn.length);
      }
      return learn[order[place % learn.length]!]!;
    });
}

/** What the loop does between its steps to find the weights that are best on the rows held out. */
function lookout(steps: number, loss: LossOf, resume: TrainingContext['resume']) {
  const every = Math.max(1, Math.min(LOOK_EVERY, Math.ceil(steps / 10)));
  const patience = Math.max(LEAST_PATIENCE, Math.ceil((steps / every) * PATIENCE));
  /** The best weights and their loss; the step of the last look, and looks since the best one. */
  let best: Arrays | null = null;
  let least = NaN;
  let [looked, since] = [0, 0];
  if (resume?.arrays[LEAST]) {
    ({ looked, since } = resume.json as { looked: number; since: number });
    least = resume.arrays[LEAST].data[0]!;
    best = under(BEST, resume.arrays);
  }
  return {
    best: () => best,
    events: Array.from({ length: Math.floor(steps / every) }, (_, k) => (k + 1) * every),

    async before(loop: RunningLoop): Promise<'go on' | 'enough'> {
      const due = loop.step % every === 0 || loop.step === steps;
      if (due && loop.step > looked) {
        looked = loop.step;
        const parameters = await loop.parameters();
        const now = await loss.of(parameters);
        since = best && now >= least ? since + 1 : 0;
        if (since === 0) [best, least] = [parameters, now];
      }
      return since < patience ? 'go on' : 'enough';
    },

    stored(): Pick<CheckpointState, 'json' | 'arrays'> {
      const arrays = best ? { ...prefixed(BEST, best), [LEAST]: vector(Float64Array.of(least)) } : {};
      return { json: { looked, since }, arrays };
    },
  };
}

/** The parameters of a network with the shapes that it gives them. */
export function shaped({ parameters }: Module, values: Readonly<Record<string, Float32Array>>) {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [
      name,
      { data: values[name]!, shape: shape as readonly number[] },
    ]),
  );
}

type LossOf = Awaited<ReturnType<typeof openLoss>>;

/** The loss on fixed rows as a function of the parameters. */
async function openLoss(
  compute: Compute,
  { network, answer }: Pick<SupervisedFit, 'network' | 'answer'>,
  { x, y }: { x: Float32Array; y: Float32Array },
  count: number,
) {
  const [inputs, target] = [float32(count, x.length / count), answer(count)];
  const session = await compute.open(
    inferenceModel({
      name: 'look',
      parameters: shaped(network, network.initialise(0)),
      inputs: { x: inputs, y: target },
      build: (given, { x, y }) => ({ loss: network.loss(given, x!, y!) }),
      weights: 'inputs',
    }),
    { device: 'cpu', label: 'rows set apart' },
  );
  const answers = hostArray(target.dtype, y.length) as TrainingArray;
  answers.set(y);
  const rows: Record<string, HostTensor> = {
    x: { type: 'float32', data: x, dims: inputs.shape as number[] },
    y: { type: target.dtype, data: answers, dims: target.shape as number[] },
  };
  return {
    async of(given: Arrays): Promise<number> {
      const feeds = { ...rows };
      for (const [name, { data, shape }] of Object.entries(given))
        feeds[name] = { type: 'float32', data, dims: shape };
      const { loss } = await session.run(feeds);
      return Number(loss!.data[0]);
    },
    close: () => session.close(),
  };
}
