/** @file The engine as a child process of the desktop shell: takes ports for the page, reports, and closes when told. */
import { errorDetail, MongeError } from '../../native-models/error';
import { createEngine } from '../engine';
import type { Engine } from '../engine';
import { anyPath } from '../disk/path-policy';
import { servePort } from '../rpc/serve-port';
import { packPortMessage, unpackPortMessage } from '../rpc/wire';
import { placesAround, productVersion } from '../disk/paths';

/** Where the engine finds its files. */
export interface EngineFolders {
  runsFolder: string;
  workspaceFolder: string;
  samplesFolder: string;
  version: string;
}

/** What the shell passes as JSON in the last argument. */
interface UtilityOptions extends EngineFolders {
  /** Set when an engine died before this one: the runs it left behind go on. */
  resumeInterrupted?: boolean;
}

/** The part of Electron's MessagePortMain used here; main/ does not import electron. */
export interface ParentSidePort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}
/** The part of Electron's `process.parentPort` used here. */
export interface ParentPort {
  postMessage(message: unknown): void;
  on(
    event: 'message',
    listener: (event: { data: unknown; ports: readonly ParentSidePort[] }) => void,
  ): unknown;
}

/**
 * Opens the engine with the options in `argument` and serves every port the shell sends, until it says `close`. An
 * engine that takes the place of a dead one also takes up the runs that one left, and reports
 * `{ type: 'resumed', runs }`; one that cannot open reports `{ type: 'failed', detail }`.
 */
export function serveShell(
  parent: ParentPort,
  argument: string | undefined,
  open: (options: EngineFolders) => Promise<Engine>,
  exit: (code: number) => void,
): void {
  const options = Promise.resolve().then(() => readOptions(argument));
  const engine = options.then(({ resumeInterrupted: _forThisHost, ...folders }) => open(folders));
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
  void resumeAfterRestart().catch(() => undefined); // an engine that did not open is reported below
  engine.catch((thrown: unknown) => {
    parent.postMessage({ type: 'failed', detail: errorDetail(thrown) });
    exit(1);
  });

  async function resumeAfterRestart(): Promise<void> {
    const [{ resumeInterrupted }, opened] = await Promise.all([options, engine]);
    if (!resumeInterrupted || closing) return;
    parent.postMessage({ type: 'resumed', runs: await opened.resumeInterrupted() });
  }
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

/** The options in the last argument. @throws `bad-usage` where a folder is missing or the text is no JSON */
function readOptions(text: string | undefined): UtilityOptions {
  const keys = ['runsFolder', 'workspaceFolder', 'samplesFolder'] as const;
  let value: Partial<UtilityOptions> | null = null;
  try {
    value = JSON.parse(text ?? '{}') as Partial<UtilityOptions> | null;
  } catch {
    // Reported below: without options there are no folders either.
  }
  const missing = keys.filter((key) => typeof value?.[key] !== 'string');
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
  const { workerUrl } = placesAround(import.meta.url);
  serveShell(
    parentPort,
    process.argv.at(-1),
    (folders) => createEngine({ ...folders, workerUrl, transport: 'port' }),
    (code) => process.exit(code),
  );
}
