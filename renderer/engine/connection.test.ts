/** @file The connection against an engine at the other end of a pipe: greeting, errors, events, loss and return. */
/* eslint-disable @typescript-eslint/unbound-method -- the contract's methods use no this */
import { createBirpc } from 'birpc';
import { expect, test, vi } from 'vitest';
import type { EngineApi, ViewApi } from '../../main/rpc/contract';
import { MemoryEngine } from '../testing/memory-engine';
import type { EngineChannel } from './channels';
import { EngineConnection } from './connection.svelte';

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
