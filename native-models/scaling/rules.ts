/**
 * @file The table of exponents (Completed Hyperparameter Transfer, arXiv 2512.22382, table 1; CompleteP, arXiv 2505.01618,
 * table 1): how hyperparameters of each kind of tensor go with m_N = N/N₀ and m_L = L/L₀.
 */
import type { HyperparameterName, Parameterisation, TensorKind } from './types';

/** A factor m_N^width · m_L^(depth), the latter written as p·α + q. */
export interface Exponents {
  width: number;
  depth: readonly [alpha: number, constant: number];
}

export type KindRule = Partial<Record<HyperparameterName, Exponents>>;

const over = (width: number, alpha = 0, constant = 0): Exponents => ({ width, depth: [alpha, constant] });

/** Kinds that behave alike. */
type Row = 'embedding' | 'hidden' | 'vector' | 'qk' | 'final' | 'unembedding' | 'output bias';

const ROWS: Record<TensorKind, Row> = {
  embed: 'embedding',
  pos: 'embedding',
  'attn.q': 'hidden',
  'attn.k': 'hidden',
  'attn.v': 'hidden',
  'attn.o': 'hidden',
  'mlp.in': 'hidden',
  'mlp.gate': 'hidden',
  'mlp.out': 'hidden',
  'norm.attn': 'vector',
  'norm.mlp': 'vector',
  'bias.hidden': 'vector',
  'qk.q': 'qk',
  'qk.k': 'qk',
  'norm.final': 'final',
  unembed: 'unembedding',
  'bias.out': 'output bias',
};

/** Decay pulls matrices only: gains and biases are left alone, as all recipes do. */
export function decays(kind: TensorKind): boolean {
  return ['embedding', 'hidden', 'unembedding'].includes(ROWS[kind]);
}

const COMPLETE: Record<Row, KindRule> = {
  embedding: { epsilon: over(-1) },
  hidden: {
    deviation: over(-1 / 2),
    learningRate: over(-1, 1, -1),
    epsilon: over(-1, -1),
    weightDecay: over(1),
  },
  vector: { learningRate: over(0, 1, -1), epsilon: over(-1, -1) },
  qk: { learningRate: over(0, 1, -1), epsilon: over(0, -1) },
  final: {},
  unembedding: { deviation: over(-1), learningRate: over(-1), weightDecay: over(1) },
  'output bias': {},
};

/** Its output map has no rule but a forward multiplier, and ε of what multiplies it; queries' and keys' norms are norms. */
const COMPLETE_P: Record<Row, KindRule> = {
  ...COMPLETE,
  embedding: {},
  qk: COMPLETE.vector,
  unembedding: { epsilon: over(-1) },
};

const STANDARD: Record<Row, KindRule> = {
  embedding: {},
  hidden: { deviation: over(-1 / 2) },
  vector: {},
  qk: {},
  final: {},
  // Fan-in, as for every matrix.
  unembedding: { deviation: over(-1 / 2) },
  'output bias': {},
};

/** The rule of a kind, without what batch and duration do. Under `mup` nothing goes with depth. */
export function ruleOf(
  { name, finalNormEpsilon, decayGrowsWithWidth, weightDecay, tied }: Parameterisation,
  kind: TensorKind,
): KindRule {
  if (name === 'sp') return STANDARD[ROWS[kind]];
  let rule = (name === 'completep' ? COMPLETE_P : COMPLETE)[ROWS[kind]];
  if (kind === 'norm.final' && finalNormEpsilon === 'derived') rule = { ...rule, epsilon: over(-1) };
  if (kind === 'embed' && tied) rule = { epsilon: over(-1) };
  // A decay that the learning rate does not multiply needs no factor against the learning rate's.
  if (rule.weightDecay && (weightDecay === 'independent' || !decayGrowsWithWidth))
    rule = { ...rule, weightDecay: over(0) };
  if (name !== 'mup') return rule;
  return Object.fromEntries(Object.entries(rule).map(([key, { width }]) => [key, over(width)]));
}

/** The exponent of m_L in the multiplier of residual branches. */
export function residualExponent({ name, alpha }: Parameterisation): number {
  return name === 'completep' || name === 'complete-d-p' ? -alpha : 0;
}

/** Whether logits are multiplied by 1/m_N instead of a rule of the output map. */
export function scalesLogits({ name, tied }: Parameterisation): boolean {
  return name === 'completep' || (tied && name !== 'sp');
}
