/** @file The two-sample test of Kolmogorov and Smirnov: do two sets of numbers come from one distribution? */

/**
 * The asymptotic law with Stephens' correction for small samples, Q((√m + .12 + .11/√m)·D) with m = n₁n₂/(n₁ + n₂)
 * (Stephens 1970): `distance`, the largest difference between the two distribution functions, and `p`, the chance of at
 * least this distance if both were drawn from one continuous law; ties make it too large. 1 where a sample is empty. Numbers
 * that are not finite count as larger than all others.
 */
export function kolmogorovSmirnov(left: ArrayLike<number>, right: ArrayLike<number>) {
  const [a, b] = [sorted(left), sorted(right)];
  if (a.length === 0 || b.length === 0) return { distance: 0, p: 1 };
  let [i, j, distance] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    // Equal values are passed in both before the functions are compared.
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length));
  return { distance, p: tail((root + 0.12 + 0.11 / root) * distance) };
}

/** Q(λ) = 2 Σ (−1)^{k−1} exp(−2k²λ²); for small λ from the series of 1 − Q, which converges there. */
function tail(lambda: number): number {
  if (lambda < 1e-3) return 1;
  let sum = 0;
  if (lambda < 1.18) {
    for (let k = 1; k <= 7; k += 2) sum += Math.exp(-((k * Math.PI) ** 2) / (8 * lambda * lambda));
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * sum;
  }
  for (let k = 1; k <= 5; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * lambda) ** 2);
  return Math.min(1, Math.max(0, sum));
}

function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values, (value) => (Number.isFinite(value) ? value : Infinity)).sort();
}
