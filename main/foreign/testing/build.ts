/** @file Builds the entry of the stand-ins into a folder of a test. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';

/** Where the built entry lies. */
export async function buildStandIn(folder: string): Promise<URL> {
  await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: join(import.meta.dirname, 'stand-in.ts'),
      outDir: folder,
      target: 'node20',
      rolldownOptions: { output: { format: 'es', entryFileNames: 'stand-in.mjs' } },
    },
  });
  return pathToFileURL(join(folder, 'stand-in.mjs'));
}
