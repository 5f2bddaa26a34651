/**
 * @file Caches in two parts: of a long text's first tokens, which later steps only read, and of its recent ones, which are
 * written anew with every token. Both are [texts, heads, tokens, width].
 */
import type { HostTensor } from '../contract/compute';

export interface SettledParts {
  /** Its memory has room for more tokens; changed in place when more are added. */
  settled: HostTensor;
  recent: HostTensor;
}

/** Room for so many more tokens at least, so that the memory is seldom changed; untouched room costs none. */
const ROOM = 2048;

/**
 * The first `count` tokens of `recent` added to `settled`, whose memory is used up; null where nothing is settled yet.
 * `expected` tokens are known to come in all. `spare` is memory that may be taken, the last first.
 */
export function settle(
  settled: HostTensor | null,
  recent: HostTensor,
  count: number,
  expected = 0,
  spare: Float32Array[] = [],
): SettledParts {
  const [texts, heads, length, width] = recent.dims as [number, number, number, number];
  const planes = texts * heads;
  const before = settled?.dims[2] ?? 0;
  const after = before + count;
  const needed = planes * after * width;
  const old = settled ? (settled.data as Float32Array) : new Float32Array(0);
  const target = roomOf(old).length >= needed ? roomOf(old).subarray(0, needed) : found();
  function found(): Float32Array {
    const last = spare.pop();
    if (last && last.length >= needed) return last.subarray(0, needed);
    const tokens = Math.max(after + (after >> 1), expected) + ROOM;
    return new Float32Array(planes * tokens * width).subarray(0, needed);
  }
  const source = recent.data as Float32Array;
  const rest = new Float32Array(planes * (length - count) * width);
  // From the last plane on, so that one moved within the same memory does not cover the next.
  for (let plane = planes - 1; plane >= 0; plane--) {
    const to = plane * after * width;
    if (target.buffer === old.buffer)
      target.copyWithin(to, plane * before * width, (plane + 1) * before * width);
    else target.set(old.subarray(plane * before * width, (plane + 1) * before * width), to);
    const from = plane * length * width;
    target.set(source.subarray(from, from + count * width), to + before * width);
    rest.set(source.subarray(from + count * width, from + length * width), plane * (length - count) * width);
  }
  return {
    settled: { type: 'float32', data: target, dims: [texts, heads, after, width] },
    recent: { type: 'float32', data: rest, dims: [texts, heads, length - count, width] },
  };
}

/** All memory of a settled cache, as `spare` of the next text. */
export function roomOf(settled: Float32Array): Float32Array {
  return new Float32Array(settled.buffer as ArrayBuffer, 0);
}
