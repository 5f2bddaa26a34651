/** @file A closed box for tests of the built command line: own home, cache, temporary and working folder, watched for stray files. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const monge = join(process.cwd(), 'bin', 'monge.mjs');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Sandbox {
  /** Everything below lies in it. */
  readonly root: string;
  /** Current directory of the commands. */
  readonly work: string;
  /** Where the runs go: the one place, with the workspace, where commands may write. */
  readonly runs: string;
  readonly workspace: string;
  start(args: readonly string[]): ChildProcess;
  monge(...args: string[]): Promise<Finished>;
  /** The commands' results in order; two at a time, as each is a process of its own. */
  all(lines: readonly (readonly string[])[]): Promise<Finished[]>;
  /** Every file outside the runs and the workspace, with its SHA-256. */
  elsewhere(): Record<string, string>;
  close(): void;
}

export function openSandbox(): Sandbox {
  const root = mkdtempSync(join(tmpdir(), 'monge-box-'));
  const [work, runs, workspace, home, temporary] = ['work', 'runs', 'workspace', 'home', 'tmp'].map((name) =>
    join(root, name),
  ) as [string, string, string, string, string];
  for (const folder of [work, home, temporary]) mkdirSync(folder);
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: home,
    USERPROFILE: home,
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    MONGE_HOME: workspace,
    MONGE_RUNS: runs,
    // The test's set-up has built already.
    MONGE_NO_BUILD: '1',
  };
  const start = (args: readonly string[]) =>
    spawn(process.execPath, [monge, ...args], {
      cwd: work,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const run = (...args: string[]) => finish(start(args));
  return {
    root,
    work,
    runs,
    workspace,
    start,
    monge: run,
    async all(lines) {
      const results: Finished[] = [];
      let next = 0;
      const lane = async () => {
        while (next < lines.length) {
          const index = next++;
          results[index] = await run(...lines[index]!);
        }
      };
      await Promise.all([lane(), lane()]);
      return results;
    },
    elsewhere: () => filesBelow(root, ['runs', 'workspace']),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Every file below the folder by its path from there, with its SHA-256; empty for a folder that is not there. */
export function filesBelow(folder: string, except: readonly string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (path: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inside = join(path, entry.name);
      const name = relative(folder, inside).replaceAll('\\', '/');
      if (except.includes(name)) continue;
      if (entry.isDirectory()) visit(inside);
      else if (entry.isFile()) found[name] = createHash('sha256').update(readFileSync(inside)).digest('hex');
      else found[name] = 'not a plain file';
    }
  };
  try {
    visit(folder);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
  return found;
}

function finish(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (piece: Buffer) => (stdout += piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => (stderr += piece.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
