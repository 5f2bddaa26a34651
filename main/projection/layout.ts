/** @file UMAP or t-SNE of rows from beginning to end, in small steps: components, neighbours, graph, layout. */
import { MongeError } from '../../native-models/error';
import type { Compute } from '../contract/compute';
import type { ProjectionProgress, RowMatrix } from '../contract/projection';
import { gatherRows } from '../numerics/gather';
import { applyMap } from './linear-map';
import { nearestNeighbours, type Neighbours } from './neighbours';
import { fitPca } from './pca';
import { distinctRows } from './rows';
import { neighboursFor, tsne } from './tsne';
import { umap } from './umap';

/** Neighbours are looked for among this many components, or all columns where there are fewer. */
const COMPONENTS = 50;

export interface LayoutOptions {
  method: 'umap' | 't-sne';
  seed: number;
  /** Of UMAP: how many, the row itself counted, and how close they may lie. */
  neighbours: number;
  minimumDistance: number;
  /** Of t-SNE. */
  perplexity: number;
  /** Passes of UMAP, iterations of t-SNE; defaults as in `umap.ts` and `tsne.ts`. */
  epochs?: number;
}

/** A layout in the making. */
export interface LayoutState {
  progress: ProjectionProgress;
  /** [rows, 2]; null until the layout begins. */
  points: () => Float32Array | null;
  /** Rows equal to an earlier one. */
  repeated: number;
}

/**
 * Lays the rows out step by step; each step is a fraction of a second up to a few seconds of work at 100,000 rows. Whoever stops
 * asking has stopped it: sessions are closed by the generator's `return`. The result depends on rows, options and seed only.
 * @throws what `centringOf` throws; `projection-too-few-rows` for fewer than four different ones.
 */
export async function* layout(
  compute: Compute,
  matrix: RowMatrix,
  options: LayoutOptions,
): AsyncGenerator<LayoutState, void> {
  const { rows, columns } = matrix;
  let places: Float64Array | null = null;
  let kind: Int32Array | null = null;
  let repeated = 0;
  const state = (phase: ProjectionProgress['phase'], done: number, total: number): LayoutState => ({
    progress: { phase, done, total },
    points: () => places && kind && pointsOf(places, kind),
    repeated,
  });
  yield state('components', 0, 1);
  const count = Math.min(COMPONENTS, columns);
  const map = await fitPca(compute, matrix, count, undefined, true);
  if (!map) return;
  const distinct = distinctRows(matrix);
  const different = distinct.first.length;
  repeated = rows - different;
  if (different < 4)
    throw new MongeError({
      code: 'projection-too-few-rows',
      blame: 'input',
      what: 'a layout of neighbours needs at least four different rows',
      got: `${different} different of ${rows}`,
      help: 'PCA takes any number of rows',
    });
  const scores = nearOne(gatherRows(await applyMap(compute, map, matrix), count, distinct.first));
  yield state('components', 1, 1);

  const wanted = options.method === 'umap' ? options.neighbours - 1 : neighboursFor(options.perplexity);
  const search = nearestNeighbours(compute, scores, count, Math.max(2, Math.min(wanted, different - 1)));
  let neighbours: Neighbours;
  try {
    for (;;) {
      const step = await search.next();
      if (step.done) {
        neighbours = step.value;
        break;
      }
      yield state('neighbours', step.value.done, step.value.total);
    }
  } finally {
    await search.return(undefined as never);
  }
  ({ kind } = distinct);
  places = startOf(scores, count, different);
  yield state('graph', 0, 1);
  const { seed, minimumDistance, perplexity, epochs } = options;
  const steps =
    options.method === 'umap'
      ? umap(neighbours, places, { seed, minimumDistance, ...(epochs === undefined ? {} : { epochs }) })
      : tsne(neighbours, places, { perplexity, ...(epochs === undefined ? {} : { late: epochs }) });
  for (const { done, total } of steps) yield state('layout', done, total);
  yield state('done', 1, 1);
}

/** Scaled by a power of two so that the largest is about 1: squares neither vanish nor overflow, and no digit changes. */
function nearOne(values: Float32Array): Float32Array {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = 2 ** -Math.floor(Math.log2(largest || 1));
  return values.map((value) => value * scale);
}

/** [different, 2] the first two components. */
function startOf(scores: Float32Array, count: number, different: number): Float64Array {
  const places = new Float64Array(2 * different);
  for (let row = 0; row < different; row++)
    for (let k = 0; k < Math.min(2, count); k++) places[2 * row + k] = scores[row * count + k]!;
  return places;
}

/** [rows, 2] the place of each row's kind. */
function pointsOf(places: Float64Array, kind: Int32Array): Float32Array {
  const points = new Float32Array(2 * kind.length);
  for (let row = 0; row < kind.length; row++) {
    points[2 * row] = places[2 * kind[row]!]!;
    points[2 * row + 1] = places[2 * kind[row]! + 1]!;
  }
  return points;
}
