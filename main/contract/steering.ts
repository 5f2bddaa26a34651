/** @file Steering by transport: maps of activations unit by unit, how they were fitted, and what the service can be asked of a steered model. */
import type { ExactLevel, LanguageToken, LikelyToken } from './language';

/**
 * How λ acts. `interpolate`: (1 − λ)·a + λ·(w·a + β), so that λ = 1 is the fitted map. `add`: a + λ·β for directions, whose
 * size has no natural scale; w is 1 in all units then.
 */
export type SteeringForm = 'interpolate' | 'add';

/**
 * One hook's map, unit by unit: T(a, λ) = a + λ·((w − 1)·a + β) where lo < a < hi (both strict) and the unit is steered, else a.
 * At λ = 0 it is the identity, bit for bit. The arrays have one finite value per unit of the hook: NaN and infinities are
 * refused (`steering-map`); a support without ends is ±1e6 (`q_all`), beyond which a value passes through unchanged.
 * The units of a hook [batch, tokens, width] are its last axis. Of [batch, channels, height, width] they are the channels:
 * there the support is decided on the mean over positions, and T(mean) − mean is added at every position.
 */
export interface HookMap {
  /** The id of the hook, `norm_attn_in:3`. */
  hook: string;
  w: Float32Array;
  /** In the units of the activation. */
  beta: Float32Array;
  lo: Float32Array;
  hi: Float32Array;
  /** 1 where the unit is steered, else 0: an array of zeros is the identity. */
  units: Uint8Array;
  form: SteeringForm;
}

/** What is switched on in a model: maps, in the order in which their hooks are computed, and how strongly. */
export interface Steering {
  /** At most one map per hook. */
  maps: readonly HookMap[];
  /** One strength for all maps, or one per map; any finite numbers. 0 is no steering, 1 the whole of a fitted map, more goes beyond it. */
  lambda: number | readonly number[];
  /** Whether the first token of a text is steered: models that attend to it as a sink keep huge values there. */
  first: boolean;
}

/** Rows of the table of methods: each is a fitter with its pooling, units and form (main/steering/presets.ts). */
export type SteeringMethod =
  | 'linear-act'
  | 'mean-act'
  | 'gaussian'
  | 'caa'
  | 'act-add'
  | 'repe'
  | 'iti-m'
  | 'iti-c'
  | 'aura'
  | 'det-0'
  | 'self-cond'
  | 'east'
  | 'lineas';

/** How the tokens of a text become one number per unit before fitting; `all` lets every token be a sample of its own. */
export type SteeringPooling = 'mean' | 'max' | 'min' | 'median' | 'last' | 'all';

/** The share of the source that is transported: `q_all` everything, `q_0_100` between its extremes, `q_1_99` between its quantiles. */
export type SupportName =
  | 'q_all'
  | 'q_0_100'
  | 'q_0.5_99.5'
  | 'q_1_99'
  | 'q_2_98'
  | 'q_3_97'
  | 'q_5_95'
  | 'q_10_90'
  | 'q_20_80'
  | 'q_30_70'
  | 'q_40_60';

/** What the support is measured on: the pooled values that were fitted (the paper), or single tokens, which spread more. */
export type SupportFrom = 'pooled' | 'tokens';

/**
 * `simultaneous`: every hook on the unsteered model. `causal`: hook by hook in the order of execution, with the maps before it
 * switched on at λ = 1. `end-to-end`: all maps together by gradients (LinEAS).
 */
export type SteeringEstimation = 'simultaneous' | 'causal' | 'end-to-end';

/**
 * What the target texts go through in causal estimation: the maps fitted so far (`steered`, the paper), or the unsteered
 * model (`clean`). Steered targets count shifts of a residual stream again at every layer.
 */
export type SteeringTargets = 'steered' | 'clean';

