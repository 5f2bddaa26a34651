/** @file Settings: how noise and data are paired: the coupling, its pools, the pairs kept, and how each coupling is solved. */
import { section } from '../../../contract/schema';

export const withPools = { key: 'coupling', values: ['sinkhorn', 'assignment', 'semidiscrete'] };
export const withLabels = { key: 'condition', values: ['label'] };
const withRefill = { key: 'refill', values: ['online'] };
const withWeights = { key: 'conditionCoupling', values: ['weighted'] };
/** A wanted sharpness finds its own ε. */
const withoutSharpness = { key: 'sharpness', values: [0] };

const [pairing] = section('Pairing');
const [pools, morePools] = section('Pairing', withPools);
const [labelled] = section('Pairing', withLabels);
const [sinkhorn, moreSinkhorn] = section('Pairing', { key: 'coupling', values: ['sinkhorn'] });
const [semidiscrete, moreSemidiscrete] = section('Pairing', { key: 'coupling', values: ['semidiscrete'] });

export const pairingFields = {
  coupling: pairing(
    'Coupling: How a noise point and a data point are paired before the segment between them is learned; less crossing gives straighter flows.',
    { source: 'LSC, section 1' },
  ).choice('sinkhorn', {
    independent: 'Independent: Every pair drawn at random: plain flow matching.',
    assignment:
      'Assignment: The exact one-to-one pairing of least total cost, for pools of at most 4,096 points.',
    sinkhorn:
      'Sinkhorn: Entropic optimal transport between the two halves of a pool: nearly optimal, and quick on large pools.',
    semidiscrete:
      'Semidiscrete: One price per training row is learned once; then any noise point finds its row by the largest product plus price.',
    map: 'Known map: Every noise point goes where the known map of the problem sends it: the best any coupling can do, for comparison.',
  }),
  poolSize: pools(
    'Pool size: Noise and data points that are paired with each other at a time; larger pools give straighter flows and take longer.',
    { source: 'n' },
  ).integer(4096, [8, 131072, 'log'], 'points'),
  pairs: morePools(
    'Pairs kept: Pairs in use by the end of training, made pool by pool and drawn from again and again; each is stored as a row number, the noise follows from a key.',
  ).integer(65536, [8, 16_777_216, 'log'], 'pairs'),
  refill: morePools(
    'Refill: Whether pairs are replaced by new ones while training goes on; new pairs cost time and keep training from learning a few by heart.',
  ).choice('kept', {
    kept: 'Kept: All pairs are kept once they are made.',
    online:
      'Online: New pools replace the oldest to the end of training, paired in another thread meanwhile.',
  }),
  refillSteps: morePools(
    'Steps per pool: Training steps from one new pool to the next; 0 keeps the pace at which the kept pairs are made. Training waits for a pool that is late.',
    { when: withRefill },
  ).integer(0, [0, 1_000_000], 'steps'),
  condition: pairing(
    'Condition: What the flow is told beside the point and the time; with the label it can generate one class at a time.',
  ).choice('none', {
    none: 'None: One flow for all the data.',
    label: 'Label: The class of the data point that is to be reached.',
  }),
  conditionCoupling: labelled(
    'Pairing of classes: How the classes share the noise. If the noise of a pair tells its class, a class cannot be asked for from any noise.',
    { source: 'C2OT' },
  ).choice('per-class', {
    joint:
      'Joint: One pairing over all rows, labels follow their row: straightest, but each class gets its own corner of the noise.',
    'per-class':
      'Per class: Noise is dealt out to the classes at random, in proportion to their rows, and paired within each class.',
    weighted:
      'Weighted: Noise gets a class at random, and pairing it with another class costs extra: between joint and per class.',
  }),
  conditionWeight: labelled(
    'Class penalty: What it costs to pair noise of one class with data of another: 0 is joint, large is per class.',
    { when: withWeights },
  ).real(1, [0, 1000], 'σ of the cost'),

  // How Sinkhorn's coupling is solved, how sharp it is, and how pairs are drawn from it.
  sharpness: sinkhorn(
    'Sharpness: The share E of independence that the pairing keeps, between 0 (one-to-one) and 1 (independent); above 0 it wins over the regularisation, which is then solved for, pool by pool. 0 leaves the regularisation in charge. The same E means the same blur for every pool size, the same ε does not; around .1 is the usual advice.',
    { source: 'E(P), LSC section 1.4' },
  ).real(0, [0, 1]),
  epsilon: sinkhorn(
    'Regularisation: How blurred the pairing may be, relative to the standard deviation of the cost: small is sharp and slow, 1 is nearly independent. Not used where sharpness is above 0, which finds its own.',
    { source: 'ε, LSC section 1.3', when: withoutSharpness },
  ).real(0.05, [1e-3, 100, 'log'], 'σ of the cost'),
  cost: moreSinkhorn(
    'Cost: What a pair costs. With exact marginals both give the same pairing; they differ in the scale that ε is relative to and in how fast the iteration settles.',
    { source: 'C, LSC section 1.3' },
  ).choice('dot', {
    dot: 'Dot product: −x·y: as good as the distance, and easier in 32 bits.',
    squared: 'Squared distance: ½‖x−y‖²: the textbook cost; the one to take with soft marginals.',
  }),
  centre: moreSinkhorn(
    'Centred scale: Take the deviation of the cost, which ε is relative to, from clouds moved to the origin, so that a shift of the data does not change the blur. Off is the deviation of the clouds as they lie, as in the paper.',
    { source: 'std(C), LSC section 1.3' },
  ).boolean(true),
  components: moreSinkhorn(
    'Components of the cost: Reckon the cost in this many principal components of the data, which is faster in high dimension; the pairs are still whole points. 0 takes all coordinates.',
    { source: 'k, LSC section 1.5' },
  ).integer(0, [0, 4096], 'components'),
  marginalPenalty: moreSinkhorn(
    'Marginal penalty: Price of leaving a point over or using it twice, relative to the deviation of the cost: small lets outliers go unpaired. 0 keeps both marginals exact. Best with the squared distance: under the dot product far points gain weight.',
    { source: 'ρ, unbalanced transport (Chizat et al. 2018)' },
  ).real(0, [0, 1e6], 'σ of the cost'),
  start: moreSinkhorn(
    'Start: Where the iteration starts; the pairing it ends with is the same within the tolerance.',
    { source: 'LSC section 1.3' },
  ).choice('ladder', {
    ladder: 'Ladder: Solve roughly at ε = 1, .3, .1, … first, each from the one before.',
    cold: 'Cold: From zero at the wanted ε, as in the paper’s first version.',
    previous:
      'Previous pool: From the solution of the pool before, carried over to the new points; the first pool takes the ladder.',
  }),
  sampling: moreSinkhorn('Draw: How pairs are taken from the coupling.', {
    source: 'LSC section 1.2',
  }).choice('stratified', {
    stratified: 'Stratified: Every noise point once, its data point drawn from its row: the least spread.',
    flat: 'Flat: Pairs drawn from the whole table with replacement: some noise points come twice, some never.',
    likeliest:
      'Likeliest: Every noise point with the likeliest data point of its row. Not a permutation: several may take the same one, and blur is thrown away.',
  }),
  tolerance: moreSinkhorn(
    'Marginal tolerance: Sinkhorn stops when the marginals of the coupling are this close to uniform, in L1.',
    { source: 'τ' },
  ).real(1e-3, [1e-6, 0.5, 'log']),
  maximumIterations: moreSinkhorn(
    'Iteration limit: Sinkhorn gives up improving a pool after this many iterations and says so; a search for a sharpness has as many for each ε it tries.',
  ).integer(5000, [1, 1_000_000, 'log'], 'iterations'),
  momentum: moreSinkhorn(
    'Over-relaxation: Longer Sinkhorn steps, adapted to how fast the error falls; the coupling stays the same within the tolerance.',
    { source: 'ω, Lehmann et al. 2022' },
  ).choice('adaptive', {
    none: 'None: Plain iterations.',
    adaptive: 'Adaptive: From the 20th iteration of each rung of the ε ladder on.',
  }),

  // How the prices of a semidiscrete coupling are learned.
  semidiscreteEpsilon: semidiscrete(
    'Blur: How blurred the pairing may be, relative to the standard deviation of the cost: 0 gives every noise point its one best row.',
    { source: 'ε, SD-FM' },
  ).real(0, [0, 100], 'σ of the cost'),
  semidiscreteIterations: moreSemidiscrete(
    'Ascent steps: Steps in which the prices are learned, at most; each looks at one batch of noise and all training rows.',
  ).integer(5000, [1, 10_000_000, 'log'], 'steps'),
  semidiscreteBatch: moreSemidiscrete('Ascent batch: Noise points per step of the ascent.').integer(
    512,
    [2, 65536, 'log'],
    'points',
  ),
  semidiscreteTolerance: moreSemidiscrete(
    'Ascent tolerance: The ascent ends when the rows are used this evenly: squared deviation of their shares, relative, averaged (chi-square).',
    { source: 'χ², SD-FM' },
  ).real(0.01, [1e-5, 10, 'log']),
};
