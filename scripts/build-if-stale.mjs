/** @file Builds out/ when a source is newer than it, once at a time; also vitest's global set-up for the built tests. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = ['electron', 'figures', 'main', 'native-models', 'renderer', 'bench'];
const configs = ['electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json'];
const stamp = join(root, 'out', '.stamp');
const lock = join(root, '.cache', 'build.lock');

/** vitest calls this before the built tests. */
export default async function setup() {
  await buildIfStale();
}

/** Makes out/ match the sources. Says one line on standard error when it builds; throws with the build's own words when it fails. */
export async function buildIfStale() {
  if (isFresh()) return;
  await takeLock();
  try {
    // Another process may have built while this one waited.
    const print = fingerprint();
    if (isFresh(print)) return;
    const started = Date.now();
    process.stderr.write('Building: the sources are newer than out/ …');
    await build();
    writeFileSync(stamp, print);
    process.stderr.write(` ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function isFresh(print = fingerprint()) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === print;
}

/** Names, sizes and times of all sources; reading the contents would take longer and tell no more. */
function fingerprint() {
  const hash = createHash('sha256');
  const visit = (path) => {
    const entry = statSync(path, { throwIfNoEntry: false });
    if (entry?.isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else if (entry && !/\.test\.ts$|\.md$|\.py$/.test(path)) {
      hash.update(`${path}\0${entry.size}\0${entry.mtimeMs}\n`);
    }
  };
  for (const name of [...sources, ...configs]) visit(join(root, name));
  return hash.digest('hex');
}

/** A folder is made by one process only; its `pid` tells the others whether that one still lives. */
async function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return;
    } catch (thrown) {
      if (thrown.code !== 'EEXIST') throw thrown;
    }
    if (!ownerLives()) rmSync(lock, { recursive: true, force: true });
    else await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function ownerLives() {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return true;
  } catch (thrown) {
    if (thrown.code === 'EPERM') return true;
    if (thrown.code !== 'ENOENT') return false;
    // No pid yet: the folder is being made, or its maker died right there.
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    return made !== undefined && Date.now() - made < 5000;
  }
}

function build() {
  const require = createRequire(import.meta.url);
  const bin = join(dirname(require.resolve('electron-vite/package.json')), 'bin', 'electron-vite.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, 'build', '--logLevel', 'warn'], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    child.stdout.on('data', (piece) => (words += piece));
    child.stderr.on('data', (piece) => (words += piece));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the build failed (exit ${code}):\n${words.trim().slice(-4000)}`));
    });
  });
}
