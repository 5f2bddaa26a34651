/** @file Harmless stand-ins for files that hurt: they sleep, block, grow and end. Only the entry beside serves them. */
import type { ForeignCall } from '../messages';

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The calls of the tests; the limits are as short as a busy machine allows. */
export const standInKinds = {
  echo: { limits: { seconds: 30 }, load: async () => (request: { value: unknown }) => request.value },
  pid: { limits: { seconds: 30 }, load: async () => () => process.pid },
  /** Answers after a while without holding anything up. */
  sleep: {
    limits: { seconds: 30 },
    load: async () => async (request: { milliseconds: number }) => {
      await sleep(request.milliseconds);
      return 'slept';
    },
  },
  /** Holds the main thread up, as native code does, and is late. */
  block: {
    limits: { seconds: 1 },
    load: async () => (request: { milliseconds: number }) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.milliseconds);
      return 'woken';
    },
  },
  /** The same, without a limit. */
  hold: {
    limits: {},
    load: async () => (request: { milliseconds: number }) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.milliseconds);
      return 'woken';
    },
  },
  /** Takes memory outside the heap until it is stopped, without ever coming back to its event loop. */
  grow: {
    limits: { seconds: 60 },
    load: async () => (request: { bytes: number }) => {
      const taken: Uint8Array[] = [];
      while (taken.length * 2 ** 24 < request.bytes) taken.push(new Uint8Array(2 ** 24).fill(1));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
      return taken.length;
    },
  },
  /** Takes memory on the heap until there is no more. */
  heap: {
    limits: { seconds: 60 },
    load: async () => () => {
      const taken: unknown[] = [];
      for (;;) taken.push(Array.from({ length: 1000 }, (_, k) => ({ k })));
    },
  },
  exit: {
    limits: { seconds: 30 },
    load: async () => (request: { code: number }) => process.exit(request.code),
  },
  /** A word every so often. */
  words: {
    limits: { silence: 2 },
    load:
      async () =>
      async (request: { count: number; milliseconds: number }, call: ForeignCall<{ word: number }>) => {
        for (let word = 0; word < request.count && !call.signal.aborted; word += 1) {
          call.update({ word });
          await sleep(request.milliseconds);
        }
        return call.signal.aborted ? 'stopped' : 'said';
      },
  },
};
