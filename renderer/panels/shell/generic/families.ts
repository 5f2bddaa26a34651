/** @file Which curves share a figure, and whether its axis is logarithmic at first. */

/** Names by what stands before their first dot, in the order in which they came. */
export function familiesOf(names: readonly string[]): { family: string; names: string[] }[] {
  const families = new Map<string, string[]>();
  for (const name of names) {
    const family = name.split('.')[0]!;
    families.set(family, [...(families.get(family) ?? []), name]);
  }
  return [...families].map(([family, own]) => ({ family, names: own }));
}

/** Positive values over more than a decade and a half are seen better on a logarithmic axis. */
export function startsLogarithmic(values: Float64Array): boolean {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return false;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return low > 0 && high > 30 * low;
}
