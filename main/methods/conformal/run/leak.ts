/** @file Whether a transport set reaches far beyond the residuals it was learned from. */
import type { Compute } from '../../../contract/compute';
import { transportPicture } from '../scores/otcp';
import type { FittedScore } from './score';

/** Share of directions inside at 1.5 times the largest residual; null for scores without an entropic map and for everything. */
export async function leakOf(
  compute: Compute,
  { arrays }: Pick<FittedScore, 'arrays'>,
  radius: number,
  seed: number,
): Promise<number | null> {
  if (!arrays.cloudBias || !Number.isFinite(radius)) return null;
  const { leak } = await transportPicture(compute, arrays, { seed, radius });
  return leak[0]!.share;
}