/** How maps came about: with the maps themselves all that another session needs to use, compare or repeat them. */
export interface SteeringRecipe {
  version: 1;
  /** What fitted it, with its version: `monge 0.1.0`. */
  program: string;
  model: {
    name: string;
    /** Of the file or folder that the weights came from, in lower-case hexadecimal. */
    sha256: string;
    level: ExactLevel;
  };
  method: SteeringMethod;
  pooling: SteeringPooling;
  support: SupportName;
  supportFrom: SupportFrom;
  estimation: SteeringEstimation;
  targets: SteeringTargets;
  /** Whether first tokens were pooled and are steered. */
  first: boolean;
  /** Texts of each side that were fitted on, after balancing. */
  n: { source: number; target: number };
  dataSha256: { source: string; target: string };
  seed: number;
  /** The strength that the maps are meant to be used at. */
  lambda: number | readonly number[];
  /** In the order of the maps. */
  hooks: readonly string[];
}

/** What is known of each unit of a fitted hook: arrays of one number per unit, NaN where a figure has no meaning. */
export interface UnitFits {
  /** 2-Wasserstein distance of source and target before steering, and of source pushed through the map and target after it. */
  before: Float64Array;
  after: Float64Array;
  /** Mean squared residual of the sorted pairs ÷ (|difference of means| + both deviations); NaN where all of these are 0. */
  score: Float64Array;
  /** Probability that a target value is above a source value, equal ones half. */
  auroc: Float64Array;
  /** |w − 1|. */
  slope: Float64Array;
  /** |β| ÷ the deviation of the source; NaN where that is 0. */
  shift: Float64Array;
}

/** What fitting one hook ended with. */
export interface FittedHook {
  map: HookMap;
  fits: UnitFits;
  /** Share of the source's pooled values inside the support, and of its tokens; NaN where tokens were not kept. */
  transported: { pooled: number; tokens: number };
  /** In sentences: units without spread, activations beyond ±1e6, too few texts. */
  warnings: readonly string[];
}

/** One unit of a fitted hook in pictures: distributions, sorted pairs, and what was, or could have been, fitted to them. */
export interface SteeringUnitView {
  hook: string;
  unit: number;
  /** [bins + 1] common edges, and [bins] counts of source, target and pushed-forward source. */
  edges: Float64Array;
  source: Uint32Array;
  target: Uint32Array;
  pushed: Uint32Array;
  /** [texts] the i-th smallest of either side, the pairs of the exact transport. */
  pairs: { source: Float32Array; target: Float32Array };
  /** w and β of the map itself, and of the lines it can be compared with. */
  map: SteeringLine;
  lines: { linear: SteeringLine; mean: SteeringLine; gaussian: SteeringLine };
  /** The exact transport, linear between the points (from, to): what no line can beat. */
  exact: { from: Float64Array; to: Float64Array };
  support: { lo: number; hi: number };
  /** Where lines of chance lie: at activations `at`, from `low` to `high`; `inside` where the map is one of them. */
  band: { at: Float64Array; low: Float64Array; high: Float64Array; level: number; inside: boolean };
  /** Of this unit, as in `UnitFits`. */
  distances: { before: number; after: number };
  score: number;
  auroc: number;
}

export interface SteeringLine {
  w: number;
  beta: number;
}

/** How far a steered model is from itself without steering, on given texts. */
export interface SteeringDivergenceRequest {
  kind: 'steering-divergence';
  texts: readonly string[];
  steering: Steering;
  level: ExactLevel;
  /** Longer texts are cut at the end; 0 for the model's context. */
  maxTokens: number;
  /** Likeliest next tokens told before and after, 0 to 20. */
  alternatives: number;
}

export interface SteeredText {
  tokens: LanguageToken[];
  /** KL(unsteered ‖ steered) of the token that comes after each token, nats. */
  divergence: Float32Array;
  /** Natural logarithms of each token after those before it, without and with steering; NaN for the first. */
  unsteered: Float32Array;
  steered: Float32Array;
  /** Per token, what could come next; empty where `alternatives` is 0. */
  before: LikelyToken[][];
  after: LikelyToken[][];
}

export interface SteeringDivergenceResult {
  /** By text. */
  texts: SteeredText[];
  level: ExactLevel;
}

/** A file of maps, to be read and held against the model that is to be steered with it. */
export interface SteeringFileRequest {
  kind: 'steering-file';
  /** What the file is called in errors. */
  name: string;
  bytes: Uint8Array;
}

/** Maps as a file holds them. */
export interface StoredSteering {
  maps: HookMap[];
  recipe: SteeringRecipe;
}
