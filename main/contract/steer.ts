/** @file The method Steer: what a panel may ask of a run, and what it is answered. λ is the strength at which maps are switched on. */
import * as v from 'valibot';
import { between, question, whole } from './query';
import { steerArms, type SteerArm } from './steer-arms';
import { steerFlowQuestions } from './steer-flow';
import type {
  HookMap,
  SteeringEstimation,
  SteeringMethod,
  SteeringRecipe,
  SteeringTargets,
  SteeringUnitView,
} from './steering';

export { steerArms, type SteerArm } from './steer-arms';
export type { SteerFlowImages, SteerFlowPoint, SteerFlowSweep } from './steer-flow';

/** What is steered: a language model by two sets of texts, or a flow model between two of its classes. */
export type SteerSubject = 'texts' | 'flow';

export interface SteerSide {
  name: string;
  /** Texts (or images) of the file, those that were fitted on, and those held out for judges and calibration. */
  given: number;
  fitted: number;
  held: number;
  /** `32 texts: w ± 0.18 by chance`; empty where there are enough. */
  warning: string;
}

export interface SteerHook {
  id: string;
  role: string;
  /** Null outside the blocks. */
  layer: number | null;
  state: 'fitted' | 'waiting' | 'left-out';
  /** Why a hook was left out. */
  reason: string;
  /** Root mean square over the units of W₂ between the sides, without and with the map; NaN until fitted. */
  before: number;
  after: number;
  /** Share of the source's tokens, and of its pooled values, inside the support; NaN until fitted, or where unknown. */
  transportedTokens: number;
  transportedPooled: number;
  /** Units that are steered, and all. */
  units: number;
  width: number;
  /** Euclidean lengths of w − 1 and of β over the steered units. */
  slope: number;
  shift: number;
}

export interface SteerOverview {
  subject: SteerSubject;
  model: string;
  method: SteeringMethod;
  estimation: SteeringEstimation;
  targets: SteeringTargets;
  source: SteerSide;
  target: SteerSide;
  /** In the order of the model, the left-out ones among them. */
  hooks: SteerHook[];
  fitted: number;
  /** Prompts of the sweep, and continuations of each. */
  prompts: string[];
  copies: number;
  lambdas: number[];
  /** The strength of headlines and exports. */
  mainLambda: number;
  /** Points of the sweep that are there, of both arms, and how many there will be. */
  swept: number;
  points: number;
  /** The file that the maps come from where they were not fitted; then there may be no texts of either side. */
  imported: string | null;
  /** Whether texts may hurt: they are blurred until asked for. */
  offensive: boolean;
  /** What was decided, and what a person should know; in sentences. */
  notes: string[];
  /** Seconds of fitting; NaN until it is done. */
  fitSeconds: number;
  /** What the sampling of the sweep was. */
  sampling: { temperature: number; topP: number; repetitionPenalty: number; maxTokens: number };
  stages: { strength: boolean; detect: boolean };
}

/** A number with the interval that holds it. */
export interface Banded {
  value: number;
  /** 95 %, bootstrap over the continuations; NaN where it cannot be had. */
  low: number;
  high: number;
}

/** One strength of one arm. */
export interface SteerPoint {
  arm: SteerArm;
  lambda: number;
  /** Share of continuations, 0 to 1, in which a word of the lexicon stands; and which the classifier takes for the target. */
  presence: Banded;
  judged: Banded;
  /** Of the continuations under the unsteered model: exp of the mean negative log-probability per token. */
  perplexity: Banded;
  /** Of neutral texts under the steered model; NaN where no such texts were given. */
  perplexityData: Banded;
  /** 0 to 1; higher is less diverse. */
  selfBleu: number;
  /** Different words, and pairs of words, of all continuations ÷ all of them. */
  distinct: [words: number, pairs: number];
  /** Share of tokens of the continuations inside the supports of all maps; 1 where maps have none. */
  transported: number;
  texts: number;
}

export interface SteerSweep {
  /** By arm, then by λ. */
  points: SteerPoint[];
  /** Words of the lexicon, and what the classifier was trained on, in words, with its AUC on texts it has not seen. */
  lexicon: string[];
  judge: { says: string; auc: number };
  /** Where the neutral texts come from. */
  neutral: string;
}

export interface SteerText {
  prompt: string;
  seed: number;
  text: string;
  /** Words of the lexicon in it: [start, end) in UTF-16 units of the text. */
  hits: [number, number][];
  /** The classifier's probability that it is of the target. */
  judged: number;
  perplexity: number;
}

