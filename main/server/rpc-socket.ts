/** @file The views' WebSockets: framed messages, bounded sizes, a pulse, and a clean end. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { ApiPolicy } from '../disk/path-policy';
import { servePort } from '../rpc/serve-port';
import type { ServedEngine } from '../rpc/serve-port';
import { decodeFrame, encodeFrame, MAXIMUM_REQUEST_BYTES } from '../rpc/wire';

const PULSE_MILLISECONDS = 30_000;
const MAXIMUM_VIEWS = 64;
/** Room for the head of a message whose array has the largest size. */
const HEAD_BYTES = 64 * 1024;
const closeCodes = { goingAway: 1001, notBinary: 1003, badFrame: 1007, tryLater: 1013 };

export class RpcSockets {
  readonly #engine: ServedEngine;
  readonly #policy: ApiPolicy;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAXIMUM_REQUEST_BYTES + HEAD_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
  });
  readonly #alive = new WeakSet<WebSocket>();
  readonly #pulse: NodeJS.Timeout;

  constructor(engine: ServedEngine, policy: ApiPolicy) {
    this.#engine = engine;
    this.#policy = policy;
    this.#pulse = setInterval(() => this.#checkPulse(), PULSE_MILLISECONDS);
    this.#pulse.unref();
  }

  /** Completes an upgrade that the server has admitted. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, socket, head, (connection) => this.#serve(connection));
  }

  /** Says goodbye to every view and waits until the connections have ended, two seconds at most. */
  async close(): Promise<void> {
    clearInterval(this.#pulse);
    const views = [...this.#sockets.clients];
    const ended = views.map((view) => new Promise<void>((resolve) => view.once('close', () => resolve())));
    for (const view of views) view.close(closeCodes.goingAway, 'the server stops');
    const limit = setTimeout(() => views.forEach((view) => view.terminate()), 2000);
    await Promise.all(ended);
    clearTimeout(limit);
    await new Promise<void>((resolve) => this.#sockets.close(() => resolve()));
  }

  #serve(connection: WebSocket): void {
    if (this.#sockets.clients.size > MAXIMUM_VIEWS) {
      connection.close(closeCodes.tryLater, 'too many views');
      return;
    }
    this.#alive.add(connection);
    connection.on('pong', () => this.#alive.add(connection));
    // ws closes the connection itself after a protocol error or an oversized message.
    connection.on('error', () => connection.terminate());
    const port = servePort(
      this.#engine,
      {
        post(message) {
          const frame = encodeFrame(message);
          if (connection.readyState === connection.OPEN) connection.send(frame, { binary: true });
        },
        onMessage: (listener) =>
          connection.on('message', (data, isBinary) => {
            const message = isBinary ? read(connection, data) : refuseText(connection);
            if (message !== null) listener(message);
          }),
      },
      this.#policy,
    );
    connection.on('close', () => port.close());
  }

  #checkPulse(): void {
    for (const view of this.#sockets.clients) {
      if (!this.#alive.has(view)) view.terminate();
      else {
        this.#alive.delete(view);
        view.ping();
      }
    }
  }
}

function read(connection: WebSocket, data: RawData): unknown {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data);
  try {
    return decodeFrame(bytes, MAXIMUM_REQUEST_BYTES + HEAD_BYTES);
  } catch {
    connection.close(closeCodes.badFrame, 'bad-frame');
    return null;
  }
}

function refuseText(connection: WebSocket): null {
  connection.close(closeCodes.notBinary, 'binary frames only');
  return null;
}
