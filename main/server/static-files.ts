/** @file The built view's files, by request path: never one outside their folder. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isBelow } from '../disk/path-policy';

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** File below `folder` for a raw request path such as `/assets/index-1a2b.js`; null for everything else. */
export async function findFile(folder: string, rawPath: string): Promise<string | null> {
  let path: string;
  try {
    path = decodeURIComponent(rawPath);
  } catch {
    return null;
  }
  const parts = path.split('/').slice(1);
  // Backslashes and drive letters separate on Windows only; no file of the view has them anywhere.
  if (parts.some((part) => part === '' || part.startsWith('.') || /[\\:\0]/.test(part))) return null;
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, ...parts));
    return isBelow(root, file) && (await stat(file)).isFile() ? file : null;
  } catch {
    return null;
  }
}

/** Sends one file. Names with a content hash never change and may be kept for ever. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
): Promise<void> {
  const { size } = await stat(file);
  const hashed = /[\\/]assets[\\/].*-[\w-]{8,}\.\w+$/.test(file);
  response.writeHead(200, {
    'content-type': mediaTypes[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': size,
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response).catch(() => response.destroy());
}
