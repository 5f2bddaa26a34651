/** @file Server mode: the built view and the engine's RPC on one loopback port, for one person with the link. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { MongeError } from '../../native-models/error';
import type { ApiPolicy } from '../disk/path-policy';
import type { ServedEngine } from '../rpc/serve-port';
import { ApiKey, HostRule, Sessions } from './admission';
import { securityHeaders } from './content-security';
import { sendNoSession, sendPage } from './messages-page';
import { answerPrograms, type NamedModel } from './openai/routes';
import { RpcSockets } from './rpc-socket';
import { findFile, sendFile } from './static-files';

export interface ServeOptions {
  engine: ServedEngine;
  policy: ApiPolicy;
  /** Folder of the built view. */
  rendererFolder: string;
  /** 0 for any free port. */
  port: number;
  /** Address to listen on; 127.0.0.1 unless the person asked for another. */
  host?: string;
  /** Further names under which the server may be reached, for example through a tunnel: `name` or `name:port`. */
  allowHosts?: readonly string[];
  /** The key for programs; a new one is made up without it. */
  apiKey?: string;
  /** Models that were opened for programs: their names stay, whatever the same file is called when it is opened again. */
  named?: readonly NamedModel[];
}

export interface RunningServer {
  port: number;
  /** The link with the one-time token. */
  url: string;
  /** What programs send to `/v1`. */
  apiKey: string;
  /** Ends all connections and resolves when the port is free. The engine stays open. */
  close(): Promise<void>;
}

/** Starts listening. Throws `port-in-use` or `cannot-listen`. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  const key = new ApiKey(options.apiKey);
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 60_000, headersTimeout: 20_000 });
  await listen(server, options.port, host);
  const { port } = server.address() as AddressInfo;
  const hosts = new HostRule(port, [host, ...(options.allowHosts ?? [])]);
  const sessions = new Sessions(port);
  const sockets = new RpcSockets(options.engine, options.policy);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { rendererFolder, engine, policy } = options;
    const programs = { engine, key, policy, named: options.named ?? [] };
    answer(request, response, { hosts, sessions, rendererFolder, programs }).catch(() => response.destroy());
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const path = (request.url ?? '').split('?')[0];
    if (path === '/rpc' && hosts.allowsOrigin(request) && sessions.isOpen(request))
      sockets.accept(request, socket, head);
    else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return {
    port,
    url: `http://${linkHost(host)}:${port}/?token=${sessions.token}`,
    apiKey: key.text,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await sockets.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    hosts,
    sessions,
    rendererFolder,
    programs,
  }: {
    hosts: HostRule;
    sessions: Sessions;
    rendererFolder: string;
    programs: Parameters<typeof answerPrograms>[3];
  },
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  if (!hosts.allowsHost(request)) {
    sendPage(response, 403, 'Unknown host name', [
      'This server answers to its own address only. To reach it under another name, start it with <code>monge serve --allow-host NAME:PORT</code>.',
    ]);
    return;
  }
  // Split by hand: URL() would resolve `..` before it can be refused.
  const [path = '', search = ''] = (request.url ?? '').split('?', 2);
  if (path.startsWith('/v1/')) return answerPrograms(request, response, path, programs);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    sendPage(response, 405, 'Method not allowed', ['Only GET and HEAD are answered.']);
    return;
  }
  if (path === '/healthz') {
    response.writeHead(204, { 'cache-control': 'no-store' }).end();
    return;
  }
  const token = path === '/' ? new URLSearchParams(search).get('token') : null;
  const open = sessions.isOpen(request);
  if (token !== null && (open || request.method === 'GET')) {
    const cookie = open ? null : sessions.redeem(token);
    if (open || cookie !== null) {
      if (cookie !== null) response.setHeader('set-cookie', cookie);
      response.writeHead(303, { location: '/', 'cache-control': 'no-store' }).end();
      return;
    }
  }
  if (!open) {
    sendNoSession(response, token !== null);
    return;
  }
  const file = await findFile(rendererFolder, path === '/' ? '/index.html' : path);
  if (file !== null) await sendFile(request, response, file);
  else if (path === '/')
    sendPage(response, 503, 'The view is not built', [
      'Run <code>npm run build</code> and reload this page.',
    ]);
  else sendPage(response, 404, 'Not found', ['<a href="/">Open the workbench</a>']);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      const inUse = thrown.code === 'EADDRINUSE';
      reject(
        new MongeError(
          {
            code: inUse ? 'port-in-use' : 'cannot-listen',
            what: inUse
              ? 'another program listens on this port'
              : `this address cannot be listened on (${thrown.code})`,
            where: { key: `${host}:${port}` },
            help: inUse
              ? 'Give another one with --port, or --port 0 for any free one.'
              : 'Check --host and --port.',
          },
          { cause: thrown },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** The wildcard addresses are none that a browser could open. */
function linkHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
