/** @file Types of packing-faults.mjs, for its tests. */
export function packingFaults(paths: readonly string[], platform: string, architecture: string): string[];
