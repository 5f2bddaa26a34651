/** @file Numbers of results in words. */
import type { Results } from './experiment';

/** `21.4 (independent), 2.62 (n = 256), 2.04 (n = 2,048)`: means over the seeds. */
export function figures(results: Results, recipe: string, labels: readonly string[], metric: string): string {
  return labels.map((label) => `${short(results.mean(recipe, label, metric))} (${label})`).join(', ');
}

/** Three significant digits. */
export function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'not measured';
}

/** `left[i] / right[i]`. */
export function ratios(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, i) => value / right[i]!);
}
