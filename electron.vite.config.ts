/** @file Builds the engine, the shell and the view. Every process entry is named here, nowhere else. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'electron-vite';

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      target: 'node20',
      rolldownOptions: {
        input: {
          index: 'electron/main.ts',
          engine: 'main/host/utility.ts',
          cli: 'main/cli/index.ts',
          worker: 'main/jobs/worker.ts',
          foreign: 'main/jobs/foreign.ts',
          lane: 'main/compute/lane.ts',
          bench: 'bench/index.ts',
          'train-step': 'bench/train/step.ts',
          'sinkhorn-step': 'bench/sinkhorn/step.ts',
          'conformal-step': 'bench/conformal/step.ts',
          'lm-step': 'bench/lm/step.ts',
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rolldownOptions: {
        input: { preload: 'electron/preload.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [svelte({ configFile: false })],
    build: {
      outDir: 'out/renderer',
      emptyOutDir: true,
      assetsInlineLimit: 0,
      rolldownOptions: { input: { index: 'renderer/index.html' } },
    },
  },
});
