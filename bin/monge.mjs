#!/usr/bin/env node
/** @file The `monge` command: in a checkout it first builds what is stale, then hands over to the built command line. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cli = join(root, 'out', 'main', 'cli.js');
const isCheckout =
  existsSync(join(root, 'electron.vite.config.ts')) &&
  existsSync(join(root, 'node_modules', 'electron-vite', 'package.json'));

try {
  // MONGE_NO_BUILD lets a cluster job start from a read-only checkout that was built before.
  if (isCheckout && !process.env.MONGE_NO_BUILD) {
    const { buildIfStale } = await import(pathToFileURL(join(root, 'scripts', 'build-if-stale.mjs')).href);
    await buildIfStale();
  }
  if (!existsSync(cli)) throw new Error(`${cli} is missing: run npm ci and npm run build`);
} catch (error) {
  console.error(`monge: ${error.message}`);
  process.exit(1);
}
const { main } = await import(pathToFileURL(cli).href);
await main(process.argv.slice(2));
