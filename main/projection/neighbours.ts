/** @file The nearest neighbours of every row, exactly: blocks of products and TopK, then distances in double precision. */
import { MongeError } from '../../native-models/error';
import { floats } from '../compute/run-rows';
import type { Compute } from '../contract/compute';
import { squaredDistance } from '../numerics/points';
import { nearestProgram } from './programs';

/** Candidates beyond those wanted: the row itself, and neighbours that 32-bit products cannot tell apart. */
const FURTHER = 5;
/** Numbers of a block of products. */
const BLOCK = 2 ** 24;

/** Neighbours of `rows` rows, nearest first. */
export interface Neighbours {
  count: number;
  /** [rows, count] */
  places: Int32Array;
  /** [rows, count] Euclidean distances. */
  distances: Float32Array;
}

/** How much of a stretch of work is done. */
export interface Step {
  done: number;
  total: number;
}

/**
 * The `count` other rows nearest to each row of `points` [rows, columns], block by block: yields how many rows are done. Rows
 * that are equal are neighbours at distance 0; equal distances go by position. Points should have their mean at 0.
 * Work: rows²·columns products. @throws `projection-neighbours` unless 1 ≤ count < rows.
 */
export async function* nearestNeighbours(
  compute: Compute,
  points: Float32Array,
  columns: number,
  count: number,
): AsyncGenerator<Step, Neighbours> {
  const rows = points.length / columns;
  if (count < 1 || count >= rows)
    throw new MongeError({
      code: 'projection-neighbours',
      blame: 'input',
      what: 'there are not as many other rows as neighbours asked for',
      got: `${count} neighbours among ${rows} different rows`,
    });
  const taken = Math.min(rows, count + FURTHER);
  const { queries, table } = tablesOf(points, rows, columns);
  const session = await compute.open(nearestProgram(columns + 1, taken), {
    device: 'cpu',
    label: 'neighbours',
  });
  try {
    const places = new Int32Array(rows * count);
    const distances = new Float32Array(rows * count);
    const block = Math.max(1, Math.min(1024, Math.floor(BLOCK / rows)));
    for (let first = 0; first < rows; first += block) {
      const some = Math.min(block, rows - first);
      const part = queries.subarray(first * (columns + 1), (first + some) * (columns + 1));
      const found = await session.run({
        queries: floats(part, [some, columns + 1]),
        table: floats(table, [columns + 1, rows]),
      });
      const candidates = found.places!.data as Int32Array;
      for (let k = 0; k < some; k++) {
        const own = candidates.subarray(k * taken, (k + 1) * taken);
        keepNearest(points, columns, first + k, own, count, places, distances);
      }
      yield { done: first + some, total: rows };
    }
    return { count, places, distances };
  } finally {
    await session.close();
  }
}

/** Products of [x, 1] and [y, −½‖y‖²] order the rows y by distance from x. */
function tablesOf(points: Float32Array, rows: number, columns: number) {
  const width = columns + 1;
  const queries = new Float32Array(rows * width);
  const table = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let k = 0; k < columns; k++) {
      const value = points[row * columns + k]!;
      queries[row * width + k] = value;
      table[k * rows + row] = value;
      square += value * value;
    }
    queries[row * width + columns] = 1;
    table[columns * rows + row] = -square / 2;
  }
  return { queries, table };
}

function keepNearest(
  points: Float32Array,
  columns: number,
  row: number,
  candidates: Int32Array,
  count: number,
  places: Int32Array,
  distances: Float32Array,
): void {
  const near = Array.from(candidates, (place) => ({
    place,
    square: place === row ? -1 : squaredDistance(points, row, points, place, columns),
  }));
  near.sort((a, b) => a.square - b.square || a.place - b.place);
  const skipped = near[0]!.place === row ? 1 : 0;
  for (let k = 0; k < count; k++) {
    const { place, square } = near[k + skipped]!;
    places[row * count + k] = place;
    distances[row * count + k] = Math.sqrt(square);
  }
}
