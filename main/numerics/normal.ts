/** @file Probabilities of the standard normal, as logarithms that stay exact far out. */

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Above, the continued fraction is exact to double precision. */
const SERIES_UP_TO = 3;

/** log P(a ≤ Z ≤ b) of a standard normal Z, to about 1e-13 relative however far out; −∞ unless a < b. */
export function logNormalMass(a: number, b: number): number {
  if (!(a < b)) return -Infinity;
  if (a > 0) return logNormalMass(-b, -a);
  if (b <= 0) {
    const larger = logLowerTail(b);
    return a === -Infinity ? larger : larger + Math.log1p(-Math.exp(logLowerTail(a) - larger));
  }
  return Math.log1p(-(Math.exp(logLowerTail(a)) + Math.exp(logLowerTail(-b))));
}

/** P(Z ≤ x) of a standard normal Z. */
export function normalBelow(x: number): number {
  return x <= 0 ? Math.exp(logLowerTail(x)) : 1 - Math.exp(logLowerTail(-x));
}

/** log P(Z ≤ x) for x ≤ 0: a series about 0 (Abramowitz and Stegun 26.2.11), a continued fraction (26.2.14) beyond. */
function logLowerTail(x: number): number {
  const size = -x;
  if (size === Infinity) return -Infinity;
  const logDensity = -0.5 * x * x - HALF_LOG_TWO_PI;
  if (size <= SERIES_UP_TO) {
    let [term, sum] = [size, size];
    for (let k = 3; term > 1e-17 * sum; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return Math.log(0.5 - Math.exp(logDensity) * sum);
  }
  let fraction = size;
  for (let k = size > 8 ? 16 : 64; k >= 1; k--) fraction = size + k / fraction;
  return logDensity - Math.log(fraction);
}
