/** @file What the rest of Monge knows of a tokenizer: texts to ids and back, with the place of every token in the text. */

/** One token of an encoded text. */
export interface Token {
  id: number;
  /** The token as the vocabulary spells it (`Ġthe`, `▁the`, `##ing`). */
  text: string;
  /** Where it stands in the given text: UTF-16 units, end excluded. A character split over several tokens is in each. */
  start: number;
  end: number;
  /** Put there by the tokenizer's template (beginning, end); its place is empty. */
  added: boolean;
}

/** How many ids to keep, and from which side the others are cut; what the template adds is counted and never cut. */
export interface Truncation {
  length: number;
  side?: 'left' | 'right';
}

export interface EncodeOptions {
  /** Let the tokenizer's template add its tokens (beginning, end); on unless told. */
  special?: boolean;
  /** Read names of special tokens inside the text as the tokens; on unless told. Off, they are letters like any. */
  readSpecial?: boolean;
  truncation?: Truncation;
}

export interface BatchOptions extends EncodeOptions {
  /** The side that is filled up; right unless told. */
  padding?: 'left' | 'right';
  /** Every row has this many ids; the longest row unless told. */
  length?: number;
  /** What fills up: the tokenizer's pad, else its end, unless told. */
  padId?: number;
}

/** Rows of equal length, row by row. */
export interface Batch {
  rows: number;
  length: number;
  /** [rows, length] */
  ids: BigInt64Array;
  /** [rows, length]; 1 where a token stands, 0 where it was filled up. */
  mask: BigInt64Array;
  /** Tokens of each row that are no filling. */
  lengths: number[];
}

export interface DecodeOptions {
  /** Leave special tokens out; off unless told. */
  skipSpecial?: boolean;
}

/** Text from ids that come one by one; what was returned, put together, is what `decode` gives (broken UTF-8 aside). */
export interface StreamDecoder {
  /** The text that this id settles: whole characters only, often '' while one is incomplete. */
  push(id: number): string;
  /** What is still held back. */
  end(): string;
}

export interface SpecialIds {
  bos?: number;
  eos?: number;
  pad?: number;
  unk?: number;
  /** All that `skipSpecial` leaves out. */
  all: ReadonlySet<number>;
}

/** What tokenizer.json says of `truncation` and `padding`; told, not applied: transformers leaves them too unless asked. */
export interface Declared {
  truncation?: Truncation;
  padding?: Pick<BatchOptions, 'padding' | 'length' | 'padId'>;
}

/** `ids`: numbers in place of words, where a model came without a tokenizer. */
export type TokenizerKind = 'byte-level-bpe' | 'bpe' | 'unigram' | 'word-piece' | 'ids';

export interface Tokenizer {
  readonly kind: TokenizerKind;
  /** Tokens by id, also those added after training; undefined where no token has the id. */
  readonly vocabulary: readonly (string | undefined)[];
  readonly special: SpecialIds;
  /** The chat template that came with it (the one named `default` of several). */
  readonly chatTemplate?: string;
  readonly declared: Declared;
  /** @throws `tokenizer-input`, `tokenizer-pattern` (the split pattern of the model found no end) */
  encode(text: string, options?: EncodeOptions): Token[];
  /** The ids of `encode` alone, which is faster. @throws as `encode` */
  ids(text: string, options?: EncodeOptions): number[];
  /** @throws as `encode`, and `tokenizer-no-pad` */
  encodeBatch(texts: readonly string[], options?: BatchOptions): Batch;
  /** Exact: nothing is cleaned up. Ids without a token give nothing, as in Python. @throws `tokenizer-input` */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  decoder(options?: DecodeOptions): StreamDecoder;
  /** The token as the vocabulary spells it. @throws `tokenizer-input` for ids without a token */
  tokenText(id: number): string;
  idOf(token: string): number | undefined;
}

/** Where a tokenizer comes from: the files of a Hugging Face folder as texts, or the metadata of a GGUF file. */
export type TokenizerSource =
  | { kind: 'json'; tokenizer: string; config?: string; chatTemplate?: string }
  | { kind: 'gguf'; metadata: ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>> };
