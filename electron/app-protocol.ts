/** @file Serves the built pages as `app://monge/…`: files of one folder, nothing above it, with the page policy on each. */
import { readFile } from 'node:fs/promises';
import { extname, isAbsolute, relative, resolve } from 'node:path';
import { protocol } from 'electron';
import type { Protocol } from 'electron';
import { isOwnAddress } from './security';

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** Makes `app:` behave like a web origin. Has to run before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
}

/**
 * The file behind an address, or null when the address is not one of ours or leads out of the folder.
 * The path is decoded once; an encoded separator, a backslash, a drive letter or a zero byte is refused.
 */
export function fileForAddress(folder: string, address: string): string | null {
  if (!isOwnAddress(address)) return null;
  // Taken from the text, not from URL.pathname, which would quietly resolve `..` before it can be refused.
  const raw = address.replace(/^[^/]*\/\/[^/?#]*/, '').replace(/[?#].*$/, '');
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return null;
  }
  if (/[\\:\0%]/.test(path) || /%(2f|5c)/i.test(raw)) return null;
  const parts = path.split('/').filter(Boolean);
  if (parts.includes('..') || parts.includes('.')) return null;
  const file = resolve(folder, ...(parts.length === 0 ? ['index.html'] : parts));
  const inside = relative(folder, file);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? null : file;
}

/** Answers `app://monge/…` from `folder`; every answer carries `headers`, the policy server mode uses too. */
export function serveApp(target: Protocol, folder: string, headers: Readonly<Record<string, string>>): void {
  target.handle('app', async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, headers);
    const file = fileForAddress(folder, request.url);
    if (!file) return refuse(403, headers);
    try {
      const bytes = await readFile(file);
      const type = mediaTypes[extname(file).toLowerCase()] ?? 'application/octet-stream';
      const body = request.method === 'HEAD' ? null : new Uint8Array(bytes);
      return new Response(body, { headers: { ...headers, 'content-type': type } });
    } catch {
      return refuse(404, headers);
    }
  });
}

function refuse(status: number, headers: Readonly<Record<string, string>>): Response {
  return new Response(`${status}\n`, { status, headers: { ...headers, 'content-type': 'text/plain' } });
}
