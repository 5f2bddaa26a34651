/** @file Settings: how Sinkhorn's coupling is solved, how sharp it is, and how pairs are drawn from it. */
import { fieldsWith } from '../../../contract/schema';
import { PAIRING, withoutSharpness, withSinkhorn } from './groups';

const advanced = fieldsWith({ group: PAIRING, advanced: true, onlyWhen: withSinkhorn });
const shown = fieldsWith({ group: PAIRING, onlyWhen: withSinkhorn });

export const sinkhornFields = {
  sharpness: shown.real({
    title: 'Sharpness',
    help: 'The share E of independence that the pairing keeps, between 0 (one-to-one) and 1 (independent); above 0 it wins over the regularisation, which is then solved for, pool by pool. 0 leaves the regularisation in charge. The same E means the same blur for every pool size, the same ε does not; around .1 is the usual advice.',
    source: 'E(P), LSC section 1.4',
    default: 0,
    range: [0, 1],
  }),
  epsilon: shown.real({
    title: 'Regularisation',
    help: 'How blurred the pairing may be, relative to the standard deviation of the cost: small is sharp and slow, 1 is nearly independent. Not used where sharpness is above 0, which finds its own.',
    unit: 'σ of the cost',
    source: 'ε, LSC section 1.3',
    default: 0.05,
    range: [1e-3, 100, 'log'],
    onlyWhen: [withSinkhorn, withoutSharpness],
  }),
  cost: advanced.choice({
    title: 'Cost',
    help: 'What a pair costs. With exact marginals both give the same pairing; they differ in the scale that ε is relative to and in how fast the iteration settles.',
    source: 'C, LSC section 1.3',
    default: 'dot',
    choices: [
      { value: 'dot', title: 'Dot product', help: '−x·y: as good as the distance, and easier in 32 bits.' },
      {
        value: 'squared',
        title: 'Squared distance',
        help: '½‖x−y‖²: the textbook cost; the one to take with soft marginals.',
      },
    ],
  }),
  centre: advanced.boolean({
    title: 'Centred scale',
    help: 'Take the deviation of the cost, which ε is relative to, from clouds moved to the origin, so that a shift of the data does not change the blur. Off is the deviation of the clouds as they lie, as in the paper.',
    source: 'std(C), LSC section 1.3',
    default: true,
  }),
  components: advanced.integer({
    title: 'Components of the cost',
    help: 'Reckon the cost in this many principal components of the data, which is faster in high dimension; the pairs are still whole points. 0 takes all coordinates.',
    unit: 'components',
    source: 'k, LSC section 1.5',
    default: 0,
    range: [0, 4096],
  }),
  marginalPenalty: advanced.real({
    title: 'Marginal penalty',
    help: 'Price of leaving a point over or using it twice, relative to the deviation of the cost: small lets outliers go unpaired. 0 keeps both marginals exact. Best with the squared distance: under the dot product far points gain weight.',
    unit: 'σ of the cost',
    source: 'ρ, unbalanced transport (Chizat et al. 2018)',
    default: 0,
    range: [0, 1e6],
  }),
  start: advanced.choice({
    title: 'Start',
    help: 'Where the iteration starts; the pairing it ends with is the same within the tolerance.',
    source: 'LSC section 1.3',
    default: 'ladder',
    choices: [
      {
        value: 'ladder',
        title: 'Ladder',
        help: 'Solve roughly at ε = 1, .3, .1, … first, each from the one before.',
      },
      { value: 'cold', title: 'Cold', help: 'From zero at the wanted ε, as in the paper’s first version.' },
      {
        value: 'previous',
        title: 'Previous pool',
        help: 'From the solution of the pool before, carried over to the new points; the first pool takes the ladder.',
      },
    ],
  }),
  sampling: advanced.choice({
    title: 'Draw',
    help: 'How pairs are taken from the coupling.',
    source: 'LSC section 1.2',
    default: 'stratified',
    choices: [
      {
        value: 'stratified',
        title: 'Stratified',
        help: 'Every noise point once, its data point drawn from its row: the least spread.',
      },
      {
        value: 'flat',
        title: 'Flat',
        help: 'Pairs drawn from the whole table with replacement: some noise points come twice, some never.',
      },
      {
        value: 'likeliest',
        title: 'Likeliest',
        help: 'Every noise point with the likeliest data point of its row. Not a permutation: several may take the same one, and blur is thrown away.',
      },
    ],
  }),
  tolerance: advanced.real({
    title: 'Marginal tolerance',
    help: 'Sinkhorn stops when the marginals of the coupling are this close to uniform, in L1.',
    source: 'τ',
    default: 1e-3,
    range: [1e-6, 0.5, 'log'],
  }),
  maximumIterations: advanced.integer({
    title: 'Iteration limit',
    help: 'Sinkhorn gives up improving a pool after this many iterations and says so; a search for a sharpness has as many for each ε it tries.',
    unit: 'iterations',
    default: 5000,
    range: [1, 1_000_000, 'log'],
  }),
  momentum: advanced.choice({
    title: 'Over-relaxation',
    help: 'Longer Sinkhorn steps, adapted to how fast the error falls; the coupling stays the same within the tolerance.',
    source: 'ω, Lehmann et al. 2022',
    default: 'adaptive',
    choices: [
      { value: 'none', title: 'None', help: 'Plain iterations.' },
      {
        value: 'adaptive',
        title: 'Adaptive',
        help: 'From the 20th iteration of each rung of the ε ladder on.',
      },
    ],
  }),
};
