/** @file What tells which class a generated image is of, and how near to real ones: a small network trained on images that nothing else here sees. */
import type { Compute } from '../../../contract/compute';
import type { Arrays } from '../../../contract/define';
import {
  FEATURES,
  featureNetwork,
  fitFeatureNetwork,
  openFeatureNetwork,
  shareRight,
} from '../../../images/feature-network';
import { frechetDistance, gaussianOf } from '../../../numerics/frechet';
import { gatherRows } from '../../../numerics/gather';
import { nearestPoints } from '../../../numerics/neighbours';
import type { TrainingContext } from '../../../training/loop';
import type { ClassImages } from './opened';
import type { Parts } from './parts';

/** Real images of the target class that make a covariance of 64 features. */
const FEWEST_FOR_FRECHET = 2 * FEATURES;

/** What the judge says of images, one entry an image. */
export interface Judged {
  /** The class it takes each for, and the probability that it gives to that. */
  classes: Int32Array;
  confidence: Float64Array;
  /** [images, 64] */
  features: Float32Array;
  /** From the features of each to the nearest of the judge's training images of that class. */
  distances: Float64Array;
}

export interface FlowJudge {
  /** Share of the test images that it gets right. */
  accuracy: number;
  /** What it says of these: their mean confidence and distance. */
  confidence: number;
  distance: number;
  judge(images: Float32Array): Promise<Judged>;
  /** Fréchet distance of features [images, 64] to the target class's real images; NaN where either are too few. */
  frechet(features: Float32Array): number;
  /** Between two halves of these real images; NaN where they are too few. */
  frechetFloor: number;
  close(): Promise<void>;
}

/** The judge's parameters; null when stopped. */
export function trainJudge(
  context: TrainingContext,
  images: ClassImages,
  { train }: Parts,
  seed: number,
): Promise<Arrays | null> {
  return fitFeatureNetwork(context, images, train, seed);
}

/** Images [n, dimension] in [−1, 1] are judged by the network with these parameters. */
export async function openJudge(
  compute: Compute,
  images: ClassImages,
  { train, test, to }: Parts,
  parameters: Arrays,
): Promise<FlowJudge> {
  const { matrix, labels, classes } = images;
  const network = await openFeatureNetwork(
    compute,
    matrix.columns,
    featureNetwork(images.image, classes),
    parameters,
  );
  const rowsOf = (rows: Int32Array) => gatherRows(matrix.data, matrix.columns, rows);
  const real = await network.extract(rowsOf(train));
  const byClass = Array.from({ length: classes }, (_, code) =>
    Int32Array.from(train.keys()).filter((k) => labels[train[k]!] === code),
  );
  const targets = gatherRows(real, FEATURES, byClass[to]!);
  const targetCount = byClass[to]!.length;
  const targetLaw = targetCount >= FEWEST_FOR_FRECHET ? gaussianOf(targets, FEATURES, 0, targetCount) : null;

  const judge = async (asked: Float32Array): Promise<Judged> => {
    const { features, logits } = await network.run(asked);
    const count = asked.length / matrix.columns;
    const judged: Judged = {
      ...{ classes: new Int32Array(count), confidence: new Float64Array(count), features },
      distances: new Float64Array(count),
    };
    for (let k = 0; k < count; k++) {
      const scores = logits.subarray(k * classes, (k + 1) * classes);
      const best = scores.indexOf(Math.max(...scores));
      const total = scores.reduce((sum, score) => sum + Math.exp(score - scores[best]!), 0);
      judged.classes[k] = best;
      judged.confidence[k] = 1 / total;
      const one = features.subarray(k * FEATURES, (k + 1) * FEATURES);
      judged.distances[k] = nearestPoints(one, real, byClass[best]!, FEATURES, 1).distances[0]!;
    }
    return judged;
  };
  const tested = await judge(rowsOf(test));
  const { logits } = await network.run(rowsOf(test));
  return {
    accuracy: shareRight(
      logits,
      test.map((row) => labels[row]!),
      classes,
    ),
    confidence: meanOf(tested.confidence),
    distance: meanOf(tested.distances),
    judge,
    frechet(features) {
      const count = features.length / FEATURES;
      if (!targetLaw || count < FEWEST_FOR_FRECHET) return NaN;
      return frechetDistance(gaussianOf(features, FEATURES, 0, count), targetLaw);
    },
    frechetFloor: floorOf(targets, targetCount),
    close: () => network.close(),
  };
}

function floorOf(targets: Float32Array, count: number): number {
  const half = Math.floor(count / 2);
  if (half < FEATURES) return NaN;
  return frechetDistance(gaussianOf(targets, FEATURES, 0, half), gaussianOf(targets, FEATURES, half, half));
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
