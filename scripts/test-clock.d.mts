/** @file Types of test-clock.mjs, for its tests. */
export interface TimedFile {
  project: string;
  path: string;
  seconds: number;
}
export function playwrightFiles(report: unknown): TimedFile[];
export function clockText(files: readonly TimedFile[], elapsed: number): string;
