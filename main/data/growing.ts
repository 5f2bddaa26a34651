/** @file Typed arrays that grow in chunks, so that a long column never needs its final size in advance. */

type Kind = Float64ArrayConstructor | Float32ArrayConstructor | Int32ArrayConstructor | Uint8ArrayConstructor;

export interface Growing<A> {
  readonly length: number;
  push(value: number): void;
  /** All values in one array. */
  finish(): A;
}

const CHUNK = 1 << 16;

/** A growing array of the given type. */
export function growing<K extends Kind>(kind: K): Growing<InstanceType<K>> {
  const full: InstanceType<K>[] = [];
  let last = new kind(CHUNK) as InstanceType<K>;
  let used = 0;
  return {
    get length() {
      return full.length * CHUNK + used;
    },
    push(value) {
      if (used === CHUNK) {
        full.push(last);
        last = new kind(CHUNK) as InstanceType<K>;
        used = 0;
      }
      last[used] = value;
      used += 1;
    },
    finish() {
      const all = new kind(full.length * CHUNK + used) as InstanceType<K>;
      full.forEach((chunk, i) => all.set(chunk, i * CHUNK));
      all.set(last.subarray(0, used), full.length * CHUNK);
      return all;
    },
  };
}
