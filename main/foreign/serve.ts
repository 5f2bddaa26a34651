/** @file The child's side: answers the requests of its parent with the handlers of a table, and ends with its parent. */
import { isMainThread, Worker } from 'node:worker_threads';
import { errorDetail, MongeError, type ErrorDetail } from '../../native-models/error';
import { stopped } from './errors';
import type { ForeignHandler, ForeignKinds, ForeignRequest, FromForeign, ToForeign } from './messages';
import { watchProcess, type ForeignSetup } from './watch';

/**
 * Call in a built entry that `openForeign` starts, with its own address: the entry is also what the watching thread runs,
 * so it must load its handlers only when they are asked for.
 */
export function serveForeign(entry: string, kinds: ForeignKinds): void {
  const setup = JSON.parse(process.argv.at(-1)!) as ForeignSetup;
  if (!isMainThread) return watchProcess(setup);
  // Signals of the terminal go to the whole group; the parent decides what becomes of this process.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  // At once: what native code keeps open must not hold the end up.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const watch = new Worker(new URL(entry), { argv: process.argv.slice(2) });
  watch.unref();
  watch.on('error', () => process.exit(1));

  const handlerOf = handlers(kinds);
  const underWay = new Map<number, AbortController>();
  let turn: Promise<unknown> = Promise.resolve();
  /** One begins after the other: where a handler blocks the thread, those behind it have not begun. */
  const begin = (call: number, request: ForeignRequest, signal: AbortSignal): Promise<unknown> => {
    const begun = turn.then(async () => {
      const handler = await handlerOf(request.kind);
      // The word must be out before the thread may be blocked.
      await new Promise((sent) => process.send!({ call, began: true } satisfies FromForeign, sent));
      if (signal.aborted) throw stopped();
      const answer = (async () => handler(request, { signal, update: (update) => send({ call, update }) }))();
      return { answer };
    });
    turn = begun.catch(() => undefined);
    return begun.then(({ answer }) => answer);
  };
  process.on('message', (message: ToForeign) => {
    if ('stop' in message) return underWay.get(message.stop)?.abort();
    const { call, request } = message;
    const stop = new AbortController();
    underWay.set(call, stop);
    begin(call, request, stop.signal)
      .then((value) => send({ call, value }))
      // What the handler threw, or an answer that cannot be copied.
      .catch((error: unknown) => send({ call, error: foreignError(error) }))
      .finally(() => underWay.delete(call));
  });
  send({ ready: true });
}

/** Finds a handler by its kind; every one is loaded once. @throws `foreign-kind` */
export function handlers(kinds: ForeignKinds): (kind: string) => Promise<ForeignHandler> {
  const loaded = new Map<string, Promise<ForeignHandler>>();
  return (name) => {
    const known = loaded.get(name);
    if (known) return known;
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (!kind)
      return Promise.reject(
        new MongeError({
          code: 'foreign-kind',
          blame: 'machine',
          what: 'the process for foreign files knows no such request',
          where: { key: name },
        }),
      );
    const handler = kind.load() as Promise<ForeignHandler>;
    loaded.set(name, handler);
    return handler;
  };
}

/** Whatever was thrown over a foreign file is its fault unless it says otherwise: no file may look like a fault of ours. */
function foreignError(thrown: unknown): ErrorDetail {
  const detail = errorDetail(thrown);
  if (thrown instanceof RangeError)
    return {
      code: 'foreign-range',
      blame: 'input',
      what: 'the file asks for more than can be held',
      got: detail.what.slice(0, 400),
    };
  return detail;
}

function send(message: FromForeign): void {
  process.send!(message);
}
