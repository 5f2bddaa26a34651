/** @file Runs the Python side of a benchmark where a Python with torch exists; says why when it does not. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The Python to ask: `--python`, then $MONGE_PYTHON, then python3. Null when none imports torch. */
export async function findPython(asked: string | undefined): Promise<string | null> {
  for (const candidate of [asked, process.env['MONGE_PYTHON'], 'python3']) {
    if (candidate === undefined || candidate === '') continue;
    try {
      await execute(candidate, ['-c', 'import torch'], { timeout: 120_000 });
      return candidate;
    } catch {
      // Not a Python with torch: try the next one.
    }
  }
  return null;
}

export type PeerProcessResult<T> = { result: T } | { missing: string };

/** Runs `bench/reference/<script>` and reads the JSON object it prints. Rejects where the script fails. */
export async function runPeerProcess<T>(
  python: string | null,
  folder: URL,
  script: string,
  args: readonly (string | number)[],
): Promise<PeerProcessResult<T>> {
  if (python === null)
    return { missing: 'no Python with torch found; give one with --python or MONGE_PYTHON' };
  const file = fileURLToPath(new URL(script, folder));
  if (!existsSync(file)) return { missing: 'the reference scripts are only in a checkout' };
  const { stdout } = await execute(python, [file, ...args.map(String)], { maxBuffer: 1 << 20 });
  return { result: JSON.parse(stdout) as T };
}

/** Runs one of our own built processes and reads the JSON object it prints. */
export async function runOurProcess<T>(entry: URL, args: readonly (string | number)[]): Promise<T> {
  const words = [fileURLToPath(entry), ...args.map(String)];
  const { stdout } = await execute(process.execPath, words, { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as T;
}

/** Why a process failed: the last line of what it said. */
export function failureOf(error: unknown): string {
  return String(error).split('\n').at(-2) ?? String(error);
}
