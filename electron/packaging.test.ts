/** @file electron-builder.yml against the scheme of the packer that reads it, and the rules of what gets packed. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Builder {
  getConfig: (folder: string, file: string, options: null) => Promise<Record<string, unknown>>;
  validateConfiguration: (config: unknown, log: unknown) => Promise<void>;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { getConfig, validateConfiguration } = require('app-builder-lib/out/util/config/config.js') as Builder;
const { DebugLogger } = require('builder-util') as { DebugLogger: new (enabled: boolean) => unknown };

const read = () => getConfig(root, join(root, 'electron-builder.yml'), null);
const validate = (config: unknown) => validateConfiguration(config, new DebugLogger(false));

describe('electron-builder.yml', () => {
  it('fits the scheme of electron-builder', async () => {
    await expect(validate(await read())).resolves.toBeUndefined();
  }, 60_000);

  it('would be refused with a key that electron-builder does not know', async () => {
    await expect(validate({ ...(await read()), asarUnpacked: [] })).rejects.toThrow(/asarUnpacked/);
  }, 60_000);

  it('turns off every way to run other code in the packed binary but the one that foreign files need', async () => {
    expect((await read()).electronFuses).toEqual({
      runAsNode: true,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  it('leaves native libraries outside the archive and rebuilds nothing', async () => {
    const config = await read();
    expect(config.asarUnpack).toEqual(['node_modules/onnxruntime-node/bin/**']);
    expect(config.npmRebuild).toBe(false);
  });
});
