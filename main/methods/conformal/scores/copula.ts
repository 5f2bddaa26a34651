/** @file The levels of a box's sides by an empirical copula: how CopulaCPTS shares a level between targets. */

/** Steepness of the smooth indicator, most steps and the loss at which the search ends (section 2.1). */
const STEEPNESS = 1000;
const STEPS = 5000;
const ENOUGH = 5e-6;
const RATE = 1e-3;

/** Levels that make the copula 1 − α: from equal ones on, by Adam on |mean Π σ(1000(t_j − p_j)) − (1 − α)|. */
export function copulaLevels(places: Float32Array, d: number, alpha: number): Float64Array {
  const n = places.length / d;
  const largest = Float64Array.from({ length: n }, (_, i) =>
    Math.max(...places.subarray(i * d, (i + 1) * d)),
  ).sort();
  const start = largest[Math.min(n - 1, Math.ceil((1 - alpha) * n) - 1)]!;
  const levels = new Float64Array(d).fill(start);
  const first = new Float64Array(d);
  const second = new Float64Array(d);
  let best = { loss: Infinity, levels: levels.slice() };
  for (let step = 1; step <= STEPS; step++) {
    const { mean, slope } = smoothCopula(places, levels, d);
    const error = mean - (1 - alpha);
    if (Math.abs(error) < best.loss) best = { loss: Math.abs(error), levels: levels.slice() };
    if (best.loss < ENOUGH) break;
    // The rate falls, so that the search settles between the steps of the sum.
    const rate = RATE / (1 + step / 50);
    for (let j = 0; j < d; j++) {
      const gradient = Math.sign(error) * slope[j]!;
      first[j] = 0.9 * first[j]! + 0.1 * gradient;
      second[j] = 0.999 * second[j]! + 0.001 * gradient ** 2;
      const scale = Math.sqrt(second[j]! / (1 - 0.999 ** step)) + 1e-8;
      levels[j] = Math.min(1, Math.max(0, levels[j]! - (rate * (first[j]! / (1 - 0.9 ** step))) / scale));
    }
  }
  return best.levels;
}

/** mean_i Π_j σ(1000(t_j − p_ij)) and its slope in each t_j. */
function smoothCopula(places: Float32Array, levels: Float64Array, d: number) {
  const n = places.length / d;
  const slope = new Float64Array(d);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let product = 1;
    for (let j = 0; j < d && product > 1e-12; j++)
      product *= 1 / (1 + Math.exp(-STEEPNESS * (levels[j]! - places[i * d + j]!)));
    if (product <= 1e-12) continue;
    sum += product;
    for (let j = 0; j < d; j++) {
      const value = 1 / (1 + Math.exp(-STEEPNESS * (levels[j]! - places[i * d + j]!)));
      slope[j]! += (product * STEEPNESS * (1 - value)) / n;
    }
  }
  return { mean: sum / n, slope };
}
