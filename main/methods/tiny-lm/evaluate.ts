/** @file The network on text that it is not trained on: how well it predicts, and what it writes. */
import {
  gather,
  inferenceModel,
  int32,
  logSumExp,
  pick,
  reduceSum,
  stream,
  subtract,
  type Gpt,
} from '../../../native-models';
import type { Compute, Feeds, Session } from '../../contract/compute';
import type { Arrays } from '../../contract/define';
import { shaped } from '../../training/supervised';
import { bytesPerId, type PreparedText } from './text';

/** Stretches in one run of the session. */
const BATCH = 8;

interface Predicted {
  /** Nats per token. */
  loss: number;
  bitsPerByte: number;
  tokens: number;
}

export interface Evaluator {
  /** On at most so many stretches of the validation text, evenly spread, each seen from its own start. */
  predict(weights: Arrays, most: number): Promise<Predicted>;
  /** Texts that go on from the ids; a function of seed and step. */
  write(weights: Arrays, options: WriteOptions): Promise<string[]>;
  close(): Promise<void>;
}

interface WriteOptions {
  prompt: readonly number[];
  count: number;
  /** Tokens at most. */
  length: number;
  temperature: number;
  seed: number;
  step: number;
}

/** Opens the network for both; close it. */
export async function openEvaluator(compute: Compute, network: Gpt, text: PreparedText): Promise<Evaluator> {
  const { context } = network.options;
  const shapes = shaped(network, network.initialise(0));
  const losses = await compute.open(
    inferenceModel({
      ...{ name: 'validation', parameters: shapes, weights: 'inputs' },
      inputs: { ids: int32(BATCH, context), targets: int32(BATCH, context) },
      build(weights, { ids, targets }) {
        const logits = network.apply(weights, ids!);
        const nats = subtract(logSumExp(logits), pick(logits, targets!));
        return { losses: reduceSum(nats, [1]) };
      },
    }),
    { device: 'cpu', label: 'validation' },
  );
  const next = await compute.open(
    inferenceModel({
      ...{ name: 'sampling', parameters: shapes, weights: 'inputs' },
      inputs: { ids: int32('batch', context), position: int32() },
      build: (weights, { ids, position }) => ({
        logits: gather(network.apply(weights, ids!), position!, 1),
      }),
    }),
    { device: 'cpu', label: 'samples' },
  );
  return {
    predict: (weights, most) => predict(losses, feedsOf(weights), text, context, most),
    write: (weights, options) => write(next, feedsOf(weights), text, context, options),
    async close() {
      await losses.close();
      await next.close();
    },
  };
}

function feedsOf(weights: Arrays): Feeds {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { data, shape }]) => [
      name,
      { type: 'float32', data, dims: shape } as const,
    ]),
  );
}

/** Starts of the stretches, evenly spread where there are more than `most`. */
export function stretchStarts(tokens: number, context: number, most: number): number[] {
  const all = Math.floor((tokens - 1) / context);
  const count = Math.min(all, most);
  return Array.from({ length: count }, (_, k) => context * Math.floor((k * all) / count));
}

async function predict(
  session: Session,
  weights: Feeds,
  text: PreparedText,
  context: number,
  most: number,
): Promise<Predicted> {
  const { ids } = text.validation;
  const bytesOf = bytesPerId(text.tokenizer);
  const starts = stretchStarts(ids.length, context, most);
  let [nats, bytes] = [0, 0];
  for (let first = 0; first < starts.length; first += BATCH) {
    const rows = starts.slice(first, first + BATCH);
    const feeds = { ids: new Int32Array(BATCH * context), targets: new Int32Array(BATCH * context) };
    rows.forEach((start, row) => {
      feeds.ids.set(ids.subarray(start, start + context), row * context);
      const targets = ids.subarray(start + 1, start + 1 + context);
      feeds.targets.set(targets, row * context);
      for (const id of targets) bytes += bytesOf[id]!;
    });
    const dims = [BATCH, context];
    const { losses } = await session.run({
      ...weights,
      ids: { type: 'int32', data: feeds.ids, dims },
      targets: { type: 'int32', data: feeds.targets, dims },
    });
    // What stands behind the last stretch is no text.
    for (let row = 0; row < rows.length; row++) nats += Number(losses!.data[row]);
  }
  const tokens = starts.length * context;
  return { loss: nats / tokens, bitsPerByte: nats / Math.LN2 / bytes, tokens };
}

async function write(
  session: Session,
  weights: Feeds,
  text: PreparedText,
  context: number,
  { prompt, count, length, temperature, seed, step }: WriteOptions,
): Promise<string[]> {
  if (count === 0) return [];
  const { tokenizer } = text;
  const rows = Array.from({ length: count }, () => [...prompt]);
  const open = new Set(rows.keys());
  const draws = stream(seed, 'tiny-lm.sample', step);
  const uniform = new Float32Array(count);
  for (let made = 0; made < length && open.size > 0; made++) {
    draws.uniform(uniform);
    const size = rows[0]!.length;
    const seen = Math.min(size, context);
    const ids = new Int32Array(count * context);
    rows.forEach((row, k) => ids.set(row.slice(size - seen), k * context));
    const { logits } = await session.run({
      ...weights,
      ids: { type: 'int32', data: ids, dims: [count, context] },
      position: { type: 'int32', data: Int32Array.of(seen - 1), dims: [] },
    });
    const width = logits!.data.length / count;
    const values = logits!.data as Float32Array;
    rows.forEach((row, k) => {
      const id = draw(values.subarray(k * width, (k + 1) * width), temperature, uniform[k]!);
      row.push(id);
      if (id === tokenizer.end) open.delete(k);
    });
  }
  return rows.map((row) => {
    const end = row.indexOf(tokenizer.end, prompt.length);
    return tokenizer.decode(end < 0 ? row : row.slice(0, end));
  });
}

/** The id at a uniform number of the softmax of logits / temperature; the most likely one at temperature 0. */
function draw(logits: Float32Array, temperature: number, uniform: number): number {
  let best = 0;
  logits.forEach((logit, id) => {
    if (logit > logits[best]!) best = id;
  });
  if (temperature === 0) return best;
  const top = logits[best]!;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  const id = weights.findIndex((weight) => (left -= weight) < 0);
  return id < 0 ? best : id;
}
