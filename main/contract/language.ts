/** @file What an opened language model can be asked: its facts, its insides on a text, its words, and whether its hooks tell the truth. */
import type { ErrorDetail } from '../../native-models/error';
import type {
  GenerateRequest,
  GeneratedToken,
  Generation,
  LanguageScore,
  ScoreRequest,
} from './language-words';
import type {
  SteeringDivergenceRequest,
  SteeringDivergenceResult,
  SteeringFileRequest,
  StoredSteering,
} from './steering';
import type { VisionAnswers, VisionQuestion } from './vision';

export type * from './language-capture';
export type * from './language-words';
export type * from './steer';
export type * from './steering';
export type * from './steering-effects';
export type * from './steering-fit';
export type * from './vision';

/**
 * How the weights take part in products: as fp32, as stored 4-bit blocks with activations in fp32 (`4-bit-0`, equal to fp32
 * on the decoded weights up to summation order), or with activations rounded to 8 bits as well (`4-bit-4`, fast arithmetic
 * that is for chat only: nothing that is captured, fitted or compared may use it).
 */
export type NumericLevel = 'fp32' | '4-bit-0' | '4-bit-4';

/** The levels at which a model's insides may be looked at. */
export type ExactLevel = Exclude<NumericLevel, '4-bit-4'>;

export interface LevelFacts {
  id: NumericLevel;
  /** False where the model's weights are not of a kind that allows it. */
  available: boolean;
  /** What it may be used for, or why it is not available, in a sentence. */
  says: string;
}

/** A place in a model that can be looked at; ids are `role:layer`, or the role alone outside the blocks. */
export interface HookFacts {
  id: string;
  role: string;
  layer: number | null;
  /** The value of the model's graph that it looks at; absent in what an older version stored. */
  value?: string;
  /** Sizes after batch and tokens; of patterns `[heads, 'T', 'T']`. */
  shape: readonly (number | string)[];
}

export interface LanguageFacts {
  /** An encoder has no next token: it cannot be asked to generate, and its logit lens needs a head. */
  kind: 'decoder' | 'encoder' | 'image';
  /** The `model_type` of Hugging Face's configurations. */
  family: string;
  layers: number;
  width: number;
  heads: number;
  kvHeads: number;
  headWidth: number;
  /** Width inside the perceptrons. */
  hidden: number;
  vocabulary: number;
  /** Tokens the model was made for. */
  context: number;
  parameters: number;
  /** What the weights are stored as, the most bytes first. */
  weights: { type: string; tensors: number; bytes: number }[];
  /** The tokenizer's kind, or why there is none; without one there is no text to ask about. */
  tokenizer: { kind: string; missing: null } | { kind: null; missing: string };
  chatTemplate: boolean;
  /** In the order in which they are computed. */
  hooks: HookFacts[];
  /** Of an imported graph: places that such a model has but this file does not show, and why. */
  absent?: { id: string; role: string; layer: number | null; reason: string }[];
  /** What a person should know before they trust or wait for it. */
  notices?: ErrorDetail[];
  /** As the file states it; null where it states none. */
  licence: string | null;
  levels: LevelFacts[];
  /** The level that is used where none is asked for. */
  level: ExactLevel;
  /** Milliseconds from the call that opened the file until it could be asked; null where it was open before. */
  openMilliseconds: number | null;
}

export interface LanguageToken {
  id: number;
  /** As it stands in the text; a token that is part of a character is written as bytes, `<E2>`. */
  text: string;
  /** Where it lies in the text, in UTF-16 units; equal for tokens that stand for no text. */
  start: number;
  end: number;
  /** Put there by the tokenizer, such as the beginning of a text. */
  special: boolean;
}

/** One of the tokens that could come next. */
export interface LikelyToken {
  id: number;
  text: string;
  /** 0 to 1. */
  probability: number;
}

/**
 * A direction per layer: the row of the output map of a token, the mean of some texts less that of others (each text by the
 * mean of its tokens after the first), or the state of one cell. `name` is what the view calls it.
 */
export type Direction =
  | { kind: 'token'; text: string; name: string }
  | { kind: 'texts'; of: string[]; rest: string[]; name: string }
  | { kind: 'cell'; text: string; position: number; layer: number | null; name: string }
  | { kind: 'vector'; values: Float32Array; name: string };

/** What a cell of the layer × token map tells of the state there. */
export type Measure =
  | { kind: 'norm' }
  | { kind: 'cosine'; direction: Direction }
  /** The other text, tokens matched by position from the start. */
  | { kind: 'text'; other: string }
  | { kind: 'level'; other: ExactLevel }
  /** The other opened model, by its id; tokens must be the same and widths equal. */
  | { kind: 'model'; other: string };

export interface LookRequest {
  kind: 'look';
  text: string;
  level: ExactLevel;
  measure: Measure;
  /** The role that is read in every block: `resid_post`. */
  role: string;
}

