/** @file A worker thread that answers requests: started when first asked, started anew should it ever die, never terminated. */
import { Worker } from 'node:worker_threads';
import { MongeError, type ErrorDetail } from '../../native-models/error';

/** What a thread is sent. */
export interface ToThread<Request> {
  call: number;
  request: Request;
}

/** What it sends: any number of updates, then a value or an error. */
export type FromThread<Update> =
  { call: number; update: Update } | { call: number; value: unknown } | { call: number; error: ErrorDetail };

export interface Thread<Request, Update> {
  /** Whether it was asked before and still lives. */
  readonly started: boolean;
  /** @throws what the other side throws, as a `MongeError`; `compute-thread-died` when it ended unexpectedly. */
  ask(request: Request, onUpdate?: (update: Update) => void): Promise<unknown>;
  /** Sends `last`, waits for what is under way, then lets the thread end. */
  close(last: Request): Promise<void>;
}

interface Call<Update> {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onUpdate: (update: Update) => void;
}

/** `url` is a built file that listens on its parent port; `setup` is its worker data. */
export function openThread<Request, Update = never>(url: URL, setup: unknown): Thread<Request, Update> {
  const calls = new Map<number, Call<Update>>();
  let worker: Worker | null = null;
  let exited: Promise<void> = Promise.resolve();
  let lastCall = 0;

  function start(): Worker {
    const started = new Worker(url, { workerData: setup });
    let failure: unknown = null;
    started.on('message', (message: FromThread<Update>) => {
      const call = calls.get(message.call);
      if (!call) return;
      if ('update' in message) return call.onUpdate(message.update);
      calls.delete(message.call);
      if ('error' in message) call.reject(new MongeError(message.error));
      else call.resolve(message.value);
    });
    started.on('error', (error) => {
      failure = error;
    });
    exited = new Promise((resolve) => {
      started.on('exit', (code) => {
        if (worker === started) worker = null;
        const left = [...calls.values()];
        calls.clear();
        for (const call of left) call.reject(threadDied(code, failure));
        resolve();
      });
    });
    return started;
  }

  const thread: Thread<Request, Update> = {
    get started() {
      return worker !== null;
    },
    ask(request, onUpdate = () => undefined) {
      worker ??= start();
      const target = worker;
      const call = ++lastCall;
      return new Promise((resolve, reject) => {
        calls.set(call, { resolve, reject, onUpdate });
        try {
          target.postMessage({ call, request } satisfies ToThread<Request>);
        } catch (error) {
          // Arguments that cannot be copied between threads.
          calls.delete(call);
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    },
    async close(last) {
      if (!worker) return;
      await thread.ask(last).catch(() => undefined);
      await exited;
    },
  };
  return thread;
}

function threadDied(code: number, cause: unknown): MongeError {
  return new MongeError(
    {
      code: 'compute-thread-died',
      blame: 'machine',
      what: 'the thread that worked on this ended unexpectedly',
      got: cause instanceof Error ? cause.message : `exit code ${code}`,
      help: 'resume the run; it goes on from its last checkpoint',
    },
    { cause },
  );
}
