/** @file Test tiers by need: `unit` needs nothing, `numeric` needs ONNX Runtime, `renderer` a DOM, `shell` a mocked Electron; `full` needs patience. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The software Vulkan driver that comes with Debian's Chromium runs the WebGPU tests where no other driver is chosen. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const vulkan =
  process.env.VK_ICD_FILENAMES === undefined && existsSync(driver) ? { VK_ICD_FILENAMES: driver } : {};

/**
 * Files that need no program of their own share one process and its modules, which halves their time: none of them keeps
 * state in a module that another could meet, in whatever order they run.
 */
const isolate = false;

export default defineConfig({
  test: {
    // vitest leaves one core to itself, which on two would halve the tests.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          isolate,
          environment: 'node',
          include: ['{native-models,figures,main,scripts,bench}/**/*.test.ts'],
          exclude: ['**/*.numeric.test.ts', '**/*.built.test.ts', '**/*.full.test.ts'],
        },
      },
      {
        test: {
          name: 'numeric',
          environment: 'node',
          env: vulkan,
          include: ['{native-models,main,scripts}/**/*.numeric.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        // Tests of the built command line and its worker threads; the global set-up builds what is stale.
        test: {
          name: 'built',
          environment: 'node',
          env: vulkan,
          include: ['main/**/*.built.test.ts'],
          globalSetup: ['scripts/build-if-stale.mjs'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        // What `npm test` has no time for: only `npm run test:full` and whoever names a file run these, one at a time.
        test: {
          name: 'full',
          environment: 'node',
          env: vulkan,
          include: ['{native-models,figures,main,scripts}/**/*.full.test.ts'],
          globalSetup: ['scripts/build-if-stale.mjs'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: { name: 'renderer', isolate, environment: 'jsdom', include: ['renderer/**/*.test.ts'] },
      },
      { test: { name: 'shell', environment: 'node', include: ['electron/**/*.test.ts'] } },
    ],
  },
});
