/** @file What is to be known of a checkpoint that can be run all the same: tensors that its model does not use, and those that hold nothing. */
import { dequantise, weightTypes, type ModelProto, type WeightType } from '../../native-models';
import { errorDetail, MongeError } from '../../native-models/error';
import type { CheckpointFacts } from '../contract/models';
import type { Checkpoint } from './checkpoint';
import { buildGraph, describeModel } from './checkpoint-graph';
import { readRange } from './referenced-file';

/** A tensor and where its values lie. */
export interface PlacedWeights {
  name: string;
  /** Null for one that is no weight. */
  type: WeightType | null;
  shape: readonly number[];
  file: string;
  /** First byte in the file, and the one after the last. */
  from: number;
  to: number;
}

/** What older files hold beside weights: positions, masks, angles, which follow from the configuration. */
const buffers = /(^|\.)(position_ids|inv_freq|masked_bias|h\.\d+\.attn\.bias|attention\.bias)$/;
/** Output maps that a model shares with its embedding. */
const heads = /^(lm_head|embed_out|output)\.weight$/;
/** Tensors whose values are looked at: checkpoints of millions of tensors are not models. */
const MOST_TENSORS = 5000;
/** Bytes that are looked at, twice in a tensor; and at a time in one that seems to hold zeros alone. */
const GLANCE_BYTES = 4096;
const PIECE_BYTES = 2 ** 20;

/** The graph of a checkpoint, an empty one where it cannot be built and why; and a notice of tensors that it leaves out. */
export function builtModel(checkpoint: Checkpoint | null): {
  model: ModelProto;
  problem: CheckpointFacts['problem'];
  notices: string[];
} {
  const nothing = { model: { graph: {} }, notices: [] };
  if (!checkpoint) return { ...nothing, problem: null };
  const used = new Set<string>();
  const shape = (name: string) => {
    used.add(name);
    return checkpoint.shape(name);
  };
  try {
    const described = describeModel(checkpoint.config);
    const { model } = buildGraph({ ...checkpoint, shape }, described, [], 'model.weights');
    const tied = checkpoint.config.tie_word_embeddings !== false;
    const unused = checkpoint.names.filter(
      (name) => !used.has(name) && !buffers.test(name) && !(tied && heads.test(name)),
    );
    return {
      model,
      problem: null,
      notices: said(unused, 'not used by the model that is built from this checkpoint'),
    };
  } catch (thrown) {
    if (thrown instanceof MongeError) return { ...nothing, problem: errorDetail(thrown) };
    throw thrown;
  }
}

/**
 * Notices of weights that hold zeros alone or numbers that are none. Of each tensor the first and the middle values are
 * looked at, and all of one whose are zero. Vectors of zeros are usual: shifts that were never trained.
 * @throws `file-unreadable`, `referenced-file-short`
 */
export async function valueNotices(weights: readonly PlacedWeights[]): Promise<string[]> {
  const zero: string[] = [];
  const broken: string[] = [];
  for (const weight of weights.slice(0, MOST_TENSORS)) {
    const found = await glance(weight);
    if (found === 'not finite') broken.push(weight.name);
    else if (found === 'zero' && weight.shape.length > 1 && (await isZero(weight))) zero.push(weight.name);
  }
  return [
    ...said(broken, 'damaged: values are no finite numbers, so that what the model computes will be none'),
    ...said(zero, 'empty: all values are zero'),
  ];
}

/** The first weight that holds a value that is no finite number; null where all are sound. Everything is read. */
export async function damagedWeight(checkpoint: Checkpoint): Promise<string | null> {
  for (const name of checkpoint.names) {
    const values = await checkpoint.float32(name);
    if (!values.every(Number.isFinite)) return name;
  }
  return null;
}

function said(names: readonly string[], what: string): string[] {
  const [first] = names;
  if (first === undefined) return [];
  return [
    names.length === 1
      ? `The tensor ${first} is ${what}.`
      : `${names.length} tensors are ${what}; for example ${first}.`,
  ];
}

async function glance(weight: PlacedWeights): Promise<'zero' | 'not finite' | 'sound'> {
  const { type, file, from, to } = weight;
  if (type === null || from === to) return 'sound';
  const block = weightTypes[type].bytes;
  const length = Math.min(to - from, Math.floor(GLANCE_BYTES / block) * block);
  const middle = from + Math.floor((to - from) / 2 / block) * block;
  let zero = true;
  for (const start of new Set([from, Math.min(middle, to - length)]))
    for (const value of dequantise(type, await readRange(file, start, start + length))) {
      if (!Number.isFinite(value)) return 'not finite';
      if (value !== 0) zero = false;
    }
  return zero ? 'zero' : 'sound';
}

async function isZero({ type, file, from, to }: PlacedWeights): Promise<boolean> {
  const block = weightTypes[type!].bytes;
  const step = Math.floor(PIECE_BYTES / block) * block;
  for (let start = from; start < to; start += step) {
    const values = dequantise(type!, await readRange(file, start, Math.min(start + step, to)));
    if (values.some((value) => value !== 0)) return false;
  }
  return true;
}
