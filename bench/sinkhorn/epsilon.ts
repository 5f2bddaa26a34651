/** @file The regularisation of the benchmark, known to both of its processes. */

/** Relative to the standard deviation of the cost. */
export const RELATIVE_EPSILON = 0.1;
