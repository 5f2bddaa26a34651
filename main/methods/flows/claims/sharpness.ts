/** @file Claims C3 and C4: what sharper couplings do to curvature, at fixed pool size and in few and many dimensions. */
import { compare, fiveOfFive, signOrMargin } from '../../../experiments/compare';
import { experiment, type ArmResults } from '../../../experiments/experiment';
import { mean, slope } from '../../../experiments/statistics';
import { figures, shortNumber } from '../../../experiments/words';
import { affineName, affineProblem, sharp, sinkhorn } from './recipes';

/** E* that ε is solved for, blurred first. */
const LEVELS = [0.9, 0.5, 0.2, 0.1, 0.05] as const;
const level = (value: number) => `E = ${value}`;
const RECIPE = affineName(16);

export const sharperIsStraighter = experiment({
  id: 'C3',
  statement:
    'At a fixed pool size a sharper coupling gives less curvature, and below E of about .2 little more is gained',
  source: 'arXiv:2506.05526, recommendation of E',
  metrics: ['curvature', 'sharpness', 'epsilon', 'sinkhorn.iterations', 'uvp.nfe1', 'uvp.nfe50'],
  arms(quick) {
    // Sharp couplings take many iterations, so the quick form has smaller pools and fewer of them.
    const scale = { dimension: 16, steps: quick ? 1500 : 3000, pairs: quick ? 8192 : 16_384 };
    return LEVELS.map((one) => affineProblem(level(one), sharp(quick ? 1024 : 2048, one), scale));
  },
  judge(results) {
    const curvature = (value: number) => results.values(RECIPE, level(value), 'curvature');
    const falls = (above: number, below: number, decides: boolean) =>
      compare(
        `κ: ${level(above)} > ${level(below)}`,
        curvature(above),
        curvature(below),
        signOrMargin,
        decides,
      );
    const gain = (above: number, below: number) =>
      curvature(above).map((value, i) => Math.log(value / curvature(below)[i]!));
    return [
      falls(0.9, 0.5, true),
      falls(0.5, 0.2, true),
      falls(0.2, 0.1, false),
      falls(0.1, 0.05, false),
      compare(
        'gain in log κ: E = 0.9 to 0.2 > E = 0.2 to 0.05',
        gain(0.9, 0.2),
        gain(0.2, 0.05),
        signOrMargin,
      ),
    ];
  },
  sentence: (results) => `κ is ${figures(results, RECIPE, results.labels(RECIPE), 'curvature')}.`,
});

const DIMENSIONS = [8, 64] as const;
const epsilonsOf = (quick: boolean) => (quick ? [1, 0.1] : [1, 0.3, 0.1, 0.03]);

/** d log κ / d log ε per seed: how much is gained by a smaller ε. */
function slopes(results: ArmResults, quick: boolean, dimension: number): number[] {
  const epsilons = epsilonsOf(quick);
  const curvature = epsilons.map((epsilon) =>
    results.values(affineName(dimension), `ε = ${epsilon}`, 'curvature'),
  );
  return curvature[0]!.map((_, seed) =>
    slope(
      epsilons.map(Math.log),
      curvature.map((values) => Math.log(values[seed]!)),
    ),
  );
}

export const sharpnessHelpsLessInManyDimensions = experiment({
  id: 'C4',
  statement: 'A small ε helps less in many dimensions: d log κ / d log ε is larger at d = 8 than at d = 64',
  source: 'arXiv:2506.05526, section 4.2',
  metrics: ['curvature', 'sharpness', 'sinkhorn.iterations'],
  arms(quick) {
    const scale = { steps: quick ? 1500 : 3000, pairs: quick ? 8192 : 32_768 };
    return DIMENSIONS.flatMap((dimension) =>
      epsilonsOf(quick).map((epsilon) =>
        affineProblem(`ε = ${epsilon}`, sinkhorn(quick ? 1024 : 2048, epsilon), { dimension, ...scale }),
      ),
    );
  },
  judge: (results, { quick }) => [
    compare(
      'd log κ / d log ε: d = 8 > d = 64',
      slopes(results, quick, 8),
      slopes(results, quick, 64),
      quick ? signOrMargin : fiveOfFive,
    ),
  ],
  sentence: (results, _tests, { quick }) =>
    `The slope is ${DIMENSIONS.map((d) => `${shortNumber(mean(slopes(results, quick, d)))} at d = ${d}`).join(' and ')}.`,
});
