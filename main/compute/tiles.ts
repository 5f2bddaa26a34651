/** @file Rows of numbers through a session, some at a time, and the tensors that go in with them. */
import type { HostTensor, Session } from '../contract/compute';

/** What a session made of `count` rows from row `first` on. */
export interface Tile {
  first: number;
  count: number;
  output: Record<string, HostTensor>;
}

/**
 * Runs `session` on all rows of `points` [n, width], at most `size` at a time and in order. They are its input `points`
 * [rows, width]; `fixed` goes in with every tile.
 */
export async function* runTiles(
  session: Session,
  points: Float32Array,
  width: number,
  size: number,
  fixed: Readonly<Record<string, HostTensor>> = {},
): AsyncGenerator<Tile> {
  const rows = points.length / width;
  for (let first = 0; first < rows; first += size) {
    const count = Math.min(size, rows - first);
    const part = floats(points.slice(first * width, (first + count) * width), [count, width]);
    yield { first, count, output: await session.run({ ...fixed, points: part }) };
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
