/** @file Headings of the form, and the conditions under which settings are shown. */

export const PROBLEM = 'Problem';
export const PAIRING = 'Pairing';
export const TRAINING = 'Training';
export const NETWORK = 'Network';
export const MEASURING = 'Measuring';

export const withSinkhorn = { key: 'coupling', values: ['sinkhorn'] };
/** A wanted sharpness finds its own ε. */
export const withoutSharpness = { key: 'sharpness', values: [0] };
export const withSemidiscrete = { key: 'coupling', values: ['semidiscrete'] };
export const withPools = { key: 'coupling', values: ['sinkhorn', 'assignment', 'semidiscrete'] };
export const withRefill = { key: 'refill', values: ['online'] };
export const withLabels = { key: 'condition', values: ['label'] };
export const asPerceptron = { key: 'network', values: ['perceptron'] };
export const asUNet = { key: 'network', values: ['unet'] };
export const asTransformer = { key: 'network', values: ['transformer'] };
export const withWeights = { key: 'conditionCoupling', values: ['weighted'] };
