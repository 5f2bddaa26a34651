/**
 * @file What counts as a training that has left the numbers, and the one error that says so.
 *
 * Size counts beside NaN, because WebGPU turns NaN and infinity into finite numbers on its way through Relu, Clip, Sigmoid
 * and Softmax. The bounds lie far beyond anything that still learns; float32 itself ends at 3e38.
 */
import { MongeError, type ErrorDetail, type Place } from '../../native-models/error';
import type { TrainingState } from './training';

/** The code of the error; a run that ends with it has the status of this name. */
export const DIVERGED = 'diverged';

/** Times the first loss, or 1 where that is smaller. */
const LOSS_BOUND = 1e9;
const WEIGHT_BOUND = 1e6;

/** The error of numbers that cannot be gone on with, also of what is fitted without steps. */
export function diverged(detail: Omit<ErrorDetail, 'code'>): MongeError {
  return new MongeError({ code: DIVERGED, ...detail });
}

/** @throws `diverged` for a loss that is no number, or is out of all proportion to the first one. */
export function requireSoundLoss(loss: number, first: number, step: number, label: string): void {
  const most = LOSS_BOUND * Math.max(1, Math.abs(first));
  if (Number.isFinite(loss) && Math.abs(loss) <= most) return;
  const what = Number.isFinite(loss)
    ? 'the loss has left all bounds'
    : 'the loss is not a finite number any more';
  throw outOfBounds(what, { op: label, key: `step ${step}` }, loss, most);
}

/** @throws `diverged` for parameters that are no numbers, or larger than any that learn. */
export function requireSoundWeights(state: TrainingState, step: number, label: string): void {
  for (const [name, { data }] of Object.entries(state)) {
    if (name.split('/')[0] !== 'parameters') continue;
    const at = data.findIndex((weight) => !(Math.abs(weight) <= WEIGHT_BOUND));
    if (at < 0) continue;
    const where = { op: label, tensor: name, key: `step ${step}` };
    throw outOfBounds('the parameters have left all bounds', where, data[at]!, WEIGHT_BOUND);
  }
}

function outOfBounds(what: string, where: Place, value: number, most: number): MongeError {
  return diverged({
    ...{ what, where, got: String(value), expected: `at most ${most.toPrecision(1)}` },
    help: 'lower learningRate, or look for extreme values in the data',
  });
}
