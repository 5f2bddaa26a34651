/** @file Claims on images that a person gives: C6, the cost in few components, and few-step quality on MNIST. */
import { compare, within } from '../../../experiments/compare';
import { experiment } from '../../../experiments/experiment';
import { pairedDifferences } from '../../../experiments/statistics';
import { figures, ratios } from '../../../experiments/words';
import { GIVEN_IMAGES, givenImages, IMAGES, INDEPENDENT, independent, sinkhorn } from './recipes';

const SEEDS = 3;
const COMPONENTS = 50;
const WHOLE = 'all 784 coordinates';
const PROJECTED = `${COMPONENTS} components`;
const MOST_SHARPNESS = 0.03;
const MOST_CURVATURE = 0.1;

const perceptron = { network: 'perceptron', hidden: 512, layers: 4 } as const;
const training = { batchSize: 256, learningRate: 1e-3, device: 'cpu' } as const;

export const fewComponentsSuffice = experiment({
  id: 'C6',
  statement: 'A cost in 50 principal components changes E by at most .03 and curvature by at most 10 %',
  source: 'arXiv:2506.05526, version 3, table 3',
  needs: [IMAGES],
  metrics: ['curvature', 'sharpness', 'pairSeconds', 'sinkhorn.iterations'],
  arms(quick) {
    const n = quick ? 1024 : 4096;
    const length = { steps: quick ? 800 : 3000, pairs: quick ? 4096 : 32_768 };
    const change = { ...perceptron, ...training, ...length };
    return [
      givenImages(WHOLE, sinkhorn(n, 0.1), change),
      givenImages(PROJECTED, sinkhorn(n, 0.1, COMPONENTS), change),
    ];
  },
  judge(results) {
    const values = (label: string, metric: string) => results.values(GIVEN_IMAGES, label, metric);
    const shift = pairedDifferences(values(PROJECTED, 'sharpness'), values(WHOLE, 'sharpness'));
    const change = ratios(values(PROJECTED, 'curvature'), values(WHOLE, 'curvature'));
    return [
      within(`|ΔE| ≤ ${MOST_SHARPNESS}`, shift, MOST_SHARPNESS, SEEDS),
      within(
        `|Δκ| / κ ≤ ${MOST_CURVATURE}`,
        change.map((ratio) => ratio - 1),
        MOST_CURVATURE,
        SEEDS,
      ),
    ];
  },
  sentence: (results) => {
    const labels = [WHOLE, PROJECTED];
    return `E is ${figures(results, GIVEN_IMAGES, labels, 'sharpness')}, κ ${figures(results, GIVEN_IMAGES, labels, 'curvature')}.`;
  },
});

const BUDGETS = [4, 8] as const;

export const fewStepImages = experiment({
  id: 'MNIST',
  statement: 'On MNIST a large Sinkhorn pool gives better images than independent pairs at 4 and at 8 NFE',
  source: 'arXiv:2506.05526, table 1, at the scale of MNIST',
  needs: [IMAGES],
  seeds: { quick: SEEDS, full: SEEDS },
  metrics: [
    'frechet.floor',
    ...BUDGETS.map((budget) => `frechet.nfe${budget}`),
    'curvature',
    'sharpness',
    'pairSeconds',
    'trainSeconds',
  ],
  arms(quick) {
    const n = quick ? 4096 : 16_384;
    const label = `n = ${n.toLocaleString('en-US')}`;
    const change = { pairs: quick ? 8192 : 49_152, steps: quick ? 600 : 6000 };
    return [
      givenImages(INDEPENDENT, independent, change),
      // C6 asks what the projection changes; without it a pool of 16,384 takes many minutes.
      givenImages(label, sinkhorn(n, 0.1, COMPONENTS), change),
    ];
  },
  judge(results) {
    const [, pool] = results.labels(GIVEN_IMAGES);
    return BUDGETS.map((budget) =>
      compare(
        `FD at ${budget} NFE: ${INDEPENDENT} > ${pool}`,
        results.values(GIVEN_IMAGES, INDEPENDENT, `frechet.nfe${budget}`),
        results.values(GIVEN_IMAGES, pool!, `frechet.nfe${budget}`),
        { kind: 'every seed', seeds: SEEDS },
      ),
    );
  },
  sentence: (results) =>
    BUDGETS.map(
      (budget) =>
        `FD at ${budget} NFE is ${figures(results, GIVEN_IMAGES, results.labels(GIVEN_IMAGES), `frechet.nfe${budget}`)}.`,
    ).join(' '),
});
