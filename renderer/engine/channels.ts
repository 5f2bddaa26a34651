/** @file The two ways to the engine, made alike: a WebSocket with framed bytes, or a MessagePort with structured clone. */
import type { MongeBridge } from '../../main/rpc/contract';
import { decodeFrame, encodeFrame, unpackPortMessage } from '../../main/rpc/wire';
import { findShell } from './shell';

/** A pipe of whole messages. */
export interface EngineChannel {
  send: (message: unknown) => void;
  /** Called once before any message can arrive. */
  listen: (handlers: { message: (message: unknown) => void; closed: () => void }) => void;
  close: () => void;
}

/** The server answers, but knows no session of this browser: it was started anew, with a new link. */
export class SessionOver extends Error {}

/** Opens the channel that this page can have; rejects when the engine cannot be reached now. @throws `SessionOver` */
export function openChannel(): Promise<EngineChannel> {
  const shell = findShell();
  return shell ? openPort(shell) : openSocket(socketAddress(window.location));
}

/** `/rpc` beside the page: the cookie of the page authorises it. */
function socketAddress(location: { protocol: string; host: string }): string {
  return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/rpc`;
}

function openSocket(address: string): Promise<EngineChannel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    socket.onerror = () => void whyRefused().then(reject);
    socket.onclose = () => void whyRefused().then(reject);
    socket.onopen = () => resolve(socketChannel(socket));
  });
}

/** A page is not told why its socket was refused; what the server answers to a plain request tells. */
async function whyRefused(): Promise<Error> {
  const answer = await fetch('/', { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  return answer?.status === 401 ? new SessionOver() : new Error('the engine does not answer');
}

function socketChannel(socket: WebSocket): EngineChannel {
  return {
    send: (message) => socket.send(encodeFrame(message)),
    listen({ message, closed }) {
      socket.onmessage = (event: MessageEvent<unknown>) => {
        if (!(event.data instanceof ArrayBuffer)) return;
        try {
          message(decodeFrame(new Uint8Array(event.data)));
        } catch {
          // A frame that cannot be read means that the two ends disagree; a new connection starts afresh.
          socket.close();
        }
      };
      socket.onerror = null;
      socket.onclose = closed;
      if (socket.readyState !== WebSocket.OPEN) closed();
    },
    close: () => socket.close(),
  };
}

/** A new port replaces the old one: the shell sends it after the engine was started again. */
function openPort(shell: MongeBridge): Promise<EngineChannel> {
  return new Promise((resolve) => {
    const receive = (event: MessageEvent<unknown>): void => {
      if (event.source !== window || !isPortMessage(event.data) || !event.ports[0]) return;
      window.removeEventListener('message', receive);
      resolve(portChannel(event.ports[0]));
    };
    window.addEventListener('message', receive);
    shell.requestEngine();
  });
}

function portChannel(port: MessagePort): EngineChannel {
  let replaced: (event: MessageEvent<unknown>) => void = () => {};
  return {
    // Buffers are copied, never listed for transfer: across Electron's processes a transfer loses the message.
    send: (message) => port.postMessage(message),
    listen({ message, closed }) {
      port.onmessage = (event: MessageEvent<unknown>) => message(unpackPortMessage(event.data));
      port.addEventListener('close', closed);
      replaced = (event) => {
        if (event.source === window && isPortMessage(event.data)) closed();
      };
      window.addEventListener('message', replaced);
      port.start();
    },
    close() {
      window.removeEventListener('message', replaced);
      port.close();
    },
  };
}

function isPortMessage(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'monge:engine-port';
}
