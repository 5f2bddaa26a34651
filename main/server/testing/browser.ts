/** @file What a browser does with `monge serve`, without one: opens the link once, keeps the cookie, speaks over the socket. */
import type { ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { createBirpc } from 'birpc';
import { WebSocket } from 'ws';
import type { EngineApi } from '../../contract/engine';
import { decodeFrame, encodeFrame } from '../../rpc/wire';

/** The engine as a view has it, and calls that no view would make. */
export type BrowserView = EngineApi & {
  socket: WebSocket;
  raw(method: string, ...args: unknown[]): Promise<unknown>;
};

export interface Browser {
  port: number;
  cookie: string;
  token: string;
  open(): Promise<BrowserView>;
  /** As `statusOfUpgrade`. */
  knock(headers: Record<string, string>, path?: string): Promise<number>;
  get(path: string, headers?: Record<string, string>): Promise<{ status: number; cookie: string }>;
}

/** Waits for the link that the server prints, and opens it. */
export async function openLink(server: ChildProcess): Promise<Browser> {
  const link = new URL(await firstLine(server));
  const port = Number(link.port);
  const token = link.searchParams.get('token') ?? '';
  const get: Browser['get'] = (path, headers = {}) => answer(port, path, headers);
  const connect = (headers: Record<string, string>, path = '/rpc') =>
    new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  const { cookie } = await get(`/?token=${token}`);
  return {
    port,
    cookie,
    token,
    get,
    async open() {
      const socket = connect({ cookie, origin: `http://127.0.0.1:${port}` });
      await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
      return viewOf(socket);
    },
    knock: (headers, path) => statusOfUpgrade(connect(headers, path)),
  };
}

/** The status with which an upgrade is refused; 101 when it is not. */
export function statusOfUpgrade(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve(101);
      socket.terminate();
    });
  });
}

function viewOf(socket: WebSocket): BrowserView {
  const rpc = createBirpc<EngineApi, object>(
    {},
    {
      post: (message) => socket.send(encodeFrame(message)),
      on: (listener) => void socket.on('message', (data: Buffer) => listener(decodeFrame(data))),
      timeout: 60_000,
    },
  );
  const raw = (method: string, ...args: unknown[]): Promise<unknown> => rpc.$callRaw({ method, args });
  return new Proxy({ socket, raw } as BrowserView, {
    get(target, name) {
      if (Object.hasOwn(target, name)) return Reflect.get(target, name) as unknown;
      // A promise that resolves with the view must not take it for a promise.
      return name === 'then' ? undefined : (...args: unknown[]) => raw(String(name), ...args);
    },
  });
}

/** One request with the path as written; `fetch` would tidy it. */
function answer(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; cookie: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, headers }, (response) => {
      const cookie = response.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, cookie }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

function firstLine(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let [told, printed] = ['', ''];
    server.stderr?.on('data', (piece: Buffer) => (told += piece.toString()));
    server.stdout?.on('data', (piece: Buffer) => {
      printed += piece.toString();
      if (printed.includes('\n')) resolve(printed.split('\n')[0]!);
    });
    server.once('close', (code) => reject(new Error(`monge serve ended with ${code}: ${told}`)));
  });
}

/** A frame with this text as its head. */
export function webSocketFrame(head: string): Uint8Array {
  const text = new TextEncoder().encode(head);
  const frame = new Uint8Array(Math.ceil((8 + text.length) / 8) * 8);
  frame.set([0x4d, 0x4e, 0x47, 0x31]);
  new DataView(frame.buffer).setUint32(4, text.length, true);
  frame.set(text, 8);
  return frame;
}
