/** @file What a flow can be given. */
import { input } from '../../contract/inputs';
import type { InputsOf } from '../../contract/opened';
import { withPools } from './config/pairing';

/** Benchmarks make their own source and data. */
const withData = { key: 'problem', values: ['data'] };
const points = { kind: 'dataset', onlyWhen: withData, needs: 'features' } as const;

export const inputs = {
  data: input('Data: What the flow should generate: numeric columns, vectors or images.', {
    ...points,
    optional: false,
  }),
  source: input('Source: Where the flow should start instead of noise: a data set with the same columns.', {
    ...points,
    optional: true,
    without: 'Noise',
  }),
  pairs: input(
    'Pairs of a run: An earlier run: trains on its pairs instead of making new ones. The data must be the same.',
    {
      kind: 'run',
      optional: true,
      without: 'New pairs',
      onlyWhen: withPools,
      method: 'flows',
      files: ['artifacts/pairs-*.bin'],
    },
  ),
  extractor: input(
    'Feature extractor: An ONNX file that turns images in [−1, 1] into features for the Fréchet distance, instead of a small network trained here on the labels.',
    { kind: 'model', optional: true, without: 'Our own' },
  ),
};

export type Inputs = InputsOf<typeof inputs>;
