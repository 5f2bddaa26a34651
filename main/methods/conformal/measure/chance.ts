/** @file What a measure would be by chance alone: of hits that are independent of everything. */
import { stream } from '../../../../native-models';
import { mean, quantile } from '../../../experiments/statistics';

/** Hits [rows] that are independent of everything, each with a chance of 1 − α. */
export function independentHits(rows: number, alpha: number, seed: number, index: number): Uint8Array {
  const draws = stream(seed, 'conformal.independent-hits', index).uniform(new Float32Array(rows));
  return Uint8Array.from(draws, (draw) => (draw < 1 - alpha ? 1 : 0));
}

/** Many such sets of hits. */
export function simulatedHits(count: number, rows: number, alpha: number, seed: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => independentHits(rows, alpha, seed, index));
}

/** Mean and central 95 % of a measure over simulations. */
export interface Chance {
  mean: number;
  low: number;
  high: number;
}

export function chanceOf(values: readonly number[]): Chance {
  const sorted = Float64Array.from(values).sort();
  return { mean: mean([...sorted]), low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}
