/** @file Silhouettes (Rousseeuw 1987): whether rows lie with those of their own class or with others, 1 to −1. */

/**
 * Mean silhouette of rows [n, columns] under the classes [n], Euclidean; classes of one row count 0. NaN with fewer than two
 * classes. Takes n²·columns products: draw some hundred rows first.
 */
export function silhouetteOf(rows: Float64Array, columns: number, classes: ArrayLike<number>): number {
  const n = classes.length;
  const names = [...new Set(Array.from(classes))];
  if (names.length < 2) return NaN;
  const code = new Map(names.map((name, k) => [name, k]));
  const codes = Uint32Array.from(Array.from(classes), (name) => code.get(name)!);
  const sizes = new Float64Array(names.length);
  for (const one of codes) sizes[one]! += 1;
  const squares = new Float64Array(n);
  for (let i = 0; i < n; i++)
    for (let k = i * columns; k < (i + 1) * columns; k++) squares[i]! += rows[k]! ** 2;
  // [n, classes] summed distances.
  const sums = new Float64Array(n * names.length);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      let [a, b] = [0, 0];
      const [left, right] = [i * columns, j * columns];
      const even = columns - (columns % 2);
      for (let k = 0; k < even; k += 2) {
        a += rows[left + k]! * rows[right + k]!;
        b += rows[left + k + 1]! * rows[right + k + 1]!;
      }
      if (even < columns) a += rows[left + even]! * rows[right + even]!;
      const distance = Math.sqrt(Math.max(0, squares[i]! + squares[j]! - 2 * (a + b)));
      sums[i * names.length + codes[j]!]! += distance;
      sums[j * names.length + codes[i]!]! += distance;
    }
  let total = 0;
  for (let i = 0; i < n; i++) {
    const own = codes[i]!;
    if (sizes[own] === 1) continue;
    const within = sums[i * names.length + own]! / (sizes[own]! - 1);
    let nearest = Infinity;
    for (let other = 0; other < names.length; other++)
      if (other !== own) nearest = Math.min(nearest, sums[i * names.length + other]! / sizes[other]!);
    const most = Math.max(within, nearest);
    if (most > 0) total += (nearest - within) / most;
  }
  return total / n;
}
