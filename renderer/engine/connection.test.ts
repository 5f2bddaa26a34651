/** @file The connection against an engine at the other end of a pipe: greeting, errors, events, loss and return. */
/* eslint-disable @typescript-eslint/unbound-method -- the contract's methods use no this */
import { createBirpc } from 'birpc';
import { afterEach, expect, test, vi } from 'vitest';
import type { EngineApi, ViewApi } from '../../main/rpc/contract';
import { MemoryEngine } from '../testing/memory-engine';
import { openChannel, SessionOver, type EngineChannel } from './channels';
import { EngineConnection } from './connection.svelte';

afterEach(() => void vi.unstubAllGlobals());

/** A pipe whose far end answers from memory. */
function servedPipe() {
  const engine = new MemoryEngine();
  const api: Partial<EngineApi> = {
    hello: engine.api.hello,
    methods: engine.api.methods,
    dataset: engine.api.dataset,
  };
  const channels: { cut: () => void }[] = [];
  const emits: ViewApi[] = [];
  const open = async (): Promise<EngineChannel> => {
    let toView: (message: unknown) => void = () => {};
    let toEngine: (message: unknown) => void = () => {};
    let ended = (): void => {};
    emits.push(
      createBirpc<ViewApi, Partial<EngineApi>>(api, {
        post: (message: unknown) => toView(message),
        on: (handler: (message: unknown) => void) => {
          toEngine = handler;
        },
      }),
    );
    channels.push({ cut: () => ended() });
    return {
      send: (message) => toEngine(message),
      listen: ({ message, closed }) => {
        toView = message;
        ended = closed;
      },
      close: () => ended(),
    };
  };
  return { open, channels, emits };
}

/** A connection over such a pipe, greeted. */
async function connected() {
  const { open, channels, emits } = servedPipe();
  const connection = new EngineConnection(open);
  return { connection, client: await connection.ready, channels, emits };
}

test('calls are answered, and failures carry their detail', async () => {
  const { connection, client } = await connected();
  expect(client.info.name).toBe('monge');
  expect(await client.api.methods()).toHaveLength(1);
  await expect(client.api.dataset('none')).rejects.toMatchObject({ detail: { code: 'not-found' } });
  connection.close();
});

test('events reach their handlers until these are taken off', async () => {
  const { connection, client, emits } = await connected();
  const heard = vi.fn();
  const stop = client.on('runRemoved', heard);
  emits[0]!.runRemoved('1');
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith('1'));
  stop();
  emits[0]!.runRemoved('2');
  await client.api.methods();
  expect(heard).toHaveBeenCalledTimes(1);
  connection.close();
});

test('a lost connection fails calls with its own code, and comes back by itself', async () => {
  const { connection, client, channels } = await connected();
  const back = vi.fn();
  connection.onReconnect(back);
  channels[0]!.cut();
  await vi.waitFor(() => expect(client.connected).toBe(false));
  await expect(client.api.methods()).rejects.toMatchObject({ detail: { code: 'engine-disconnected' } });
  await vi.waitFor(() => expect(back).toHaveBeenCalled());
  expect(client.connected).toBe(true);
  connection.close();
});

test('a server that was started anew is told from one that is gone, until its new link is opened', async () => {
  const { open } = servedPipe();
  let fault: Error | null = new SessionOver();
  const connection = new EngineConnection(() => (fault ? Promise.reject(fault) : open()));
  await vi.waitFor(() => expect(connection.sessionOver).toBe(true));
  await expect(connection.api.methods()).rejects.toMatchObject({
    detail: { code: 'engine-disconnected', help: expect.stringContaining('new link') as string },
  });
  fault = new Error('gone');
  await vi.waitFor(() => expect(connection.sessionOver).toBe(false), 5000);
  fault = null;
  connection.retryNow();
  await connection.ready;
  expect([connection.connected, connection.sessionOver]).toEqual([true, false]);
  connection.close();
});

test.each([
  [401, true],
  [200, false],
])('a refused socket beside an answer %i: the session is over: %s', async (status, over) => {
  class Refused {
    set onerror(handler: () => void) {
      queueMicrotask(handler);
    }
  }
  vi.stubGlobal('WebSocket', Refused);
  vi.stubGlobal('fetch', () => Promise.resolve({ status }));
  const thrown: unknown = await openChannel().catch((error: unknown) => error);
  expect(thrown instanceof SessionOver).toBe(over);
});
