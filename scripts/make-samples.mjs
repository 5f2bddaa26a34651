/** @file Writes samples/*: run `node scripts/make-samples.mjs` after changing a generator in scripts/samples. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { module } = await runnerImport(join(root, 'scripts/samples/files.ts'), { root, configFile: false });
for (const [name, bytes] of module.sampleFiles()) {
  writeFileSync(join(root, 'samples', name), bytes);
  console.log(`samples/${name}  ${bytes.length.toLocaleString('en')} bytes`);
}
