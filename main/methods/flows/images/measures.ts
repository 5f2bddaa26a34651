/** @file How good generated images are: their Fréchet distance to held-out ones at several budgets, beside that of real images. */
import { stream } from '../../../../native-models';
import type { Compute } from '../../../contract/compute';
import type { ImageShape } from '../../../contract/data';
import type { RunContext } from '../../../contract/define';
import type { ModelInput } from '../../../contract/opened';
import type { FlowsConfig } from '../config';
import { measurePoints } from '../measure/final';
import { gatherRows } from '../../../numerics/gather';
import type { PreparedInputs } from '../points/prepare';
import { unstandardise } from '../points/standardise';
import { solveFixed } from '../../../ode/fixed';
import type { Velocity } from '../../../ode/types';
import { Parts } from '../../../training/parts';
import { stoppable, unlessStopped } from '../measure/stop';
import { showStage } from '../stage';
import { openExtractor, type Extractor } from './extractor';
import { openUserExtractor } from './user-extractor';
import { frechetEstimate, type FrechetEstimate } from '../../../numerics/frechet';

/** Euler budgets at which images are judged. */
const FRECHET_BUDGETS = [4, 8, 64] as const;
/** Fewer images say nothing. */
const FEWEST = 64;

/**
 * Compares the images of a trained run with held-out ones and tells the run by what: the metrics, none where the data are
 * no images; null when stopped.
 */
export async function judgeImages(
  context: RunContext,
  config: Pick<FlowsConfig, 'frechetSamples'> & Pick<FrechetOptions, 'extractor'>,
  velocity: Velocity,
  prepared: PreparedInputs,
  rows: { training: Int32Array; heldOut: Int32Array },
  generated: ReadonlyMap<number, Float32Array>,
  parts = Parts.ofNothing(context),
): Promise<Record<string, number> | null> {
  const samples = Math.min(config.frechetSamples, rows.heldOut.length, rows.training.length);
  const { image } = prepared;
  if (!image || samples < FEWEST) return {};
  const measured = await frechetMeasures(velocity, { ...prepared, image }, rows, {
    compute: context.compute,
    seed: context.seed,
    samples,
    extractor: config.extractor,
    generated,
    shouldStop: () => context.stopRequested(),
    parts,
    onProgress: (step, steps) => showStage(context, 'judging images', step, steps),
  });
  if (!measured) return null;
  const { name, accuracy, extractor } = measured;
  if (extractor) await context.artifact('extractor.onnx', extractor);
  context.notice(`Images are compared by ${name} over ${samples} images${describe(accuracy)}.`);
  context.log('info', 'images compared', { extractor: name, samples, accuracy });
  return frechetMetrics(measured);
}

function describe(accuracy: number | null): string {
  if (accuracy === null) return '';
  return `; its network was trained on these labels and is right on ${(100 * accuracy).toFixed(1)} % of those it had not seen`;
}

export interface FrechetOptions {
  compute: Compute;
  seed: number;
  /** Images in each cloud; no more than there are held-out and training rows. */
  samples: number;
  /** The user's own extractor; without one, ours. */
  extractor?: ModelInput | undefined;
  /** [points, dimension] what was generated from the same source points already, by budget. */
  generated?: ReadonlyMap<number, Float32Array>;
  shouldStop: () => boolean;
  /** Where the training of an extractor is kept. */
  parts: Parts;
  onProgress?: (done: number, of: number) => void;
}

export interface FrechetMeasures {
  /** As the distance is called: FD[extractor]. */
  name: string;
  /** Images in each cloud. */
  samples: number;
  /** Share of test images that the extractor classifies correctly; null where it is no classifier. */
  accuracy: number | null;
  /** Between held-out and training images. */
  floor: FrechetEstimate;
  /** Between generated and held-out images at each of `FRECHET_BUDGETS`. */
  distances: FrechetEstimate[];
  /** The extractor as an ONNX file, null where the user gave it. */
  extractor: Uint8Array | null;
}

/**
 * FD[extractor] of images generated with Euler steps, and the floor: what two disjoint samples of real images of that size
 * are apart. Null when stopped. Throws the coded errors of a user's extractor.
 */
export async function frechetMeasures(
  velocity: Velocity,
  prepared: PreparedInputs & { image: ImageShape },
  rows: { training: Int32Array; heldOut: Int32Array },
  options: FrechetOptions,
): Promise<FrechetMeasures | null> {
  const { image, matrix, dimension, source, standardisation } = prepared;
  const { compute, seed, samples: count, shouldStop, parts, onProgress } = options;
  const extractor: Extractor | null =
    options.extractor === undefined
      ? await openExtractor(compute, prepared, parts)
      : await openUserExtractor(compute, options.extractor, image);
  if (!extractor) return null;
  const judged = unlessStopped(async () => {
    const stages = FRECHET_BUDGETS.length + 1;
    const compare = (left: Float32Array, right: Float32Array) =>
      frechetEstimate(left, right, extractor.features);
    // In random order, so that halves and quarters are samples too.
    const real = (from: Int32Array, label: string) => {
      const order = stream(seed, label).permutation(from.length).subarray(0, count);
      const chosen = order.map((k) => from[k]!);
      return extractor.extract(gatherRows(matrix.data, dimension, chosen));
    };
    const heldOut = await real(rows.heldOut, 'flows.frechet.heldOut');
    const floor = compare(await real(rows.training, 'flows.frechet.training'), heldOut);
    onProgress?.(1, stages);
    const start = unstandardise(measurePoints(source, seed, count), standardisation);
    const distances: FrechetEstimate[] = [];
    for (const [k, budget] of FRECHET_BUDGETS.entries()) {
      // Fewer points are a prefix of more.
      const made = options.generated?.get(budget)?.subarray(0, start.length);
      const points =
        made?.length === start.length
          ? made
          : (await solveFixed(stoppable(velocity, shouldStop), start, 'euler', budget)).points;
      distances.push(compare(await extractor.extract(points.map(clip)), heldOut));
      onProgress?.(k + 2, stages);
    }
    const { name, accuracy, model } = extractor;
    return { name: `FD[${name}]`, samples: count, accuracy, floor, distances, extractor: model };
  });
  return judged.finally(() => extractor.close());
}

/** `frechet.floor`, `frechet.nfe{4,8,64}`, and the same with `infinite` where they could be extrapolated. */
export function frechetMetrics({ floor, distances }: FrechetMeasures): Record<string, number> {
  const named: [string, FrechetEstimate][] = [
    ['floor', floor],
    ...FRECHET_BUDGETS.map((budget, k): [string, FrechetEstimate] => [`nfe${budget}`, distances[k]!]),
  ];
  return Object.fromEntries(
    named.flatMap(([key, { distance, infinite }]): [string, number][] => [
      [`frechet.${key}`, distance],
      ...(infinite === null ? [] : [[`frechet.infinite.${key}`, infinite] as [string, number]]),
    ]),
  );
}

/** Generated images as they would be stored: the flow may overshoot. */
function clip(value: number): number {
  return Math.min(1, Math.max(-1, value));
}
