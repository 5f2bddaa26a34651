/** @file Test tiers by need: `unit` needs nothing, `numeric` needs ONNX Runtime, `renderer` a DOM, `shell` a mocked Electron; `full` needs patience. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type UserWorkspaceConfig } from 'vitest/config';

/** The software Vulkan driver that comes with Debian's Chromium runs the WebGPU tests where no other driver is chosen. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const vulkan =
  process.env.VK_ICD_FILENAMES === undefined && existsSync(driver) ? { VK_ICD_FILENAMES: driver } : {};

/**
 * Files that need no program of their own share one process and its modules, which halves their time: none of them keeps
 * state in a module that another could meet, in whatever order they run.
 */
const isolate = false;

/** As much as a busy machine may need for what takes a second on an idle one. */
const testTimeout = 30_000;

/** The global set-up builds what is stale. */
const globalSetup = ['scripts/build-if-stale.mjs'];

/** A tier of files `*.<name>.test.ts` that may use ONNX Runtime on every device. */
function onRuntime(name: string, folders: string, options: UserWorkspaceConfig['test']): UserWorkspaceConfig {
  return { test: { name, env: vulkan, include: [`${folders}/**/*.${name}.test.ts`], ...options } };
}

export default defineConfig({
  test: {
    // vitest leaves one core to itself, which on two would halve the tests.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          testTimeout,
          isolate,
          include: ['{native-models,figures,main,scripts,bench}/**/*.test.ts'],
          exclude: ['**/*.numeric.test.ts', '**/*.built.test.ts', '**/*.full.test.ts'],
        },
      },
      onRuntime('numeric', '{native-models,main,scripts}', { testTimeout: 120_000 }),
      // Tests of the built command line and its worker threads.
      onRuntime('built', 'main', { globalSetup, testTimeout: 300_000, hookTimeout: 300_000 }),
      // What `npm test` has no time for: only `npm run test:full` and whoever names a file run these, one at a time.
      onRuntime('full', '{native-models,figures,main,scripts,bench}', {
        ...{ globalSetup, testTimeout: 600_000, hookTimeout: 600_000 },
        fileParallelism: false,
      }),
      {
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'renderer',
          testTimeout,
          isolate,
          environment: 'jsdom',
          include: ['renderer/**/*.test.ts'],
        },
      },
      { test: { name: 'shell', include: ['electron/**/*.test.ts'] } },
    ],
  },
});