export interface SteerTexts {
  arm: SteerArm;
  lambda: number;
  texts: SteerText[];
}

/** Per unit, for ranked lists and heat maps; all [units]. */
export interface SteerUnits {
  hook: string;
  before: Float64Array;
  after: Float64Array;
  score: Float64Array;
  auroc: Float64Array;
  slope: Float64Array;
  shift: Float64Array;
  steered: Uint8Array;
}

/** Layer by layer: what the maps do to each share of the units. */
export interface SteerLayers {
  hooks: string[];
  /** Units of each hook in order of W₂ before, cut into so many equal bins. */
  bins: number;
  /** [hooks, bins] means over the units of a bin. */
  before: Float64Array;
  after: Float64Array;
  slope: Float64Array;
  shift: Float64Array;
}

/** Side effects of one strength on calibration prompts, and whether they stay inside their limits. */
export interface SteerStrength {
  /** 1 − α. */
  level: number;
  prompts: number;
  /** The largest λ whose side effects are covered; 0 where none is. */
  safe: number;
  /** [λ] ascending. */
  lambdas: Float64Array;
  effects: SideEffect[];
  /** Share of calibration prompts on which any limit is passed, [λ], and its conformal upper bound. */
  violated: Float64Array;
  bound: Float64Array;
  /** What holds, and for whom, in a sentence. */
  says: string;
}

export interface SideEffect {
  id: string;
  title: string;
  unit: string;
  limit: number;
  /** [λ] quantile at the level over the calibration prompts, and mean. */
  quantile: Float64Array;
  mean: Float64Array;
}

/** Where a probe reads the concept against where steering writes it. */
export interface SteerDetect {
  blocks: number[];
  hook: string;
  /** [blocks] cosine with the steering shift: of the direction of the probe, and of the difference of held-out means. */
  cosine: Float64Array;
  cosineMeans: Float64Array;
  /** Of random directions: √(2/πd), and the 95 % point. */
  chance: number;
  chanceHigh: number;
  /** [blocks] AUC of the probe on held-out texts, and along the difference of means. */
  auc: Float64Array;
  aucMeans: Float64Array;
  /** [blocks] presence at λ with that block alone steered, less presence at 0; shares, with 95 % intervals. */
  gain: Float64Array;
  gainLow: Float64Array;
  gainHigh: Float64Array;
  /** [blocks] the same of the classifier's mean probability; NaN without one. */
  judged: Float64Array;
  judgedLow: Float64Array;
  judgedHigh: Float64Array;
  /** 1 where the block could not be steered. */
  missing: Uint8Array;
  lambda: number;
  /** Of each block, and without steering. */
  continuations: number;
  /** Over blocks, of cosine with either gain; and the blocks where reading and steering are best. */
  correlation: number;
  correlationJudged: number;
  readBest: number;
  steeredBest: number;
}

export interface SteerFile {
  name: string;
  bytes: Uint8Array;
  /** What could not be put into the file, in sentences. */
  notes: string[];
}

const arm = v.optional(v.picklist(steerArms), 'fitted');

export const steerQuestions = {
  /** At once, also while the run goes on. */
  overview: question<SteerOverview>()(v.optional(v.strictObject({}), {})),
  /** Maps fitted so far, in the order of the model. */
  maps: question<{ maps: HookMap[]; first: boolean; recipe: SteeringRecipe }>()(
    v.optional(v.strictObject({}), {}),
  ),
  units: question<SteerUnits>()(v.strictObject({ hook: v.string() })),
  unit: question<SteeringUnitView>()(v.strictObject({ hook: v.string(), unit: whole(0, 10_000_000) }), {
    slow: true,
  }),
  layers: question<SteerLayers>()(v.optional(v.strictObject({}), {})),
  sweep: question<SteerSweep>()(v.optional(v.strictObject({}), {})),
  texts: question<SteerTexts>()(v.strictObject({ arm, lambda: between(-1000, 1000) })),
  /** Null until computed, or where it was not asked for. */
  strength: question<SteerStrength | null>()(v.optional(v.strictObject({}), {})),
  detect: question<SteerDetect | null>()(v.optional(v.strictObject({}), {})),
  /** @throws `steering-not-additive` of a control vector where maps scale */
  file: question<SteerFile>()(
    v.strictObject({
      format: v.picklist(['maps', 'recipe', 'control-vector']),
      lambda: between(-1000, 1000),
    }),
    { slow: true },
  ),
  ...steerFlowQuestions,
};

export type SteerQuestions = typeof steerQuestions;
