/** @file The intrinsic dimension of a cloud, from the distances to its points' two nearest neighbours. */

/**
 * r = m / Σ log(d₂/d₁) over m points with nearest distances d₁ < d₂: the maximum-likelihood estimate of Facco,
 * d’Errico, Rodriguez and Laio, "Estimating the intrinsic dimension of datasets by a minimal neighborhood
 * information" (Scientific Reports 7, 2017). Points that coincide with another are left out; NaN when too few remain.
 */
export function intrinsicDimension(points: Float32Array, dimension: number): number {
  const count = points.length / dimension;
  let sum = 0;
  let used = 0;
  for (let i = 0; i < count; i++) {
    let [first, second] = [Infinity, Infinity];
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      let square = 0;
      for (let k = 0, a = i * dimension, b = j * dimension; k < dimension && square < second; k++, a++, b++)
        square += (points[a]! - points[b]!) ** 2;
      if (square < first) [first, second] = [square, first];
      else if (square < second) second = square;
    }
    if (!(first > 0) || !Number.isFinite(second)) continue;
    sum += Math.log(second / first) / 2;
    used++;
  }
  return used > 2 && sum > 0 ? used / sum : NaN;
}
