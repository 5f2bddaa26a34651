/** @file Packs the application around a stand-in for Electron's binary and checks what the archive holds. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPackage, listPackage } from '@electron/asar';
import { buildIfStale } from './build-if-stale.mjs';
import { packingFaults } from './packing-faults.mjs';
import { packageFile, root } from './run.mjs';

const require = createRequire(import.meta.url);

/** A folder that looks like Electron's distribution for Linux; the archive in it has to be a real one. */
async function makeStandIn(folder) {
  const { version } = JSON.parse(readFileSync(packageFile('electron', 'package.json'), 'utf8'));
  const source = join(folder, 'default-app');
  const distribution = join(folder, 'electron');
  mkdirSync(source, { recursive: true });
  mkdirSync(join(distribution, 'resources'), { recursive: true });
  writeFileSync(join(source, 'main.js'), '');
  await createPackage(source, join(distribution, 'resources', 'default_app.asar'));
  for (const [name, text] of [
    ['electron', '#!/bin/sh\n'],
    ['version', version],
    ['LICENSE', ''],
    ['LICENSES.chromium.html', ''],
  ]) {
    writeFileSync(join(distribution, name), text);
  }
  chmodSync(join(distribution, 'electron'), 0o755);
  return distribution;
}

/** Packs a Linux folder for one processor; returns the paths inside its archive. */
async function pack(folder, architecture) {
  const { Arch, Platform, build } = require('electron-builder');
  const { getConfig } = require('app-builder-lib/out/util/config/config.js');
  const config = await getConfig(root, join(root, 'electron-builder.yml'), null);
  const output = join(folder, architecture);
  await build({
    projectDir: root,
    publish: 'never',
    targets: Platform.LINUX.createTarget('dir', Arch[architecture]),
    config: {
      ...config,
      directories: { output },
      electronDist: await makeStandIn(join(folder, `stand-in-${architecture}`)),
      // Fuses are flipped inside the real binary, which is not here; the schema test covers them.
      electronFuses: null,
    },
  });
  const name = architecture === 'x64' ? 'linux-unpacked' : `linux-${architecture}-unpacked`;
  const archive = join(output, name, 'resources', 'app.asar');
  return listPackage(archive, { isPack: false }).map((path) => path.replaceAll('\\', '/'));
}

await buildIfStale();
let faulty = false;
const folder = mkdtempSync(join(tmpdir(), 'monge-pack-'));
try {
  for (const architecture of ['x64', 'arm64']) {
    const paths = await pack(folder, architecture);
    const libraries = paths.filter((path) => /onnxruntime-node\/bin\/.*\.(so|node|dll|dylib)/.test(path));
    console.log(`\nlinux ${architecture}: ${paths.length} entries; ONNX Runtime libraries:`);
    for (const path of libraries) console.log(`  ${path}`);
    const faults = packingFaults(paths, 'linux', architecture);
    for (const fault of faults) console.error(`FAULT  ${fault}`);
    if (faults.length > 0) faulty = true;
    else console.log(`linux ${architecture}: everything needed is inside, nothing of another platform.`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
// electron-builder sets an exit code of its own.
process.exit(faulty ? 1 : 0);
