/** @file One user of the GPU at a time, over all threads of the engine: a lock in shared memory. */

/** A lock that every thread of the pool is given. */
export function createGpuLock(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/** Runs `work` alone. Waiting yields to the event loop, so that a holder in this very thread can finish. */
export async function withGpuLock<T>(lock: SharedArrayBuffer, work: () => Promise<T>): Promise<T> {
  const cell = new Int32Array(lock);
  while (Atomics.compareExchange(cell, 0, 0, 1) !== 0) await new Promise((resolve) => setTimeout(resolve, 1));
  try {
    return await work();
  } finally {
    Atomics.store(cell, 0, 0);
  }
}
