/** @file What a language model is asked to say: texts continued and scored, one for a view or many for a run. */
import type { ExactLevel, LanguageToken, LikelyToken, NumericLevel } from './language';
import type { Steering } from './steering';

export interface ScoreRequest {
  kind: 'score';
  text: string;
  level: NumericLevel;
  /** Default: the model as it is. */
  steering?: Steering;
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
  /** Default: the model as it is. The same seed draws the same random numbers with any steering. */
  steering?: Steering;
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
  /** Default: the model as it is. */
  steering?: Steering;
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

/** How likely the model finds many texts; for methods, not for views. */
export interface LikelihoodRequest {
  kind: 'likelihood';
  /** What is scored is the text after its prefix; an empty prefix scores all tokens but the first. */
  texts: readonly { text: string; prefix: string }[];
  level: ExactLevel;
  /** Texts of one run. */
  batch: number;
  /** Number of the first text, for the news. */
  from: number;
  /** Default: the model as it is. */
  steering?: Steering;
}

export interface TextLikelihood {
  /** Natural log-probability of the tokens that count, and how many they are. */
  sum: number;
  tokens: number;
  /** Of the first token after the prefix, before it is read; of the token after the text where there is no prefix: nats, and the largest probability. */
  entropy: number;
  top: number;
}

export interface LikelihoodNews {
  /** Numbers of the texts. */
  rows: number[];
  texts: TextLikelihood[];
}
