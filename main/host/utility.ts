/** @file The engine as a child process of the desktop shell: takes ports for the page, reports, and closes when told. */
import { errorDetail, MongeError } from '../../native-models/error';
import { createEngine } from '../engine';
import type { Engine } from '../engine';
import { anyPath } from '../rpc/path-policy';
import { servePort } from '../rpc/serve-port';
import { packPortMessage, unpackPortMessage } from '../rpc/wire';
import { placesAround, productVersion } from './paths';

/** What the shell passes as JSON in the last argument. */
interface UtilityOptions {
  runsFolder: string;
  workspaceFolder: string;
  samplesFolder: string;
  version: string;
}

/** The part of Electron's MessagePortMain used here; main/ does not import electron. */
interface ParentSidePort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}
/** The part of Electron's `process.parentPort` used here. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(
    event: 'message',
    listener: (event: { data: unknown; ports: readonly ParentSidePort[] }) => void,
  ): unknown;
}

/** Serves every port the shell sends, until it says `close`. Exported for tests; the entry calls it below. */
export function serveShell(parent: ParentPort, engine: Promise<Engine>, exit: (code: number) => void): void {
  const views = new Set<{ close(): void }>();
  let closing = false;
  parent.on('message', ({ data, ports }) => {
    if (isClose(data)) {
      if (closing) return;
      closing = true;
      for (const view of views) view.close();
      engine
        .then((opened) => opened.close())
        .then(
          () => exit(0),
          () => exit(1),
        );
      return;
    }
    const port = ports[0];
    if (port && !closing) void engine.then((opened) => views.add(connect(opened, port, views)));
  });
  engine.catch((thrown: unknown) => {
    parent.postMessage({ type: 'failed', detail: errorDetail(thrown) });
    exit(1);
  });
}

function connect(engine: Engine, port: ParentSidePort, views: Set<{ close(): void }>): { close(): void } {
  const view = servePort(
    engine,
    {
      // Buffers are cloned with the message: a transfer list between Electron's processes loses them.
      post: (message) => port.postMessage(packPortMessage(message)),
      onMessage: (listener) => port.on('message', (event) => listener(unpackPortMessage(event.data))),
    },
    anyPath,
  );
  const open = {
    close() {
      view.close();
      port.close();
    },
  };
  port.on('close', () => {
    view.close();
    views.delete(open);
  });
  port.start();
  return open;
}

function isClose(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'close';
}

function readOptions(text: string | undefined): UtilityOptions {
  const keys = ['runsFolder', 'workspaceFolder', 'samplesFolder'] as const;
  const value = JSON.parse(text ?? '{}') as Partial<UtilityOptions>;
  const missing = keys.filter((key) => typeof value[key] !== 'string');
  if (missing.length > 0)
    throw new MongeError({
      code: 'bad-usage',
      what: 'the engine was started without its folders',
      where: { key: missing.join(', ') },
      expected: 'the options as JSON in the last argument',
    });
  return { version: productVersion, ...(value as Omit<UtilityOptions, 'version'>) };
}

const parentPort = (process as { parentPort?: ParentPort }).parentPort;
if (parentPort) {
  const opened = Promise.resolve().then(() =>
    createEngine({
      ...readOptions(process.argv.at(-1)),
      workerUrl: placesAround(import.meta.url).workerUrl,
      transport: 'port',
    }),
  );
  serveShell(parentPort, opened, (code) => process.exit(code));
}
