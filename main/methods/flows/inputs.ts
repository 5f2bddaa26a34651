/** @file What a flow can be given. */
import type { InputDeclarations } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { withPools } from './config/pairing';

/** Benchmarks make their own source and data. */
const DATA = { key: 'problem', values: ['data'] };

export const inputs = {
  data: {
    kind: 'dataset',
    title: 'Data',
    help: 'What the flow should generate: numeric columns, vectors or images.',
    optional: false,
    onlyWhen: DATA,
    needs: 'features',
  },
  source: {
    kind: 'dataset',
    title: 'Source',
    help: 'Where the flow should start instead of noise: a data set with the same columns.',
    optional: true,
    without: 'Noise',
    onlyWhen: DATA,
    needs: 'features',
  },
  pairs: {
    kind: 'run',
    title: 'Pairs of a run',
    help: 'An earlier run: trains on its pairs instead of making new ones. The data must be the same.',
    optional: true,
    without: 'New pairs',
    onlyWhen: withPools,
    method: 'flows',
    files: ['artifacts/pairs-*.bin'],
  },
  extractor: {
    kind: 'model',
    title: 'Feature extractor',
    help: 'An ONNX file that turns images in [−1, 1] into features for the Fréchet distance, instead of a small network trained here on the labels.',
    optional: true,
    without: 'Our own',
  },
} as const satisfies InputDeclarations;

export type Inputs = InputsOf<typeof inputs>;
