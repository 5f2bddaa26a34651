/** @file Numbers of results in words. */
import type { ArmResults } from './experiment';

/** `21.4 (independent), 2.62 (n = 256), 2.04 (n = 2,048)`. */
export function told<N extends string>(names: readonly N[], valueOf: (name: N) => number): string {
  return names.map((name) => `${shortNumber(valueOf(name))} (${name})`).join(', ');
}

/** The means over the seeds of some arms. */
export function figures(results: ArmResults, recipe: string, labels: readonly string[], metric: string) {
  return told(labels, (label) => results.mean(recipe, label, metric));
}

/** Three significant digits. */
export function shortNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'not measured';
}

/** `left[i] / right[i]`. */
export function ratios(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, i) => value / right[i]!);
}
