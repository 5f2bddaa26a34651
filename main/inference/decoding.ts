/** @file What generation and scoring ask of an opened decoder, whatever graph it is: new tokens in, logits and a cache out. */
import type { NumericLevel } from '../../native-models';
import type { HostTensor } from '../contract/compute';

/** Keys and values of the texts read so far. It belongs to the decoding that made it; each step uses it up and gives the next. */
export interface Cache {
  /** Tokens of each text. */
  readonly lengths: readonly number[];
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Of plain graphs: which places of the cache hold tokens, text by text. */
  readonly places?: readonly Uint8Array[];
  /** Of models whose angles change with a text's length: the texts themselves, to be read again there. */
  readonly texts?: readonly (readonly number[])[];
}

export interface StepRequest {
  /** New tokens of each text; at least one each. Texts of different length only where there is no cache. */
  ids: readonly (readonly number[])[];
  cache: Cache | null;
  /** Logits of each text's last token, or of every token, for which there must be one text. */
  logits: 'last' | 'all';
}

export interface StepResult {
  /** [texts, vocabulary], or [tokens, vocabulary]. */
  logits: Float32Array;
  cache: Cache;
}

/** Sampling of several tokens in one run; settings as in `SamplingSettings`, with top-k at most 64. */
export interface LoopRequest {
  ids: readonly (readonly number[])[];
  cache: Cache | null;
  steps: number;
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  repetitionPenalty: number;
  /** [steps, texts]. */
  draws: Float32Array;
  /** [texts, vocabulary], 1 for tokens that are penalised. */
  seen: Uint8Array;
}

interface LoopResult {
  /** [steps, texts]. */
  tokens: number[];
  /** ln p under the model itself, in single precision. */
  logProbabilities: Float32Array;
  /** The last token is not in it yet. */
  cache: Cache;
}

/** How a model's numbers come about: shown beside results and written into records. */
export interface NumericRecord {
  level: NumericLevel;
  /** `imported`: as it was exported. */
  graph: 'fused' | 'plain' | 'imported';
  /** Why the fused operators do not compute this model, or why an imported graph is slow; null where there is nothing to say. */
  plainBecause: string | null;
  /** Whether activations are rounded to 8 bits: fast arithmetic. */
  roundedActivations: boolean;
  /** Whether weights were rounded to 8 bits that the checkpoint has otherwise. */
  requantised: boolean;
  /** Whether the best 64 logits are computed again in fp32, so that ids are exact and the rest of the distribution is not. */
  rescored: boolean;
}

export interface Decoding {
  readonly vocabulary: number;
  /**
   * Tokens up to which LongRoPE turns a text by its short factors: a text that passes them is read again from its beginning,
   * and one that will pass them is best begun with more tokens than these. Null for all other models.
   */
  readonly turnsAnewBeyond: number | null;
  readonly record: NumericRecord;
  step(request: StepRequest): Promise<StepResult>;
  /** Null where tokens are drawn outside. */
  readonly loop: ((request: LoopRequest) => Promise<LoopResult>) | null;
  /** Tells that a cache will not be read any more, so that the next text can have its memory. */
  forget?(cache: Cache): void;
  close(): Promise<void>;
}

/** Whole numbers as the runtime's int64. */
export function int64(values: readonly number[], dims: readonly number[]): HostTensor {
  return { type: 'int64', data: BigInt64Array.from(values, BigInt), dims };
}

/** Rows padded on the right with zeros: [rows, longest]. */
export function paddedIds(rows: readonly (readonly number[])[]): { tensor: HostTensor; width: number } {
  const width = Math.max(...rows.map(({ length }) => length));
  const data = new BigInt64Array(rows.length * width);
  rows.forEach((row, r) => row.forEach((id, k) => (data[r * width + k] = BigInt(id))));
  return { tensor: { type: 'int64', data, dims: [rows.length, width] }, width };
}
