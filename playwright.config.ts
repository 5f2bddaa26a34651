/** @file Browser specs: the same files against server mode and, where Electron's binary resolves, the desktop window. */
import { defineConfig } from '@playwright/test';
import { resolveElectron } from './scripts/electron-binary.mjs';
import type { WorkbenchOptions } from './e2e/support/workbench';

const electron = resolveElectron();
// Workers read this file too; the reason is worth one line, not one per worker.
if (electron.path === null && process.env.TEST_WORKER_INDEX === undefined) {
  console.warn(`Project "electron" is left out: ${electron.reason}.`);
}

export default defineConfig<WorkbenchOptions>({
  testDir: 'e2e',
  outputDir: 'test-results',
  forbidOnly: !!process.env.CI,
  // One engine at a time: two would share the same few cores and slow each other down.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: 'line',
  use: { trace: 'retain-on-failure', screenshot: 'only-on-failure' },
  projects: [
    { name: 'server', use: { host: 'server' } },
    ...(electron.path === null ? [] : [{ name: 'electron', use: { host: 'electron' as const } }]),
  ],
});
