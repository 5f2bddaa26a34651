/** @file The interface of the process for foreign files without a process: the same answers in this thread, without limits. */
import type { Foreign, ForeignKinds } from './messages';
import { handlers } from './serve';

/** For tests and tools that run from sources. What a caller gives up goes on until it looks at its signal. */
export function openInPlace<Kinds extends ForeignKinds>(kinds: Kinds): Foreign<Kinds> {
  const handlerOf = handlers(kinds);
  const underWay = new Set<Promise<unknown>>();
  let started = false;
  return {
    get started() {
      return started;
    },
    async ask(request, onUpdate, options = {}) {
      started = true;
      const call = {
        signal: options.signal ?? new AbortController().signal,
        update: (update: unknown) => onUpdate?.(update as never),
      };
      const work = handlerOf(request.kind).then((handler) => handler(request, call));
      underWay.add(work);
      try {
        return (await work) as never;
      } finally {
        underWay.delete(work);
      }
    },
    async close() {
      await Promise.allSettled(underWay);
    },
  };
}
