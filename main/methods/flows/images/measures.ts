/** @file How good generated images are: their Fréchet distance to held-out ones at several budgets, beside that of real images, and a picture of them. */
import { stream } from '../../../../native-models';
import type { ImageShape } from '../../../contract/data';
import type { RunContext } from '../../../contract/define';
import type { ModelInput } from '../../../contract/opened';
import { clip, encodeSheet, toPixels } from '../../../images/pixels';
import { frechetEstimate } from '../../../numerics/frechet';
import { gatherRows } from '../../../numerics/gather';
import { solveFixed, type Velocity } from '../../../ode/fixed';
import { Parts } from '../../../training/parts';
import { measurePoints, stoppable, unlessStopped } from '../measure/final';
import type { PreparedInputs, RowsApart } from '../points/prepare';
import { unstandardise } from '../points/standardise';
import { openExtractor } from './extractor';
import { openUserExtractor } from './user-extractor';

/** Euler budgets at which images are judged. */
const FRECHET_BUDGETS = [4, 8, 64] as const;
/** Fewer images say nothing. */
const FEWEST = 64;

/**
 * Compares the images of a trained run with held-out ones, at most `frechetSamples` of each, and tells the run by what:
 * `frechet.floor`, what two disjoint samples of real images are apart, `frechet.nfe{4,8,64}` with Euler steps, and the same
 * with `infinite` where they could be extrapolated. `generated` holds [points, dimension] what was made from the same
 * source points already, by budget; `parts` keep the training of an extractor. No numbers where the data are no images or
 * too few; null when stopped. Throws the coded errors of a user's extractor.
 */
export async function judgeImages(
  context: RunContext,
  { frechetSamples, extractor: given }: { frechetSamples: number; extractor?: ModelInput | undefined },
  velocity: Velocity,
  prepared: PreparedInputs,
  rows: RowsApart,
  generated: ReadonlyMap<number, Float32Array>,
  parts = Parts.ofNothing(context),
): Promise<Record<string, number> | null> {
  const { image, matrix, dimension, source, standardisation } = prepared;
  const { compute, seed } = context;
  const samples = Math.min(frechetSamples, rows.heldOut.length, rows.training.length);
  if (!image || samples < FEWEST) return {};
  const extractor = given
    ? await openUserExtractor(compute, given, image)
    : await openExtractor(compute, { ...prepared, image }, parts);
  if (!extractor) return null;
  const steps = FRECHET_BUDGETS.length + 1;
  const onProgress = (step: number) =>
    context.progress({ stage: 'judging images', step, steps, stepsPerSecond: null });
  const judged = unlessStopped(async () => {
    // In random order, so that halves and quarters are samples too.
    const real = (from: Int32Array, label: string) => {
      const order = stream(seed, label).permutation(from.length).subarray(0, samples);
      const chosen = order.map((k) => from[k]!);
      return extractor.extract(gatherRows(matrix.data, dimension, chosen));
    };
    const heldOut = await real(rows.heldOut, 'flows.frechet.heldOut');
    const numbers: Record<string, number> = {};
    const compare = (name: string, features: Float32Array) => {
      const { distance, infinite } = frechetEstimate(features, heldOut, extractor.features);
      numbers[`frechet.${name}`] = distance;
      if (infinite !== null) numbers[`frechet.infinite.${name}`] = infinite;
    };
    compare('floor', await real(rows.training, 'flows.frechet.training'));
    onProgress(1);
    const start = unstandardise(measurePoints(source, seed, samples), standardisation);
    const watched = stoppable(velocity, () => context.stopRequested());
    for (const [k, budget] of FRECHET_BUDGETS.entries()) {
      // Fewer points are a prefix of more.
      const made = generated.get(budget)?.subarray(0, start.length);
      const points =
        made?.length === start.length ? made : (await solveFixed(watched, start, 'euler', budget)).points;
      compare(`nfe${budget}`, await extractor.extract(points.map(clip)));
      onProgress(k + 2);
    }
    const { accuracy, model } = extractor;
    const name = `FD[${extractor.name}]`;
    if (model) await context.artifact('extractor.onnx', model);
    context.notice(`Images are compared by ${name} over ${samples} images${describe(accuracy)}.`);
    context.log('info', 'images compared', { extractor: name, samples, accuracy });
    return numbers;
  });
  return judged.finally(() => extractor.close());
}

function describe(accuracy: number | null): string {
  if (accuracy === null) return '';
  return `; its network was trained on these labels and is right on ${(100 * accuracy).toFixed(1)} % of those it had not seen`;
}

/** Euler budgets, one column each. */
export const SHEET_BUDGETS = [1, 2, 4, 8, 16, 64] as const;
/** Noises, one row each; those of the panel, so that the sheets of all runs on images of one shape can be compared. */
const NOISES = 8;
const NOISE_SEED = 7;

/** The sheet as PNG bytes. */
export async function sampleSheet(
  velocity: Velocity,
  { source, standardisation }: PreparedInputs,
  image: ImageShape,
): Promise<Uint8Array> {
  const start = unstandardise(source.draw(NOISE_SEED, 'flows.display.source', 0, NOISES), standardisation);
  const columns: Uint8Array[] = [];
  for (const budget of SHEET_BUDGETS)
    columns.push(toPixels((await solveFixed(velocity, start, 'euler', budget)).points));
  return encodeSheet(columns, NOISES, image);
}
