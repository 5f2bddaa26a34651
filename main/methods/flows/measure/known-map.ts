/** @file How far a flow is from the optimal map, where that is known. */

/**
 * L2-UVP (Korotin et al., arXiv 2106.01954), percent: 100·mean‖T_θ(x) − T₀(x)‖² / Var(ν), with the total variance of the
 * data. 0 is the map itself, 100 as far as the constant map to the mean.
 */
export function unexplainedVariance(
  reached: Float32Array,
  truth: Float32Array,
  dimension: number,
  totalVariance: number,
): number {
  let sum = 0;
  for (let k = 0; k < reached.length; k++) sum += (reached[k]! - truth[k]!) ** 2;
  return (100 * sum) / ((reached.length / dimension) * totalVariance);
}

/** Sum over columns of the variance of `points` [n, dimension]. */
export function totalVariance(points: Float32Array, dimension: number): number {
  const rows = points.length / dimension;
  let total = 0;
  for (let column = 0; column < dimension; column++) {
    let [mean, square] = [0, 0];
    for (let at = column; at < points.length; at += dimension) mean += points[at]! / rows;
    for (let at = column; at < points.length; at += dimension) square += (points[at]! - mean) ** 2;
    total += square / rows;
  }
  return total;
}
