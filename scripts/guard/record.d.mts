/** @file Types of record.mjs, for its tests. */
export type Fingerprint = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
export function machineName(): string;
export function differences(expected: Fingerprint, actual: Fingerprint): string[];
