/** @file What a model has to offer so that its hooks can be certified. */
import type { HookPoint, ModelProto } from '../../../native-models';
import { tokenFeeds } from '../insides/runs';
import type { GraphLevel, HostTensor, Session } from '../../contract/compute';

/** A model whose hooks are to be certified. */
export interface Subject {
  hooks: readonly HookPoint[];
  /** The hook that shows what the model says: `logits`, or the last state of an encoder. */
  observed: string;
  /** Its graph with these hooks as outputs, weights in the folder that `open` knows. */
  graph(outputs: readonly string[]): ModelProto;
  open(model: ModelProto, graphLevel: GraphLevel): Promise<Session>;
  /** A short text, no padding. */
  ids: readonly number[];
  /** Of a model that reads no tokens: its inputs, so many times the same. `ids` then only count what it has a state of. */
  inputs?: (copies: number) => Record<string, HostTensor>;
  /** Another padding of the same text must not show: id of the padding. */
  padding: number;
  /** False where texts with padding on the left cannot be run, which nothing here does: then only the right is tried. */
  padsLeft?: boolean;
  /** What every hook must hold, computed by other means; null where nothing else can. */
  reference(): Promise<ReadonlyMap<string, ArrayLike<number>> | null>;
  /** How that was computed, for the checks' words; default: in double precision. */
  referenceSays?: string;
  /** Logits that were given with the model, for the same text. */
  given?: ArrayLike<number>;
  /** What the observed hook holds when the text is decoded token by token with caches; null without caches. */
  cached?(): Promise<ArrayLike<number> | null>;
  /** Relative distance that the level of the weights' products allows from the reference. */
  tolerance: number;
}

/** The inputs of so many runs of the subject side by side. */
export function subjectFeeds({ ids, inputs }: Subject, copies: number): Record<string, HostTensor> {
  return inputs ? inputs(copies) : tokenFeeds(Array.from({ length: copies }, () => ids));
}
