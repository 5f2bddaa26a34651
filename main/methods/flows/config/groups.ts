/** @file The headings of the form, and the conditions under which settings are shown. */

export const PROBLEM = 'Problem';
export const PAIRING = 'Pairing';
export const TRAINING = 'Training';
export const NETWORK = 'Network';
export const MEASURING = 'Measuring';

export const withSinkhorn = { key: 'coupling', values: ['sinkhorn'] };
export const withPools = { key: 'coupling', values: ['sinkhorn', 'assignment'] };
export const withProblem = { key: 'problem', values: ['piecewise-affine', 'convex'] };
