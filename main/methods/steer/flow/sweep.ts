/** @file One strength of one arm: images from the same noises, and what is told of them. */
import type { Banded, SteerArm, SteerFlowPoint } from '../../../contract/steer';
import type { Steering } from '../../../contract/steering';
import { clip, toPixels } from '../../../images/pixels';
import { solveFixed } from '../../../ode/fixed';
import { banded } from '../sweep/bands';
import type { SteeredField, Told } from './field';
import type { FlowJudge, Judged } from './judge';
import type { Parts } from './parts';
import type { KeptImages } from './stored';

/** Noises between two looks at whether to stop. */
const TOGETHER = 64;
/** Pixels from black to white. */
const WHITE = 255;

export interface Generated extends KeptImages {
  features: Float32Array;
}

/** Images [noises, dimension] that the flow makes of `start`, in data units, and what the judge says of them; null when stopped. */
export async function generated(
  field: SteeredField,
  judge: FlowJudge,
  start: Float32Array,
  {
    steering,
    told,
    evaluations,
  }: { steering: Pick<Steering, 'maps' | 'lambda'>; told: Told; evaluations: number },
  {
    dimension,
    onProgress,
    stopRequested,
  }: {
    dimension: number;
    onProgress: (made: number) => void;
    stopRequested: () => boolean;
  },
): Promise<Generated | null> {
  const images = new Float32Array(start.length);
  const velocity = field.velocity(steering, told);
  for (let first = 0; first < start.length; first += TOGETHER * dimension) {
    if (stopRequested()) return null;
    const part = start.slice(first, first + TOGETHER * dimension);
    images.set((await solveFixed(velocity, part, 'euler', evaluations)).points.map(clip), first);
    onProgress(Math.min(start.length, first + part.length) / dimension);
  }
  // As they are kept and shown, so that a resumed run judges the same.
  const pixels = toPixels(images);
  const shown = Float32Array.from(pixels, (value) => value / (WHITE / 2) - 1);
  const judged: Judged = await judge.judge(shown);
  return { pixels, ...judged };
}

/** What is told of the images; `unsteered` are those of the same noises at λ = 0. */
export function flowPoint(
  { arm, lambda }: { arm: SteerArm; lambda: number },
  images: Generated,
  unsteered: Pick<KeptImages, 'pixels' | 'classes'>,
  {
    parts: { from, to },
    judge,
    classes,
    seed,
  }: { parts: Parts; judge: FlowJudge; classes: number; seed: number },
): SteerFlowPoint {
  const count = images.classes.length;
  const mean = (top: (k: number) => number, bottom: (k: number) => number = () => 1): Banded =>
    banded(
      Array.from({ length: count }, (_, k) => ({ top: top(k), bottom: bottom(k) })),
      seed,
    );
  const is = (code: number) => (k: number) => Number(images.classes[k] === code);
  const was = (k: number) => Number(unsteered.classes[k] === from);
  const shares = new Float64Array(classes);
  for (const code of images.classes) shares[code]! += 1 / count;
  return {
    ...{ arm, lambda, images: count, shares },
    source: mean(is(from)),
    target: mean(is(to)),
    turned: mean((k) => was(k) * is(to)(k), was),
    confidence: mean((k) => images.confidence[k]!),
    nearest: mean((k) => images.distances[k]! / judge.distance),
    frechet: judge.frechet(images.features),
    moved: mean((k) => distanceOf(images.pixels, unsteered.pixels, k, count)),
  };
}

/** Root mean square of the difference of two images number k, in units of black to white. */
function distanceOf(left: Uint8Array, right: Uint8Array, k: number, count: number): number {
  const size = left.length / count;
  let sum = 0;
  for (let at = k * size; at < (k + 1) * size; at++) sum += ((left[at]! - right[at]!) / WHITE) ** 2;
  return Math.sqrt(sum / size);
}

/** The numbers of a point by the names of metrics. */
export function flowMetricsOf(point: SteerFlowPoint): Record<string, number> {
  const prefix = point.arm === 'fitted' ? '' : 'random.';
  const values = {
    classShare: point.target.value,
    sourceShare: point.source.value,
    turned: point.turned.value,
    confidence: point.confidence.value,
    nearest: point.nearest.value,
    frechet: point.frechet,
    moved: point.moved.value,
  };
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => Number.isFinite(value))
      .map(([name, value]) => [`${prefix}${name}.lambda${point.lambda}`, value]),
  );
}

/** The sweep as a table: a line a point. */
export function flowCsv(points: readonly SteerFlowPoint[], names: readonly string[]): Uint8Array {
  const bands = ['target', 'source', 'turned', 'confidence', 'nearest', 'moved'] as const;
  const head = [
    ...['arm', 'lambda', 'images'],
    ...bands.flatMap((name) => [name, `${name}Low`, `${name}High`]),
    'frechet',
    ...names.map((name) => JSON.stringify(`share ${name}`).replaceAll('\\"', '""')),
  ];
  const lines = points.map((point) =>
    [
      ...[point.arm, point.lambda, point.images],
      ...bands.flatMap((name) => [point[name].value, point[name].low, point[name].high]),
      point.frechet,
      ...point.shares,
    ].join(','),
  );
  return new TextEncoder().encode(`${[head.join(','), ...lines].join('\n')}\n`);
}
