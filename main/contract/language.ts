/** @file What an opened language model can be asked: its facts, its insides on a text, its words, and whether its hooks tell the truth. */

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

export interface ScoreRequest {
  kind: 'score';
  text: string;
  level: NumericLevel;
}

export interface LanguageScore {
  tokens: LanguageToken[];
  /** Natural logarithms; NaN for the first token. */
  logProbabilities: Float32Array;
  /** exp of the mean negative log-probability. */
  perplexity: number;
  level: NumericLevel;
}

export interface Sampling {
  /** 0 always takes the likeliest token. */
  temperature: number;
  /** The likeliest tokens that together have this probability; 1 is all. */
  topP: number;
  /** At most this many tokens; 0 is all. */
  topK: number;
  /** Tokens at least this share of the likeliest one's probability; 0 is all. */
  minP: number;
  /** Divides the logits of tokens that were there before; 1 is none. */
  repetitionPenalty: number;
  /** The same seed draws the same random numbers whatever the model and the settings. */
  seed: number;
  maxTokens: number;
  /** Texts at which to stop; they are not part of what is generated. */
  stop: string[];
}

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface GenerateRequest {
  kind: 'generate';
  /**
   * A text to go on from, messages, or the JSON text of a request with `messages` and perhaps `tools`, whose numbers and orders
   * of keys reach the chat template as they were written.
   */
  input: { prompt: string } | { messages: ChatMessage[] } | { chat: string };
  sampling: Sampling;
  level: NumericLevel;
  /** Likeliest tokens told with each one, 0 to 20. */
  alternatives: number;
}

export interface GeneratedToken {
  id: number;
  /** What it adds to the text; empty while a character is incomplete. */
  text: string;
  /** Natural logarithm, before temperature and cuts. */
  logProbability: number;
  alternatives: LikelyToken[];
}

export interface Generation {
  /** What the model read: the prompt, or the messages as the chat template writes them. */
  prompt: string;
  promptTokens: number;
  tokens: GeneratedToken[];
  text: string;
  /** The model ended, a stop text came, `maxTokens` were reached, the context was full, or it was stopped. */
  finish: 'end' | 'stop' | 'length' | 'context' | 'stopped';
  level: NumericLevel;
  /** Milliseconds until the first token, and altogether. */
  firstMilliseconds: number;
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

/** Many texts continued, several at once; for methods, not for views. */
export interface ContinueRequest {
  kind: 'continue';
  /** The same seed draws the same random numbers whatever the text beside it. */
  prompts: { text: string; seed: number }[];
  /** Whether a prompt is what a person says in a chat, put through the model's template. */
  chat: boolean;
  sampling: Omit<Sampling, 'seed'>;
  /** Whether a token that ends a text ends it. */
  stopAtEnd: boolean;
  level: NumericLevel;
}

/** A token more of one of the texts. */
export interface ContinueNews {
  /** Number of the prompt. */
  prompt: number;
  text: string;
}

export interface ContinuedText {
  /** What the model read. */
  prompt: string;
  promptIds: number[];
  ids: number[];
  text: string;
  /** Natural logarithms under the model itself, before penalty, temperature and cuts. */
  logProbabilities: number[];
  finish: Generation['finish'];
}

export interface ContinueResult {
  /** By prompt. */
  texts: ContinuedText[];
  /** How the numbers came about, in a sentence. */
  arithmetic: string;
}

/** How the tokens of a text become one vector; `none` keeps every token. */
export type Pooling = TokenPooling | { kind: 'max' } | { kind: 'none' };

/** A weighted mean of tokens. Positions count the tokens that are kept, from 0, or from the end: -1 is the last one. */
export type TokenPooling = { kind: 'mean' } | { kind: 'last' } | { kind: 'position'; position: number };

/** Hooks of many texts, told batch by batch; for methods, not for views. */
export interface CaptureRequest {
  kind: 'capture';
  /** Which hooks: as `selectHooks` reads it (`resid_post:*`), or their ids. */
  hooks: string | readonly string[];
  pooling: Pooling;
  /** Whether the first token of a text counts. */
  first: boolean;
  level: ExactLevel;
  /** Texts of one run. */
  batch: number;
  /** Longer texts are cut at the end; 0 for the model's context. */
  maxTokens: number;
  /** Empty asks only which hooks are chosen and how wide they are. */
  texts: readonly string[];
  /** Number of the first text, for the batches. */
  from: number;
}

/** Some texts' vectors, one matrix per hook. */
export interface CaptureBatch {
  /** Numbers of the texts, in the order of the rows. */
  rows: number[];
  /** [rows, width] by hook; where nothing is pooled, the tokens of all rows one below the other. */
  values: Record<string, Float32Array>;
  /** Tokens of each row, the cut ones not counted. */
  tokens: number[];
}

export interface CaptureSummary {
  hooks: { id: string; width: number }[];
  /** Texts that were cut. */
  cut: number;
  /** Whether every text was captured. */
  whole: boolean;
}

/** What is answered at once. */
export type LanguageQuestion =
  | { kind: 'facts' }
  | { kind: 'tokens'; text: string }
  | LookRequest
  | LensRequest
  | AttentionRequest
  | ScoreRequest
  /** What is known of the hooks so far; those that were not checked are `unchecked`. */
  | { kind: 'certificates'; level?: ExactLevel };

export interface LanguageAnswers {
  facts: LanguageFacts;
  tokens: LanguageToken[];
  look: LanguageLook;
  lens: LanguageLens;
  attention: LanguageAttention;
  score: LanguageScore;
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
  /** @throws `model-not-language`, `model-not-found`, `text-empty`, `level-not-exact`, `widths-differ`, `hook-unknown` */
  language(model: string, question: LanguageQuestion): Promise<LanguageAnswers[keyof LanguageAnswers]>;
  /**
   * Resolves when the job ended, with all of it; meanwhile `languageUpdates` tells under `call`, a name that the view gives
   * and nobody else uses. A model's jobs go one after the other.
   */
  languageJob(model: string, call: string, job: LanguageJob): Promise<LanguageResults[keyof LanguageResults]>;
  /** Ends a job after the token or the hook under way; the job resolves with what it has. Nothing where it has ended. */
  stopLanguage(call: string): Promise<void>;
}
