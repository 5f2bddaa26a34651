/** @file Test tiers by need: `unit` needs nothing, `numeric` needs ONNX Runtime, `renderer` a DOM, `shell` a mocked Electron. */
import { existsSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The software Vulkan driver that comes with Debian's Chromium runs the WebGPU tests where no other driver is chosen. */
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
const vulkan =
  process.env.VK_ICD_FILENAMES === undefined && existsSync(driver) ? { VK_ICD_FILENAMES: driver } : {};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{native-models,figures,main,scripts,bench}/**/*.test.ts'],
          exclude: ['**/*.numeric.test.ts', '**/*.built.test.ts'],
        },
      },
      {
        test: {
          name: 'numeric',
          environment: 'node',
          env: vulkan,
          include: ['{native-models,main}/**/*.numeric.test.ts'],
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
          fileParallelism: false,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        resolve: { conditions: ['browser'] },
        test: { name: 'renderer', environment: 'jsdom', include: ['renderer/**/*.test.ts'] },
      },
      { test: { name: 'shell', environment: 'node', include: ['electron/**/*.test.ts'] } },
    ],
  },
});
