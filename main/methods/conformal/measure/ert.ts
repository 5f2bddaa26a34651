/** @file Excess risk of target coverage: how far conditional coverage differs from its target, as far as x can tell. */
import { chanceOf, simulatedHits, type Chance } from './chance';
import { predictHits } from './hit-regression';

/** Fewer rows do not make five folds that could tell anything. */
const FEWEST_ROWS = 50;

export interface ExcessRisk {
  /** Estimates E|P(hit | x) − (1 − α)|, a share; chance can make it negative. */
  l1: number;
  /** Estimates E(P(hit | x) − (1 − α))²; chance can make it negative. */
  l2: number;
}

/**
 * Excess risk of target coverage (arXiv 2512.11779) of each of `sets` of hits [rows], such as those of several scores, at
 * features `x` [rows, features], standardised. h(x) predicts a hit by a model that has not seen the row: `predictHits`.
 * With τ = 1 − α the first form is the mean of sign(h − τ)·(hit − τ), what one wins by betting against the target with h;
 * the second is the mean of (hit − τ)² − (hit − h)². Up to chance neither exceeds the value that it estimates, and the
 * best h reaches it. `chance` is the first form of independent hits on the same rows: a value within it shows nothing. Null
 * below 50 rows.
 */
export function excessRisks(
  x: Float32Array,
  features: number,
  sets: readonly Uint8Array[],
  alpha: number,
  seed: number,
  simulations = 40,
): { risks: ExcessRisk[]; chance: Chance } | null {
  const rows = x.length / features;
  if (rows < FEWEST_ROWS || features === 0) return null;
  const all = [...sets, ...simulatedHits(simulations, rows, alpha, seed)];
  const predicted = predictHits(x, features, all, seed);
  const risks = all.map((hits, set) => riskOf(predicted[set]!, hits, alpha));
  const simulated = risks.splice(sets.length);
  return { risks, chance: chanceOf(simulated.map(({ l1 }) => l1)) };
}

function riskOf(predicted: Float64Array, hits: Uint8Array, alpha: number): ExcessRisk {
  const target = 1 - alpha;
  let [l1, l2] = [0, 0];
  for (let row = 0; row < hits.length; row++) {
    const [hit, guess] = [hits[row]!, Math.min(1, Math.max(0, predicted[row]!))];
    l1 += (Math.sign(guess - target) * (hit - target)) / hits.length;
    l2 += ((hit - target) ** 2 - (hit - guess) ** 2) / hits.length;
  }
  return { l1, l2 };
}
