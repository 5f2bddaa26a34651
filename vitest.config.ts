/** @file Test tiers by need: `unit` needs nothing, `numeric` needs ONNX Runtime, `renderer` a DOM, `shell` a mocked Electron. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{native-models,main,scripts,bench}/**/*.test.ts'],
          exclude: ['**/*.numeric.test.ts', '**/*.built.test.ts'],
        },
      },
      {
        test: {
          name: 'numeric',
          environment: 'node',
          include: ['{native-models,main}/**/*.numeric.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        // Tests of the built command line and its worker threads; the global set-up builds what is stale.
        test: {
          name: 'built',
          environment: 'node',
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
