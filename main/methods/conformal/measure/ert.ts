/** @file Excess risk of target coverage: how far conditional coverage can be told from its target by looking at x. */
import { predictHits } from './hit-regression';
import { independentHits, orderStatistic } from './worst-slab';

/** Fewer rows do not make five folds that could tell anything. */
const FEWEST_ROWS = 50;

export interface ExcessRisk {
  /** Estimates E|P(hit | x) − (1 − α)|, a share; chance can make it negative. */
  l1: number;
  /** Estimates E(P(hit | x) − (1 − α))²; chance can make it negative. */
  l2: number;
}

/** The same of independent hits at the rate 1 − α on the same rows: means, and the central 95 % of the first form. */
export interface RiskOfChance extends ExcessRisk {
  low: number;
  high: number;
}

/**
 * Excess risk of target coverage (arXiv 2512.11779) of each of `sets` of hits [rows], such as those of several scores, at
 * features `x` [rows, features], standardised. h(x) predicts a hit by a model that has not seen the row: `predictHits`.
 * With τ = 1 − α the first form is the mean of sign(h − τ)·(hit − τ), what one wins by betting against the target with h;
 * the second is the mean of (hit − τ)² − (hit − h)². Up to chance neither exceeds the value that it estimates, and the
 * best h reaches it. A value within `chance` shows nothing. Null below 50 rows.
 */
export function excessRisks(
  x: Float32Array,
  features: number,
  sets: readonly Uint8Array[],
  alpha: number,
  seed: number,
  simulations = 40,
): { risks: ExcessRisk[]; chance: RiskOfChance } | null {
  const rows = x.length / features;
  if (rows < FEWEST_ROWS || features === 0) return null;
  const simulated = Array.from({ length: simulations }, (_, index) =>
    independentHits(rows, alpha, seed, index),
  );
  const all = [...sets, ...simulated];
  const predicted = predictHits(x, features, all, seed);
  const risks = all.map((hits, set) => riskOf(predicted[set]!, hits, alpha));
  const others = risks.splice(sets.length);
  const sorted = others.map((risk) => risk.l1).sort((a, b) => a - b);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    risks,
    chance: {
      l1: mean(sorted),
      l2: mean(others.map((risk) => risk.l2)),
      low: orderStatistic(sorted, 0.025),
      high: orderStatistic(sorted, 0.975),
    },
  };
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
