/** @file Starts `monge serve` for one spec, with its own home folder, and ends it. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Server {
  /** The address with its one-time token. */
  address: string;
  /** Asks the server to end and waits until it has, so that its folders can be removed. */
  close(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/** Environment of an engine that keeps everything below `home`. */
export function engineEnvironment(home: string): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...Object.fromEntries(inherited), MONGE_HOME: home, MONGE_RUNS: join(home, 'runs') };
}

/** Starts a server on a free port, or on `port`, with folders from which paths may be opened; rejects with its own words when it ends before it listens. */
export function startServer(home: string, port = 0, roots: readonly string[] = []): Promise<Server> {
  const given = ['serve', '--port', String(port), ...roots.flatMap((folder) => ['--root', folder])];
  const child = spawn(process.execPath, [join(root, 'bin', 'monge.mjs'), ...given], {
    cwd: home,
    env: engineEnvironment(home),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (piece: Buffer) => {
      output += piece.toString();
      const address = /(https?:\/\/\S+\?token=\S+)\s/.exec(output)?.[1];
      if (address) resolve({ address, close: () => end('SIGTERM'), kill: () => end('SIGKILL') });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`monge serve ended with ${code}:\n${output}`)));
  });
}
