/** @file Time grids of the solvers: where on [0, 1] the steps begin and end. */

export type TimeGrid = 'uniform' | 'edm' | 'sigmoid' | 'squared';

/** Noise levels and exponent of Karras et al. (arXiv 2206.00364, equation 5). */
const EDM = { least: 0.002, most: 80, exponent: 7 };
/** κ of the sigmoid grid; larger is denser at both ends. */
const SIGMOID_STEEPNESS = 20;

/**
 * [intervals + 1] ascending times from 0 to 1, t = 0 being the source.
 * - `edm`: t_i = 1/(1+σ_i) with σ_i = (σmax^⅐ + i/(n−1)·(σmin^⅐ − σmax^⅐))⁷ for n = intervals, then t = 1. The first
 *   time is 1/81, where a flow's particle is noise all the same; here it is 0, so that the whole path is walked.
 * - `sigmoid`: (σ(κ(i/N−½)) − σ(−κ/2)) / (σ(κ/2) − σ(−κ/2)).
 * - `squared`: 1 − (1 − i/N)², the squares of a uniform grid in noise time, denser near the data.
 */
export function timeGrid(kind: TimeGrid, intervals: number, steepness = SIGMOID_STEEPNESS): Float64Array {
  const times = Float64Array.from({ length: intervals + 1 }, (_, i) => place(kind, i, intervals, steepness));
  times[0] = 0;
  times[intervals] = 1;
  return times;
}

function place(kind: TimeGrid, i: number, intervals: number, steepness: number): number {
  const share = i / intervals;
  switch (kind) {
    case 'uniform':
      return share;
    case 'squared':
      return 1 - (1 - share) ** 2;
    case 'sigmoid': {
      const [low, high] = [sigmoid(-steepness / 2), sigmoid(steepness / 2)];
      return (sigmoid(steepness * (share - 0.5)) - low) / (high - low);
    }
    case 'edm': {
      const [from, to] = [EDM.most, EDM.least].map((level) => level ** (1 / EDM.exponent));
      const noise = (from! + (i / Math.max(1, intervals - 1)) * (to! - from!)) ** EDM.exponent;
      return 1 / (1 + noise);
    }
  }
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
