/**
 * @file From base hyperparameters to those of a scaled network: a pure function of parameterisation, multipliers and
 * configuration. At the base configuration it is the identity.
 */
import { MongeError } from '../error';
import { decays, residualExponent, ruleOf, scalesLogits } from './rules';
import { depthFactor } from './depth';
import type {
  HyperparameterName,
  Hyperparameters,
  Multipliers,
  Parameterisation,
  ScaleConfiguration,
  TensorKind,
} from './types';
import { warningsOf, type ScalingWarning, type TrainingFacts } from './warnings';

/** A tensor's place: its kind and its block, null outside of blocks. */
export interface TensorPlace {
  readonly kind: TensorKind;
  readonly layer: number | null;
}

/** One factor of a hyperparameter, for showing where a number comes from. */
export interface Factor {
  from: 'width' | 'depth' | 'batch and duration' | 'kind' | 'depth profile';
  /** As in the paper, for example `m_N^-1`. */
  formula: string;
  value: number;
}

export interface ResolvedGroup extends TensorPlace {
  /** The kind, and the block where there is one: `mlp.in/3`. */
  name: string;
  hyper: Hyperparameters;
  /** Their product times the base value is the value; factors of 1 are left out. */
  factors: Partial<Record<HyperparameterName, Factor[]>>;
}

export interface Resolved {
  groups: ResolvedGroup[];
  /** Multipliers of the residual branches: attention and perceptron of the first block, then of the second, … */
  residual: number[];
  /** What logits are multiplied by; 1 where the output map has the rule. */
  logits: number;
  /** Steps of the training, duration ÷ batch. */
  steps: number;
  warnings: ScalingWarning[];
}

/** No multiplier anywhere. */
export const noMultipliers: Multipliers = {
  kind: {},
  depth: { knots: [], factors: {}, between: 'log' },
  residual: { attention: 1, feedForward: 1 },
};

/** Which group a tensor belongs to. */
export const groupName = ({ kind, layer }: TensorPlace): string =>
  layer === null ? kind : `${kind}/${layer}`;

const NAMES: readonly HyperparameterName[] = [
  'learningRate',
  'weightDecay',
  'restOfBeta1',
  'restOfBeta2',
  'epsilon',
  'deviation',
];

/**
 * The hyperparameters of every group of tensors of a network at `configuration`.
 * @throws `scale-invalid` for sizes that are not positive, `alpha-invalid` outside [½, 1], `beta-out-of-range` where
 * 1 − β reaches 1, `depth-profile` as `depthFactor`
 */
export function resolve(
  parameterisation: Parameterisation,
  base: Hyperparameters,
  multipliers: Multipliers,
  configuration: ScaleConfiguration,
  tensors: readonly TensorPlace[],
  facts: TrainingFacts = {},
): Resolved {
  requireSizes(parameterisation, configuration);
  const ratios = ratiosOf(parameterisation.base, configuration);
  const places = [...new Map(tensors.map((place) => [groupName(place), place])).entries()];
  const groups = places.map(([name, { kind, layer }]): ResolvedGroup => {
    const factors = Object.fromEntries(
      NAMES.map((key) => {
        const all = [
          ...ruleFactors(parameterisation, kind, key, ratios),
          ...batchFactors(parameterisation, key, ratios),
          ...multiplierFactors(multipliers, kind, layer, configuration.depth, key),
        ];
        return [key, all.filter(({ value }) => value !== 1)];
      }),
    ) as Record<HyperparameterName, Factor[]>;
    const hyper = Object.fromEntries(
      NAMES.map((key) => {
        const start = key === 'weightDecay' && !decays(kind) ? 0 : base[key];
        return [key, factors[key].reduce((product, { value }) => product * value, start)];
      }),
    ) as unknown as Hyperparameters;
    requireBetas(name, hyper);
    return { name, kind, layer, hyper, factors };
  });
  const branch = ratios.depth ** residualExponent(parameterisation);
  const { attention, feedForward } = multipliers.residual;
  const steps = Math.max(1, Math.round(configuration.duration / configuration.batch));
  return {
    groups,
    residual: Array.from({ length: configuration.depth }, () => [
      branch * attention,
      branch * feedForward,
    ]).flat(),
    logits: scalesLogits(parameterisation) ? 1 / ratios.width : 1,
    steps,
    warnings: warningsOf({ parameterisation, configuration, groups, steps, facts }),
  };
}

