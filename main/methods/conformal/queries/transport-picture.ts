/** @file What a fitted map does to the residuals it was fitted on, and what lies far out of them. */
import type { Compute, Device } from '../../../contract/compute';
import { guardsTail } from '../scores/transport';
import type { Arrays } from '../../../contract/define';
import { leaks, saturated, type Leak } from '../../../transport/rank/diagnose';
import { mapOf, type EntropicMap } from '../../../transport/rank/entropic';
import { openRank } from '../../../transport/rank/rank';
import { undone } from '../../../transport/rank/scaling';

export interface TransportPicture {
  map: EntropicMap;
  /** [n] ranks and [n, d] images in the ball of the fit residuals. */
  ranks: Float64Array;
  images: Float32Array;
  /** Empty for the whole space. */
  leak: Leak[];
  saturated: boolean;
}

/** The picture of the map in the arrays of `otcp` or `otcpStandardised` at a calibrated radius. */
export async function transportPicture(
  compute: Compute,
  arrays: Arrays,
  { seed, radius, device }: { seed: number; radius: number; device?: Device },
): Promise<TransportPicture> {
  const map = mapOf(arrays);
  const residuals = undone(map.scaling, map.cloud);
  const open = await openRank(compute, map, { tailGuard: guardsTail(arrays), device });
  try {
    const { ranks, images } = await open.run(residuals);
    if (!Number.isFinite(radius)) return { map, ranks, images, leak: [], saturated: false };
    const ranksOf = async (far: Float64Array) => (await open.run(far)).ranks;
    const leak = await leaks(ranksOf, map.scaling, residuals, radius, seed);
    return { map, ranks, images, leak, saturated: saturated(ranks, radius) };
  } finally {
    await open.close();
  }
}
