/** @file The server over real loopback sockets: one link, one browser, and nothing for anyone else. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBirpc } from 'birpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { errorDetail, MongeError } from '../../native-models/error';
import type { EngineApi, MetricPoint, ViewApi } from '../contract/engine';
import { anyPath } from '../disk/path-policy';
import { fakeEngine } from '../rpc/testing';
import type { FakeEngine } from '../rpc/testing';
import { decodeFrame, encodeFrame, MAXIMUM_REQUEST_BYTES } from '../rpc/wire';
import { serve } from './serve';
import type { RunningServer } from './serve';
import { statusOfUpgrade } from './testing/browser';

let folder: string;
let engine: FakeEngine;
let server: RunningServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monge-server-'));
  const renderer = join(folder, 'renderer');
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>Monge</title>');
  writeFileSync(join(renderer, 'assets', 'index-1a2b3c4d.js'), 'export {};');
  writeFileSync(join(renderer, 'favicon.svg'), '<svg/>');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(renderer, 'link.txt'));
  engine = fakeEngine({
    previewPoints: () => Promise.resolve({ points: Float32Array.of(1, 2) } as never),
    run: () => Promise.reject(new MongeError({ code: 'run-not-found', what: 'there is no such run' })),
  });
  server = await serve({ engine, policy: anyPath, rendererFolder: renderer, port: 0 });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One request with the path as written; `fetch` would tidy it. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: server.port, host: '127.0.0.1', path, headers, method }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

const linkPath = () => server.url.slice(server.url.indexOf('/?'));

/** The cookie a browser holds after opening the link. */
async function openLink(): Promise<string> {
  const answer = await get(linkPath());
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

describe('the link', () => {
  it('is exchanged once for a session that outlives reloads', async () => {
    const first = await get(linkPath());
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/');
    expect(first.headers['set-cookie']?.[0]).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
    for (let reload = 0; reload < 2; reload++) {
      const page = await get('/', { cookie });
      expect(page).toMatchObject({ status: 200, body: '<!doctype html><title>Monge</title>' });
    }
  });

  it('may be opened again by the same browser, by no other', async () => {
    const cookie = await openLink();
    expect((await get(linkPath(), { cookie })).status).toBe(303);
    const other = await get(linkPath());
    expect(other.status).toBe(401);
    expect(other.headers['set-cookie']).toBeUndefined();
    expect(other.body).toContain('monge serve');
  });

  it.each(['/?token=', '/?token=wrong', '/?token=%00', '/', '/index.html', '/assets/index-1a2b3c4d.js'])(
    'without its token, %s is refused',
    async (path) => {
      expect((await get(path)).status).toBe(401);
      // A wrong guess does not use the token up.
      expect((await get(linkPath())).status).toBe(303);
    },
  );

  it('is not used up by a program that only looks at its head', async () => {
    expect((await get(linkPath(), {}, 'HEAD')).status).toBe(401);
    expect((await get(linkPath())).status).toBe(303);
  });
});

describe('files', () => {
  it('carry their type, the policy headers, and a lasting cache when named by hash', async () => {
    const cookie = await openLink();
    const script = await get('/assets/index-1a2b3c4d.js', { cookie });
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = script.headers['content-security-policy'];
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect((await get('/favicon.svg', { cookie })).headers['cache-control']).toBe('no-cache');
  });

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/%252e%252e/secret.txt',
    '//secret.txt',
    '/link.txt',
    '/index.html%00.js',
    '/%',
    '/%ff',
    '/assets',
    '/.git/config',
  ])('%s is not found', async (path) => {
    const cookie = await openLink();
    const answer = await get(path, { cookie });
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('secret');
  });

  it('are only read', async () => {
    const cookie = await openLink();
    expect((await get('/', { cookie }, 'POST')).status).toBe(405);
  });
});

describe('the host name', () => {
  it.each(['evil.example', 'localhost', 'localhost:1', '127.0.0.1.evil.example'])(
    '%j is refused',
    async (host) => {
      expect((await get(linkPath(), { host })).status).toBe(403);
    },
  );

  it('may be any name of the loopback', async () => {
    expect((await get('/healthz', { host: `localhost:${server.port}` })).status).toBe(204);
    expect((await get('/healthz', { host: `[::1]:${server.port}` })).status).toBe(204);
  });
});