/** Ratios to the base: m_N, m_L, m_B, m_D. */
function ratiosOf(base: ScaleConfiguration, now: ScaleConfiguration): ScaleConfiguration {
  const { width, depth, batch, duration } = now;
  return {
    width: width / base.width,
    depth: depth / base.depth,
    batch: batch / base.batch,
    duration: duration / base.duration,
  };
}

function ruleFactors(
  parameterisation: Parameterisation,
  kind: TensorKind,
  key: HyperparameterName,
  ratios: ScaleConfiguration,
): Factor[] {
  const rule = ruleOf(parameterisation, kind)[key];
  if (!rule) return [];
  const depth = rule.depth[0] * parameterisation.alpha + rule.depth[1];
  return [
    { from: 'width', formula: power('m_N', rule.width), value: ratios.width ** rule.width },
    { from: 'depth', formula: power('m_L', depth), value: ratios.depth ** depth },
  ];
}

/** Everything but the learning rate goes with r = m_B/m_D alone; there the exponent of duration may be another one. */
function batchFactors(
  { name, parts, durationExponent, weightDecay }: Parameterisation,
  key: HyperparameterName,
  { batch, duration }: ScaleConfiguration,
): Factor[] {
  if (name !== 'complete-d-p') return [];
  const r = batch / duration;
  const factor = (formula: string, value: number): Factor[] => [
    { from: 'batch and duration', formula, value },
  ];
  if (key === 'learningRate' && parts.learningRate) {
    // In the paper's own case one root of the ratio, so that equal ratios leave the same bits.
    if (durationExponent === 0.5) return factor('√(m_B/m_D)', Math.sqrt(r));
    return factor(
      `√m_B · ${power('m_D', -durationExponent)}`,
      Math.sqrt(batch) * duration ** -durationExponent,
    );
  }
  if (key === 'epsilon' && parts.epsilon) return factor('√(m_D/m_B)', 1 / Math.sqrt(r));
  if (key === 'weightDecay' && parts.weightDecay)
    return weightDecay === 'coupled' ? factor('√(m_B/m_D)', Math.sqrt(r)) : factor('m_B/m_D', r);
  if ((key === 'restOfBeta1' || key === 'restOfBeta2') && parts.betas) return factor('m_B/m_D', r);
  return [];
}

function multiplierFactors(
  { kind: byKind, depth }: Multipliers,
  kind: TensorKind,
  layer: number | null,
  layers: number,
  key: HyperparameterName,
): Factor[] {
  const own = byKind[kind]?.[key] ?? 1;
  const profile = layer === null ? 1 : depthFactor(depth, key, layer, layers);
  return [
    { from: 'kind', formula: `× ${kind}`, value: own },
    { from: 'depth profile', formula: `× block ${(layer ?? 0) + 1}`, value: profile },
  ];
}

const power = (name: string, exponent: number): string =>
  exponent === 1 ? name : `${name}^${Number(exponent.toFixed(3))}`;

function requireSizes({ base, alpha }: Parameterisation, configuration: ScaleConfiguration): void {
  for (const [which, sizes] of Object.entries({ base, configuration }))
    for (const [key, value] of Object.entries(sizes))
      if (!(value > 0 && Number.isFinite(value)))
        throw new MongeError({
          code: 'scale-invalid',
          blame: 'input',
          what: 'sizes that a parameterisation goes by are positive numbers',
          where: { key: `${which}.${key}` },
          got: String(value),
        });
  if (!(alpha >= 0.5 && alpha <= 1))
    throw new MongeError({
      code: 'alpha-invalid',
      blame: 'input',
      what: 'the depth exponent α is out of its range',
      got: String(alpha),
      expected: '½ to 1',
    });
}

/** A β of 0 or less would forget more than there is: far outside of where the rule for batch and duration holds. */
function requireBetas(group: string, hyper: Hyperparameters): void {
  for (const key of ['restOfBeta1', 'restOfBeta2'] as const)
    if (!(hyper[key] < 1))
      throw new MongeError({
        code: 'beta-out-of-range',
        blame: 'input',
        what: `the rule for batch and duration makes ${key === 'restOfBeta1' ? '1 − β₁' : '1 − β₂'} reach 1`,
        where: { key: group },
        got: hyper[key].toPrecision(3),
        expected: 'below 1',
        help: 'start from a base with a larger batch or a shorter training, or switch this part of the rule off',
      });
}
