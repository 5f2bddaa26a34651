/** @file Versions that decide numbers, told without loading the native library. */
import { createRequire } from 'node:module';

/** Recorded in every run: the same versions, config, seed and data give the same numbers on the CPU. */
export function versions(monge: string): Record<string, string> {
  const require = createRequire(import.meta.url);
  const runtime = require('onnxruntime-node/package.json') as { version: string };
  return {
    monge,
    onnxruntime: runtime.version,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
}
