/** @file How far a learned map is from the known one. */

/**
 * L2-UVP in percent (Korotin et al. 2021): 100 · mean ‖T(x) − T₀(x)‖² / Var(ν), with the total variance of the true
 * images, summed over coordinates. 0 is perfect; a constant map to the mean has 100. Both are [n, dimension].
 */
export function unexplainedVariance(mapped: Float32Array, truth: Float32Array, dimension: number): number {
  const count = truth.length / dimension;
  const mean = new Float64Array(dimension);
  for (let k = 0; k < truth.length; k++) mean[k % dimension]! += truth[k]! / count;
  let [error, variance] = [0, 0];
  for (let k = 0; k < truth.length; k++) {
    error += (mapped[k]! - truth[k]!) ** 2;
    variance += (truth[k]! - mean[k % dimension]!) ** 2;
  }
  return (100 * error) / variance;
}
