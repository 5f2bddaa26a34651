/** @file Models and programs of 32-bit numbers asked about many rows: some at a time, so that their working memory stays small. */
import type { HostTensor, Session } from '../contract/compute';

/** Numbers whose leading axis are the rows. */
interface RowArray {
  data: Float32Array;
  shape: readonly number[];
}

/** By name; all lead with the same number of rows. */
type RowInputs = Readonly<Record<string, RowArray>>;
type Runs = Pick<Session, 'run'>;
type Feeds = Readonly<Record<string, HostTensor>>;

/** Outputs by name for all rows, of which `block` are run at a time. */
export async function runRows(session: Runs, inputs: RowInputs, block: number) {
  const rows = rowsOf(inputs);
  const whole: Record<string, RowArray> = {};
  for await (const { first, count, output } of runTiles(session, inputs, block))
    for (const [name, { data, dims }] of Object.entries(output)) {
      const width = data.length / count;
      whole[name] ??= { data: new Float32Array(rows * width), shape: [rows, ...dims.slice(1)] };
      whole[name].data.set(data as Float32Array, first * width);
    }
  return whole;
}

function rowsOf(inputs: RowInputs): number {
  return Object.values(inputs)[0]?.shape[0] ?? 0;
}

/**
 * What the session makes of the rows, in order and at most `size` at a time: each time of `count` rows from row `first` on.
 * `fixed` goes in with every tile.
 */
export async function* runTiles(session: Runs, inputs: RowInputs, size: number, fixed: Feeds = {}) {
  const rows = rowsOf(inputs);
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

/** The same, after which the session is closed. */
export async function* closingTiles(session: Session, inputs: RowInputs, size: number, fixed?: Feeds) {
  try {
    yield* runTiles(session, inputs, size, fixed);
  } finally {
    await session.close();
  }
}

/** Rows of `width` numbers. */
export function rowArray(data: Float32Array, width: number): RowArray {
  return { data, shape: [data.length / width, width] };
}

/** 32-bit numbers as a tensor; a vector where no shape is given. */
export function floats(data: Float32Array, dims: readonly number[] = [data.length]): HostTensor {
  return { type: 'float32', data, dims };
}

/** One number. */
export function scalar(value: number): HostTensor {
  return floats(Float32Array.of(value), []);
}
