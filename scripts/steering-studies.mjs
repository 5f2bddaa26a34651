/**
 * @file Repeats the studies of docs/results/steering-strength.md, which need a real model and texts that are not shipped:
 * `node scripts/steering-studies.mjs strength --model FILE.gguf --data FOLDER --out FOLDER`, or `detect`.
 */
import { runnerImport } from 'vite';

const { module } = await runnerImport('./bench/steer/studies/index.ts', { configFile: false });
await module.main(process.argv.slice(2));
process.exit(0);
