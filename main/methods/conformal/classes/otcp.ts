/**
 * @file The transport rank of classes (section 1.12 of the method's notes; the code of arXiv 2501.18991, there with an
 * assignment instead of the entropic map): S = |e_y − π| in [0, 1]^K is carried to the positive simplex, and its score is the
 * norm of the image.
 */
import { float64, toOnnx, trace } from '../../../../native-models';
import type { Compute } from '../../../contract/compute';
import type { Arrays } from '../../../contract/define';
import { arraysOf, fitEntropicMap, mapOf } from '../../../transport/rank/entropic';
import { imageTensor, normTensor, rowsPerRun } from '../../../transport/rank/rank';
import { simplexReference } from '../../../transport/rank/reference';
import type { AffineScaling } from '../../../transport/rank/scaling';
import type { FitContext } from '../types';
import { classVectors, ownEntries } from './scores';

/** Probabilities [rows, classes] of the rows to learn from, and the class of each. */
export interface ClassRows {
  probabilities: Float64Array;
  truth: ArrayLike<number>;
}

/**
 * Fits the map on the rows' own score vectors; null when stopped. ε is in units of the squared vectors, which are at most 1 in
 * every coordinate; `gridSize` counts points of the simplex. Facts are the map's iterations and marginal error.
 */
export async function fitClassMap(
  { compute, device, seed, shouldStop }: Pick<FitContext, 'compute' | 'device' | 'seed' | 'shouldStop'>,
  { probabilities, truth }: ClassRows,
  classes: number,
  { epsilon, gridSize }: { epsilon: number; gridSize: number },
): Promise<{ arrays: Arrays; facts: Record<string, number> } | null> {
  const own = ownEntries(classVectors(probabilities, classes), classes, truth);
  const reference = simplexReference(classes, gridSize, seed);
  const options = { epsilon, device, shouldStop };
  const map = await fitEntropicMap(compute, own, unscaled(classes), reference, options);
  if (!map) return null;
  const { iterations, marginalError } = map;
  return { arrays: arraysOf(map), facts: { epsilon, iterations, marginalError } };
}

/** Score vectors lie between 0 and 1 as they are. */
function unscaled(d: number): AffineScaling {
  const matrix = Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? 1 : 0));
  return { d, offset: new Float64Array(d), matrix, logDeterminant: 0 };
}

/**
 * Opens what `fitClassMap` gave. Evaluated in double precision: the vectors of sure predictions differ by less than single
 * precision tells apart after the map, and ties make sets cover more often than asked.
 */
export async function openClassMap(compute: Compute, arrays: Arrays) {
  const map = mapOf(arrays);
  const { d } = map;
  const graph = trace('classRank', { z: float64('rows', d) }, ({ z }) => ({
    ranks: normTensor(imageTensor(map, z!)),
  }));
  const session = await compute.open(toOnnx(graph), { device: 'cpu', label: 'class rank' });
  const size = rowsPerRun(map.bias.length);
  const ranksOf = async (vectors: Float64Array): Promise<Float64Array> => {
    const ranks = new Float64Array(vectors.length / d);
    for (let first = 0; first < ranks.length; first += size) {
      const rows = Math.min(size, ranks.length - first);
      const data = vectors.slice(first * d, (first + rows) * d);
      const answer = await session.run({ z: { type: 'float64', data, dims: [rows, d] } });
      ranks.set(answer.ranks!.data as Float64Array, first);
    }
    return ranks;
  };
  return {
    /** [rows, classes] ‖T(|e_y − π|)‖ of every class: row by row, so that the vectors of all rows never are held at once. */
    async all({ probabilities }: Pick<ClassRows, 'probabilities'>): Promise<Float64Array> {
      const rows = Math.max(1, Math.floor(size / d));
      const out = new Float64Array(probabilities.length);
      for (let at = 0; at < out.length; at += rows * d)
        out.set(await ranksOf(classVectors(probabilities.subarray(at, at + rows * d), d)), at);
      return out;
    },
    /** The same of one class per row: [rows]. */
    own: ({ probabilities, truth }: ClassRows) =>
      ranksOf(ownEntries(classVectors(probabilities, d), d, truth)),
    close: () => session.close(),
  };
}
