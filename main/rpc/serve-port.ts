/** @file Connects one view to the engine over one channel: checked calls in, answers and events out. */
import { createBirpc } from 'birpc';
import { errorDetail, MongeError } from '../../native-models/error';
import { assertMethod, guardApi } from './api';
import type { GuardedEngine } from './opened-elsewhere';
import type { ApiPolicy } from '../disk/path-policy';
import type { ViewApi } from '../contract/engine';
import { Outbox } from './outbox';

/** A pipe of whole messages. The transport decides how a message becomes bytes, and throws when it cannot. */
export interface Channel {
  post(message: unknown): void;
  /** Called once, at once; messages arrive decoded. */
  onMessage(listener: (message: unknown) => void): void;
}

export interface ServedEngine extends GuardedEngine {
  subscribe(view: Partial<ViewApi>): () => void;
}

/** Calls of one view under way at the same time; a view that wants more waits for answers first. */
const MAXIMUM_PENDING = 256;

/** Serves the engine over the channel until `close`. Messages that are no calls or answers are answered by nothing. */
export function servePort(
  engine: ServedEngine,
  channel: Channel,
  policy: ApiPolicy,
): { close(): void; readonly dropped: number } {
  const api = guardApi(engine, policy) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  let pending = 0;

  async function answer(method: string, args: unknown[]): Promise<unknown> {
    if (pending >= MAXIMUM_PENDING)
      throw new MongeError({
        code: 'too-many-requests',
        what: 'too many calls are waiting for an answer',
        where: { key: method },
        expected: `at most ${MAXIMUM_PENDING} at a time`,
      });
    pending++;
    try {
      assertMethod(method);
      return await api[method]!(...args);
    } finally {
      pending--;
    }
  }

  const rpc = createBirpc<ViewApi, object>(
    {},
    {
      post: (message: unknown) => post(channel, message),
      on: (listener) => channel.onMessage((message) => isRpcMessage(message) && listener(message)),
      // Looking methods up by name on an object would also find those that every object has.
      resolver:
        (name) =>
        (...args: unknown[]) =>
          answer(name, args),
      onGeneralError: () => true,
      timeout: -1,
    },
  );
  const outbox = new Outbox((event, ...args) => rpc.$callRaw({ method: event, args }));
  const unsubscribe = engine.subscribe({
    runChanged: (record) => outbox.runChanged(record),
    runRemoved: (id) => outbox.runRemoved(id),
    metrics: (id, points) => outbox.metrics(id, points),
    datasetChanged: (info) => outbox.datasetChanged(info),
    studyChanged: (summary) => outbox.studyChanged(summary),
    claimsChanged: (progress) => outbox.claimsChanged(progress),
    languageUpdates: (call, updates) => outbox.languageUpdates(call, updates),
    notice: (message) => outbox.notice(message),
  });
  return {
    close() {
      unsubscribe();
      outbox.close();
      rpc.$close();
    },
    get dropped() {
      return outbox.dropped;
    },
  };
}

/** An answer that cannot be sent becomes an error that can, so that no call waits for ever. */
function post(channel: Channel, message: unknown): void {
  try {
    channel.post(message);
  } catch (thrown) {
    const { t, i } = message as { t?: unknown; i?: unknown };
    if (t === 's') channel.post({ t, i, e: new MongeError(errorDetail(thrown)) });
    else throw thrown;
  }
}

/** birpc trusts its messages; a peer from outside is not trusted. */
function isRpcMessage(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const { t, i, m, a } = message as { t?: unknown; i?: unknown; m?: unknown; a?: unknown };
  if (t === 's') return typeof i === 'string';
  return t === 'q' && typeof m === 'string' && Array.isArray(a) && (i === undefined || typeof i === 'string');
}
