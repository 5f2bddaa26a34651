/** @file The two half-steps that the Sinkhorn iteration needs, without saying how they are computed. */

/**
 * Row and column log-sum-exps of S_ij = x_i·y_j / ε + potential, for two fixed clouds of n and m points.
 * Potentials are dimensionless (divided by ε). Owned by whoever opened it.
 */
export interface SinkhornKernel {
  readonly rows: number;
  readonly columns: number;
  /** Standard deviation of x·y over all pairs, where the products are at hand anyway. */
  readonly deviation?: number;
  /** [n] log Σ_j exp(x_i·y_j/ε + g_j). */
  reduceRows(g: Float64Array, epsilon: number): Promise<Float64Array>;
  /** [m] log Σ_i exp(x_i·y_j/ε + f_i). */
  reduceColumns(f: Float64Array, epsilon: number): Promise<Float64Array>;
  close(): Promise<void>;
}
