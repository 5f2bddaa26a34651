/** @file Models and programs of 32-bit numbers asked about many rows: some at a time, so that their working memory stays small. */
import type { HostTensor, Session } from '../contract/compute';

/** Numbers whose leading axis are the rows. */
interface RowArray {
  data: Float32Array;
  shape: readonly number[];
}

type Runs = Pick<Session, 'run'>;
type Feeds = Readonly<Record<string, HostTensor>>;

/** What a session made of `count` rows from row `first` on. */
export interface Tile {
  first: number;
  count: number;
  output: Record<string, HostTensor>;
}

/** Inputs and outputs by name; all inputs lead with the same number of rows, of which `block` are run at a time. */
export async function runRows(
  session: Runs,
  inputs: Readonly<Record<string, RowArray>>,
  block: number,
): Promise<Record<string, RowArray>> {
  const rows = Object.values(inputs)[0]?.shape[0] ?? 0;
  const whole: Record<string, RowArray> = {};
  for await (const { first, count, output } of tilesOf(session, inputs, block, {}))
    for (const [name, { data, dims }] of Object.entries(output)) {
      const width = data.length / count;
      whole[name] ??= { data: new Float32Array(rows * width), shape: [rows, ...dims.slice(1)] };
      whole[name].data.set(data as Float32Array, first * width);
    }
  return whole;
}

type TileWork = [points: Float32Array, width: number, size: number, fixed?: Feeds];

/**
 * Runs `session` on all rows of `points` [n, width], at most `size` at a time and in order. They are its input `points`
 * [rows, width]; `fixed` goes in with every tile.
 */
export function runTiles(
  session: Runs,
  ...[points, width, size, fixed = {}]: TileWork
): AsyncGenerator<Tile> {
  const shape = [points.length / width, width];
  return tilesOf(session, { points: { data: points, shape } }, size, fixed);
}

/** The same, after which the session is closed. */
export async function* closingTiles(session: Session, ...work: TileWork): AsyncGenerator<Tile> {
  try {
    yield* runTiles(session, ...work);
  } finally {
    await session.close();
  }
}

async function* tilesOf(
  session: Runs,
  inputs: Readonly<Record<string, RowArray>>,
  size: number,
  fixed: Feeds,
): AsyncGenerator<Tile> {
  const rows = Object.values(inputs)[0]?.shape[0] ?? 0;
  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    const feeds: Record<string, HostTensor> = { ...fixed };
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      const width = data.length / rows;
      feeds[name] = floats(data.slice(first * width, (first + count) * width), [count, ...shape.slice(1)]);
    }
    yield { first, count, output: await session.run(feeds) };
  }
}

/** 32-bit numbers as a tensor; a vector where no shape is given. */
export function floats(data: Float32Array, dims: readonly number[] = [data.length]): HostTensor {
  return { type: 'float32', data, dims };
}

/** One number. */
export function scalar(value: number): HostTensor {
  return floats(Float32Array.of(value), []);
}
