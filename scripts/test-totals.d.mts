/** @file Types of test-totals.mjs, for its tests. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}
export function vitestTotals(report: unknown, code: number): Totals;
export function playwrightTotals(report: unknown, code: number): Totals;
export function addTotals(parts: readonly Totals[]): Totals;
export function totalsLine(totals: Totals): string;