describe('the socket', () => {
  const connect = (headers: Record<string, string>, path = '/rpc') =>
    new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
  const origin = () => `http://127.0.0.1:${server.port}`;

  const knock = (headers: Record<string, string>, path?: string) => statusOfUpgrade(connect(headers, path));

  async function open(): Promise<WebSocket> {
    const socket = connect({ cookie: await openLink(), origin: origin() });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    return socket;
  }
  const closed = (socket: WebSocket) =>
    new Promise<number>((resolve) => socket.on('close', resolve).on('error', () => undefined));

  it('opens for a page of this server only', async () => {
    const cookie = await openLink();
    const foreign = 'http://evil.example';
    expect(await knock({ cookie, origin: origin() })).toBe(101);
    expect(await knock({ cookie, origin: foreign })).toBe(403);
    expect(await knock({ cookie, origin: 'null' })).toBe(403);
    expect(await knock({ cookie, origin: `http://localhost:${server.port}` })).toBe(403);
    expect(await knock({ cookie })).toBe(403);
    expect(await knock({ origin: origin() })).toBe(403);
    expect(await knock({ cookie: `${cookie}x`, origin: origin() })).toBe(403);
    expect(await knock({ cookie, origin: foreign, host: 'evil.example' })).toBe(403);
    expect(await knock({ cookie, origin: origin() }, '/other')).toBe(403);
  });

  /** A view as the renderer makes it. */
  function view(socket: WebSocket, events: Partial<ViewApi> = {}) {
    return createBirpc<EngineApi, Partial<ViewApi>>(events, {
      post: (message) => socket.send(encodeFrame(message)),
      on: (listener) => void socket.on('message', (data: Buffer) => listener(decodeFrame(data))),
      timeout: -1,
    });
  }

  it('carries calls with typed arrays, coded errors, and events', async () => {
    const socket = await open();
    const received: MetricPoint[] = [];
    const rpc = view(socket, { metrics: (_id, points) => void received.push(...points) });
    expect((await rpc.previewPoints('abc', 10)).points).toEqual(Float32Array.of(1, 2));
    const thrown: unknown = await rpc.run('r1').catch((error: unknown) => error);
    expect(errorDetail(thrown).code).toBe('run-not-found');
    for (const name of ['close', 'constructor', '__proto__', 'subscribe']) {
      const refused: unknown = await rpc.$callRaw({ method: name, args: [] }).catch((e: unknown) => e);
      expect(errorDetail(refused).code).toBe('call-unknown');
    }
    engine.emit('metrics', 'r1', [{ name: 'loss', step: 1, value: NaN }]);
    await rpc.methods();
    await expect.poll(() => received).toEqual([{ name: 'loss', step: 1, value: NaN }]);
    socket.terminate();
    await expect.poll(() => engine.views.size).toBe(0);
  });

  it('holds metrics back from a view that does not listen, and tells the last state of a run', async () => {
    const socket = await open();
    await new Promise((resolve) => setImmediate(resolve));
    const seen: string[] = [];
    let release: () => void = () => undefined;
    const busy = new Promise<void>((resolve) => (release = resolve));
    view(socket, {
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- a view that is slow to acknowledge
      metrics: () => busy,
      runChanged: (record) => void seen.push(record.status),
    });
    engine.emit('metrics', 'r1', [{ name: 'loss', step: 0, value: 1 }]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const status of ['queued', 'running', 'done']) {
      engine.emit('runChanged', { id: 'r1', status } as never);
    }
    release();
    await expect.poll(() => seen).toEqual(['done']);
    socket.terminate();
  });

  it.each([
    ['text', 1003, 'hello'],
    ['bytes that are no frame', 1007, Buffer.from('hello')],
  ])('ends at %s', async (_name, code, data) => {
    const socket = await open();
    socket.send(data);
    expect(await closed(socket)).toBe(code);
  });

  it('ends at a frame above the limit, without reading it whole', async () => {
    const socket = await open();
    const end = closed(socket);
    socket.send(Buffer.alloc(MAXIMUM_REQUEST_BYTES + 1024 * 1024), () => undefined);
    expect([1006, 1009]).toContain(await end);
    expect(engine.calls).toEqual([]);
  });

  it('survives frames that are no calls', async () => {
    const socket = await open();
    for (const value of [null, 1, [], {}, { t: 'q' }, { t: 'q', m: 'hello', a: 'x' }, { t: 's', i: 'none' }])
      socket.send(encodeFrame(value));
    await view(socket).methods();
    expect(engine.calls).toEqual([['methods']]);
    socket.terminate();
  });

  it('is told when the server stops', async () => {
    const socket = await open();
    const end = closed(socket);
    await server.close();
    expect(await end).toBe(1001);
  });
});

describe('starting', () => {
  it('says which port is taken', async () => {
    const again = serve({ engine, policy: anyPath, rendererFolder: folder, port: server.port });
    await expect(again).rejects.toMatchObject({ code: 'port-in-use' });
  });
});
