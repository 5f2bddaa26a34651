/** @file Volumes in closed form: balls, diamonds, boxes and ellipsoids of any dimension, as natural logarithms. */

/** log of the volume of {‖y‖₂ ≤ r} in d dimensions, π^{d/2} r^d/Γ(d/2 + 1); −Infinity for r below or at 0. */
export function logBallVolume(d: number, radius: number): number {
  return (d / 2) * Math.log(Math.PI) - logHalfFactorial(d) + d * logOf(radius);
}

/** log of the volume of {‖y‖₁ ≤ r}, (2r)^d/d!. */
export function logDiamondVolume(d: number, radius: number): number {
  let sum = d * (Math.log(2) + logOf(radius));
  for (let k = 2; k <= d; k++) sum -= Math.log(k);
  return sum;
}

/** log of the volume of {‖y‖∞ ≤ r}, (2r)^d. */
export function logCubeVolume(d: number, radius: number): number {
  return d * (Math.log(2) + logOf(radius));
}

/** log of the volume of a box with these side lengths; −Infinity where one is not above 0. */
export function logBoxVolume(sides: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < sides.length; k++) sum += logOf(sides[k]!);
  return sum;
}

/** log of the volume of {(y − μ)ᵀ Σ⁻¹ (y − μ) ≤ r²}; `logDet` is log det Σ. */
export function logEllipsoidVolume(d: number, radius: number, logDet: number): number {
  return logBallVolume(d, radius) + logDet / 2;
}

/** log Γ(d/2 + 1), exactly by the recursion from Γ(1) = 1 and Γ(1/2) = √π. */
function logHalfFactorial(d: number): number {
  let sum = d % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let k = d; k > 0; k -= 2) sum += Math.log(k / 2);
  return sum;
}

function logOf(length: number): number {
  return length > 0 ? Math.log(length) : -Infinity;
}