/** A model's insides on a text. */
export interface LanguageLook {
  tokens: LanguageToken[];
  /** Tokens at the end of the text that were left out because the model's context, or 2,048, was reached. */
  leftOut: number;
  /** `embed` where the role is a residual one, then each block from the first. */
  rows: { hook: string; layer: number | null }[];
  /** [rows, tokens]; NaN where there is nothing to compare with. */
  values: Float32Array;
  /** ‖h‖ [rows, tokens]. */
  norms: Float32Array;
  /** How the values are to be coloured: diverging scales have their zero marked. */
  scale: 'log' | 'linear' | 'diverging';
  /** What a value is in a word or two, and how it was computed. */
  label: string;
  formula: string;
  /** The model's own likeliest next token after each token; empty for encoders. */
  next: LikelyToken[];
  /** Natural log-probability of each token after those before it; NaN for the first, empty for encoders. */
  logProbabilities: Float32Array;
  level: ExactLevel;
  milliseconds: number;
}

export interface LensRequest {
  kind: 'lens';
  text: string;
  position: number;
  level: ExactLevel;
  /** Likeliest tokens per row, 1 to 20. */
  top: number;
}

/** What the model would say if it ended after each block: the final norm and the output map on every residual state. */
export interface LanguageLens {
  position: number;
  /** On the rows of a look at residual states. */
  rows: {
    hook: string;
    layer: number | null;
    top: LikelyToken[];
    /** Of the token that is the likeliest at the end. */
    finalProbability: number;
    /** Nats. */
    entropy: number;
    /** KL(final ‖ row), nats. */
    divergence: number;
    /** Whether the likeliest token is that of the end. */
    agrees: boolean;
  }[];
  level: ExactLevel;
  milliseconds: number;
}

export interface AttentionRequest {
  kind: 'attention';
  text: string;
  layer: number;
  level: ExactLevel;
  /** All heads when left out. */
  heads?: number[];
  /** The most cells a side that can be shown; a longer text is reduced to it. */
  cells: number;
}

/** Attention patterns of one block. */
export interface LanguageAttention {
  layer: number;
  heads: number[];
  tokens: LanguageToken[];
  /** Cells a side: the tokens, or fewer. */
  side: number;
  /** [heads, side, side], the reader's row, the read column: shares, the largest of each block of tokens where reduced. */
  values: Float32Array;
  /** Tokens a cell; 1 where nothing was reduced. */
  tokensPerCell: number;
  /** Per head, mean entropy of its rows in nats. */
  entropy: Float32Array;
  milliseconds: number;
}

export interface CertifyRequest {
  kind: 'certify';
  /** Default fp32; each level has certificates of its own. */
  level?: ExactLevel;
  /** Also where everything was certified before. */
  fresh?: boolean;
  /** Ids of the hooks that are looked at; left out: all of them. */
  only?: string[];
}

export type Verdict = 'passes' | 'degraded' | 'wrong' | 'unchecked';

export interface HookCheck {
  /** `identity`, `perturbation`, `cache`, `recomputed`, `reference`. */
  name: string;
  value: number;
  tolerance: number;
  ok: boolean;
  /** What was compared with what, in a sentence. */
  says: string;
}

export interface HookCertificate {
  hook: string;
  verdict: Verdict;
  /** Why it is not `passes`, and what would pass, in a sentence or two; empty where it passes. */
  reason: string;
  checks: HookCheck[];
}

/** What is answered at once. */
export type LanguageQuestion =
  | { kind: 'facts' }
  | { kind: 'tokens'; text: string }
  | LookRequest
  | LensRequest
  | AttentionRequest
  | ScoreRequest
  | SteeringDivergenceRequest
  | SteeringFileRequest
  | VisionQuestion
  /** What is known of the hooks so far; those that were not checked are `unchecked`. */
  | { kind: 'certificates'; level?: ExactLevel };

export interface LanguageAnswers extends VisionAnswers {
  facts: LanguageFacts;
  tokens: LanguageToken[];
  look: LanguageLook;
  lens: LanguageLens;
  attention: LanguageAttention;
  score: LanguageScore;
  'steering-divergence': SteeringDivergenceResult;
  'steering-file': StoredSteering;
  certificates: HookCertificate[];
}

/** What takes a while, tells as it goes, and can be stopped. */
export type LanguageJob = GenerateRequest | CertifyRequest;

/** What a job ends with: everything, also what its updates told. */
export interface LanguageResults {
  generate: Generation;
  certify: HookCertificate[];
}

/** What a job tells while it goes on: what is new since the last update. */
export type LanguageUpdate =
  { kind: 'generate'; tokens: GeneratedToken[] } | { kind: 'certify'; certificates: HookCertificate[] };

/** The part of the engine's calls that is about opened language models, by the ids that they were opened under. */
export interface LanguageApi {
  /** @throws `model-not-language`, `model-not-found`, `text-empty`, `level-not-exact`, `widths-differ`, `hook-unknown`, `picture-unknown`, `tokens-differ`, `steering-*` */
  language(model: string, question: LanguageQuestion): Promise<LanguageAnswers[keyof LanguageAnswers]>;
  /**
   * Resolves when the job ended, with all of it; meanwhile `languageUpdates` tells under `call`, a name that the view gives
   * and nobody else uses. A model's jobs of one kind go one after the other.
   */
  languageJob(model: string, call: string, job: LanguageJob): Promise<LanguageResults[keyof LanguageResults]>;
  /** Ends a job after the token or the hook under way; the job resolves with what it has. Nothing where it has ended. */
  stopLanguage(call: string): Promise<void>;
}
