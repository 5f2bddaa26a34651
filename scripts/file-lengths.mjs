/** @file Measures how long the source files are; a file that is too long wants to be two. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './run.mjs';

const folders = [
  'native-models',
  'figures',
  'main',
  'electron',
  'renderer',
  'bench',
  'e2e',
  'scripts',
  'bin',
];
const source = /\.(ts|mts|mjs|cjs|js|svelte|css)$/;

/** Lines a source file may have. */
export const lineLimit = 400;

/**
 * @param {{ folder?: string, limit?: number }} [options]
 * @returns {{ largest: { path: string, lines: number }[], tooLong: { path: string, lines: number }[], limit: number }}
 */
export function measureFiles({ folder = root, limit = lineLimit } = {}) {
  const files = folders
    .flatMap((name) => walk(join(folder, name)))
    .map((path) => ({ path: relative(folder, path), lines: countLines(path) }))
    .sort((a, b) => b.lines - a.lines || a.path.localeCompare(b.path));
  return { largest: files.slice(0, 10), tooLong: files.filter((file) => file.lines > limit), limit };
}

function walk(path) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(inside);
    return source.test(entry.name) ? [inside] : [];
  });
}

function countLines(path) {
  const text = readFileSync(path, 'utf8');
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
