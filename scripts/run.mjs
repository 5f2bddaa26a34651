/** @file Starts other programs for the scripts: from the project's own packages, never through a shell. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path of a file inside an installed package, for `node <path>`; this works on Windows too, where `.bin` links do not. */
export function packageFile(name, file) {
  return join(root, 'node_modules', ...name.split('/'), ...file.split('/'));
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: Record<string, string | undefined>, capture?: boolean, milliseconds?: number, cwd?: string }} [options]
 *   `capture` keeps the output instead of showing it; `milliseconds` ends a program that takes longer.
 * @returns {Promise<{ code: number, output: string }>} code 127 when the program could not be started.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: options.capture ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      timeout: options.milliseconds,
    });
    let output = '';
    child.stdout?.on('data', (piece) => (output += piece));
    child.stderr?.on('data', (piece) => (output += piece));
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
