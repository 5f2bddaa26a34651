/** @file How far two arrays are apart. */

/** ‖a − b‖ / ‖b‖, which one outlier does not decide. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let [apart, size] = [0, 0];
  for (let k = 0; k < b.length; k += 1) {
    apart += (a[k]! - b[k]!) ** 2;
    size += b[k]! ** 2;
  }
  return apart === 0 ? 0 : Math.sqrt(apart / Math.max(size, 1e-60));
}

/** How many values differ in any bit but the sign of zero, which no sum tells apart; NaN equals NaN. */
export function valuesApart(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Math.max(a.length, b.length);
  let count = 0;
  for (let k = 0; k < a.length; k += 1)
    if (a[k] !== b[k] && !(Number.isNaN(a[k]) && Number.isNaN(b[k]))) count += 1;
  return count;
}

/** √ of the mean square. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k += 1) sum += values[k]! ** 2;
  return Math.sqrt(sum / Math.max(1, values.length));
}
