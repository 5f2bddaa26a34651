/** @file Types of fingerprint.mjs, for its tests. */
import type { Fingerprint } from './record.mjs';
export function fingerprint(folder: string): Fingerprint;
