/**
 * @file What a parameterisation goes by (Completed Hyperparameter Transfer, arXiv 2512.22382, table 1): kinds of tensors, the
 * configuration that is scaled, and base hyperparameters. Everything is float64 on the host; float32 comes last.
 */
/** Standard, maximal-update, and depth-aware parameterisations; the last is the default. */
export type ParameterisationName = 'sp' | 'mup' | 'completep' | 'complete-d-p';

/** Kinds of tensors with rules of their own (Yang et al. 2022). */
export type TensorKind =
  | 'embed'
  | 'pos'
  | 'attn.q'
  | 'attn.k'
  | 'attn.v'
  | 'attn.o'
  | 'mlp.in'
  | 'mlp.gate'
  | 'mlp.out'
  | 'norm.attn'
  | 'norm.mlp'
  | 'qk.q'
  | 'qk.k'
  | 'norm.final'
  | 'unembed'
  | 'bias.hidden'
  | 'bias.out';

/** What is scaled. */
export interface ScaleConfiguration {
  /** Units of the residual stream, N. */
  width: number;
  /** Blocks, L. */
  depth: number;
  /** Tokens (or rows) of a step, B. */
  batch: number;
  /** Tokens (or rows) of the whole training, D. */
  duration: number;
}

export interface Parameterisation {
  name: ParameterisationName;
  base: ScaleConfiguration;
  /** Exponent of the residual multiplier m_L^−α, from ½ to 1. */
  alpha: number;
  /** Exponent of duration in the learning rate; ½ in the paper. */
  durationExponent: number;
  /** θ ← θ − η(… + λθ), or θ ← θ − η(…) − sλθ with the schedule's shape s (Loshchilov and Hutter's own form). */
  weightDecay: 'coupled' | 'independent';
  /** Whether λ of matrices grows with width, as in the paper; the other arm of Kosson et al. (arXiv 2510.19093). */
  decayGrowsWithWidth: boolean;
  /** The embedding is also the output map: logits carry 1/m_N instead of a matrix of their own. */
  tied: boolean;
  /** Parts of the rule for batch and duration that are applied. */
  parts: { learningRate: boolean; betas: boolean; weightDecay: boolean; epsilon: boolean };
  /** ε of the final norm's gain: unscaled as in the paper's table, or × 1/m_N as derived. */
  finalNormEpsilon: 'paper' | 'derived';
}

/** Hyperparameters of a group of tensors. */
export interface Hyperparameters {
  learningRate: number;
  weightDecay: number;
  /** 1 − β₁ and 1 − β₂. */
  restOfBeta1: number;
  restOfBeta2: number;
  epsilon: number;
  /** Standard deviation at the start, in units of the base network's own for tensors of the kind. */
  deviation: number;
}

export type HyperparameterName = keyof Hyperparameters;

/** Factors on the base hyperparameters per module; 1 where absent. */
export interface Multipliers {
  kind: Partial<Record<TensorKind, Partial<Hyperparameters>>>;
  /** Profiles over depth at knots in [0, 1] of l/(L − 1). */
  depth: {
    knots: readonly number[];
    factors: Partial<Record<HyperparameterName, readonly number[]>>;
    /** How values between knots are found; open in the paper, logarithms by default. */
    between: 'log' | 'linear';
  };
  residual: { attention: number; feedForward: number };
}
