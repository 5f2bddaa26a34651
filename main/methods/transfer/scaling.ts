/** @file From the settings of a run to the hyperparameters of every group of tensors. */
import {
  resolve,
  type Gpt,
  type Hyperparameters,
  type Multipliers,
  type Parameterisation,
  type Resolved,
  type ScaleConfiguration,
  type TensorKind,
} from '../../../native-models';
import type { TransferConfig } from './config';
import { baseDeviation, groupOf, networkOf, placesOf, type Shape } from './network';

function parameterisationOf(config: TransferConfig): Parameterisation {
  const { parameterisation: name, alpha, durationExponent, finalNormEpsilon } = config;
  return {
    ...{ name, alpha, durationExponent, finalNormEpsilon, tied: false },
    base: {
      width: config.baseWidth,
      depth: config.baseDepth,
      batch: config.baseBatch,
      duration: config.baseDuration,
    },
    weightDecay: config.weightDecayForm,
    decayGrowsWithWidth: config.weightDecayRule === 'scaled',
    parts: {
      learningRate: config.scaleLearningRate,
      betas: config.scaleBetas,
      weightDecay: config.scaleWeightDecay,
      epsilon: config.scaleEpsilon,
    },
  };
}

const configurationOf = ({ width, depth, batch, duration }: TransferConfig): ScaleConfiguration => ({
  ...{ width, depth, batch, duration },
});

/** Learning-rate factors of the settings by kind of tensor. */
function multipliersOf(config: TransferConfig): Multipliers {
  const kinds: [TensorKind[], number][] = [
    [['embed', 'pos'], config.embedRate],
    [['attn.q', 'attn.k', 'qk.q', 'qk.k'], config.queryKeyRate],
    [['attn.v', 'attn.o'], config.valueOutputRate],
    [['mlp.in'], config.perceptronInRate],
    [['mlp.out'], config.perceptronOutRate],
    [['norm.attn', 'norm.mlp', 'norm.final'], config.normRate],
    [['unembed'], config.unembedRate],
  ];
  return {
    kind: Object.fromEntries(
      kinds.flatMap(([all, learningRate]) => all.map((kind) => [kind, { learningRate }])),
    ),
    depth: {
      knots: [0, 0.5, 1],
      factors: { learningRate: [config.firstRate, config.middleRate, config.lastRate] },
      between: 'log',
    },
    residual: { attention: config.attentionBranch, feedForward: config.perceptronBranch },
  };
}

/** The hyperparameters of a run. @throws as `resolve` */
export function resolvedOf(config: TransferConfig, shape: Shape, network: Gpt): Resolved {
  const base: Hyperparameters = {
    learningRate: config.learningRate,
    weightDecay: config.weightDecay,
    restOfBeta1: 1 - config.beta1,
    restOfBeta2: 1 - config.beta2,
    epsilon: config.epsilon,
    deviation: config.deviation,
  };
  const places = Object.values(placesOf(network)).map(({ kind, layer }) => ({
    kind,
    layer: shape.byLayer ? layer : null,
  }));
  const smallest = networkOf({ ...shape, width: config.baseWidth, depth: config.baseDepth });
  return resolve(parameterisationOf(config), base, multipliersOf(config), configurationOf(config), places, {
    baseParameters: parameterCount(smallest),
    decayShare: 1 - config.warmup,
  });
}

export function parameterCount({ parameters }: Pick<Gpt, 'parameters'>): number {
  return Object.values(parameters).reduce(
    (sum, { shape }) => sum + (shape as readonly number[]).reduce((product, size) => product * size, 1),
    0,
  );
}

/** Weights at the start: standard normals by name, times the deviation of their kind. */
export function startOf(
  network: Gpt,
  resolved: Resolved,
  { seed, baseWidth, byLayer }: { seed: number; baseWidth: number; byLayer: boolean },
): Record<string, Float32Array> {
  const places = placesOf(network);
  const factors = new Map(resolved.groups.map(({ name, hyper }) => [name, hyper.deviation]));
  const weights = network.initialise(seed);
  for (const [name, data] of Object.entries(weights)) {
    const place = places[name]!;
    // Gains start at 1, whatever the rule.
    if (network.parameters[name]!.shape.length < 2) continue;
    const deviation = factors.get(groupOf(place, byLayer))! * baseDeviation(place.kind, baseWidth);
    for (let i = 0; i < data.length; i++) data[i]! *= deviation;
  }
  return weights;
}

/** The hyperparameters as the program takes them: one value per group, in its order. */
export function hyperInputs(
  { groups }: Resolved,
  names: readonly string[],
  { peak, form }: { peak: number; form: TransferConfig['weightDecayForm'] },
): Record<string, Float64Array> {
  const by = new Map(groups.map(({ name, hyper }) => [name, hyper]));
  const vector = (of: (hyper: Hyperparameters) => number) =>
    Float64Array.from(names, (name) => of(by.get(name)!));
  return {
    learningRates: vector(({ learningRate }) => learningRate * peak),
    // The program's decay is coupled: an independent one is divided by the learning rate it will be multiplied by.
    weightDecay: vector(({ weightDecay, learningRate }) =>
      form === 'coupled' ? weightDecay : weightDecay / learningRate,
    ),
    beta1: vector(({ restOfBeta1 }) => 1 - restOfBeta1),
    beta2: vector(({ restOfBeta2 }) => 1 - restOfBeta2),
    epsilon: vector(({ epsilon }) => epsilon),
  };
}
