/** @file Numbers of results in words. */
import type { ArmResults } from './experiment';

/** `21.4 (independent), 2.62 (n = 256), 2.04 (n = 2,048)`: means over the seeds. */
export function figures(
  results: ArmResults,
  recipe: string,
  labels: readonly string[],
  metric: string,
): string {
  return labels.map((label) => `${shortNumber(results.mean(recipe, label, metric))} (${label})`).join(', ');
}

/** Three significant digits. */
export function shortNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'not measured';
}

/** `left[i] / right[i]`. */
export function ratios(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, i) => value / right[i]!);
}
