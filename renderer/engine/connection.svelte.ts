/** @file Keeps one live RPC connection to the engine: greets, hands out events, and tries again when it is lost. */
/* eslint-disable svelte/prefer-svelte-reactivity -- the handler tables are never shown */
import { createBirpc, type BirpcReturn } from 'birpc';
import type { EngineApi, EngineInfo, ViewApi } from '../../main/rpc/contract';
import { SessionOver, type EngineChannel } from './channels';
import type { EngineClient } from './client';
import { asEngineError, EngineError } from './error';

type EventName = keyof ViewApi;
type Rpc = BirpcReturn<EngineApi, ViewApi>;

const eventNames: EventName[] = [
  'runChanged',
  'runRemoved',
  'metrics',
  'datasetChanged',
  'claimsChanged',
  'studyChanged',
  'languageUpdates',
  'notice',
];
/** Milliseconds before each further try; the last one repeats. */
const waits = [250, 500, 1000, 2000, 4000];

export class EngineConnection implements EngineClient {
  connected = $state(false);
  sessionOver = $state(false);
  /** Tries since the connection was last good. */
  attempts = $state(0);
  /** Resolves at the first greeting; waits as long as it takes. */
  readonly ready: Promise<EngineClient>;
  readonly api: EngineApi;
  #info = $state.raw<EngineInfo | null>(null);
  #rpc: Rpc | null = null;
  #channel: EngineChannel | null = null;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #wake: () => void = () => {};
  readonly #handlers = new Map<EventName, Set<(...args: never[]) => void>>();
  readonly #reconnected = new Set<() => void>();
  readonly #open: () => Promise<EngineChannel>;

  constructor(open: () => Promise<EngineChannel>) {
    this.#open = open;
    this.api = this.#makeApi();
    this.ready = this.#keepConnected();
  }

  get info(): EngineInfo {
    if (!this.#info) throw new Error('the engine has not greeted yet');
    return this.#info;
  }

  on<K extends EventName>(event: K, handler: ViewApi[K]): () => void {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers);
    handlers.add(handler);
    return () => handlers.delete(handler);
  }

  /** Calls `handler` after each later greeting: what was missed must be asked for again. */
  onReconnect(handler: () => void): () => void {
    this.#reconnected.add(handler);
    return () => this.#reconnected.delete(handler);
  }

  /** Tries at once instead of waiting. */
  retryNow(): void {
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#channel?.close();
    this.#wake();
  }

  #keepConnected(): Promise<EngineClient> {
    return new Promise((resolve) => void this.#loop(() => resolve(this)));
  }

  async #loop(greeted: () => void): Promise<void> {
    let times = 0;
    while (!this.#closed) {
      try {
        const { lost } = await this.#connect();
        if (times++ === 0) greeted();
        else for (const handler of this.#reconnected) handler();
        await lost;
      } catch (thrown) {
        // The tries go on: the new link may be opened in another tab, and its session is this page's, too.
        this.sessionOver = thrown instanceof SessionOver;
        this.attempts += 1;
      }
      this.connected = false;
      this.#rpc = null;
      if (!this.#closed) await this.#pause();
    }
  }

  /** Returns when the engine has greeted; `lost` resolves when the connection ends. */
  async #connect(): Promise<{ lost: Promise<void> }> {
    const channel = await this.#open();
    this.#channel = channel;
    let end: () => void = () => {};
    const lost = new Promise<void>((resolve) => (end = () => resolve()));
    let receive = (_message: unknown): void => {};
    const rpc = createBirpc<EngineApi, ViewApi>(this.#events(), {
      post: (message: unknown) => channel.send(message),
      on: (handler: (message: unknown) => void) => {
        receive = handler;
      },
      // A lost connection ends the pending calls; a slow answer is an answer.
      timeout: -1,
    });
    channel.listen({
      message: (message) => receive(message),
      closed: () => {
        rpc.$close(disconnected(false));
        end();
      },
    });
    try {
      this.#info = await rpc.$call('hello');
    } catch (thrown) {
      channel.close();
      throw thrown;
    }
    this.#rpc = rpc;
    this.attempts = 0;
    this.sessionOver = false;
    this.connected = true;
    return { lost };
  }

  #pause(): Promise<void> {
    const wait = waits[Math.min(this.attempts, waits.length - 1)] ?? 4000;
    return new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, wait);
    }).then(() => {
      if (this.#timer) clearTimeout(this.#timer);
    });
  }

  #events(): ViewApi {
    const emit = (event: EventName, args: unknown[]): void => {
      for (const handler of this.#handlers.get(event) ?? []) handler(...(args as never[]));
    };
    return Object.fromEntries(
      eventNames.map((name) => [name, (...args: unknown[]) => emit(name, args)]),
    ) as unknown as ViewApi;
  }

  #makeApi(): EngineApi {
    const call = async (method: keyof EngineApi, args: unknown[]): Promise<unknown> => {
      if (!this.#rpc) throw disconnected(this.sessionOver);
      try {
        // A port clones structures and cannot clone the reactive proxies that a view may hand over.
        const plain = args.map((value) => (value instanceof Uint8Array ? value : $state.snapshot(value)));
        return await this.#rpc.$callRaw({ method, args: plain });
      } catch (thrown) {
        throw asEngineError(thrown);
      }
    };
    return new Proxy({} as EngineApi, {
      get: (_target, method) =>
        typeof method === 'string' && method !== 'then'
          ? (...args: unknown[]) => call(method as keyof EngineApi, args)
          : undefined,
    });
  }
}

function disconnected(sessionOver: boolean): EngineError {
  return new EngineError({
    code: 'engine-disconnected',
    what: 'The engine cannot be reached',
    help: sessionOver
      ? 'Its server was started anew: open the new link that it printed.'
      : 'Nothing is lost: the view connects again by itself as soon as the engine answers.',
  });
}
