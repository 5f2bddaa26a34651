/** @file Decoding by the graph of fused operators: caches handed on from run to run, or a loop of several tokens in one. */
import {
  cacheNames,
  encodeModel,
  generationGraph,
  type DecoderConfig,
  type LazyWeight,
  type NumericLevel,
  type SteeringPlan,
  type WeightSource,
} from '../../native-models';
import type { Compute, HostTensor } from '../contract/compute';
import { identityFeeds, type StrengthFeeds } from './steering/strength';
import {
  checkCache,
  int64,
  paddedIds,
  type Cache,
  type Decoding,
  type LoopRequest,
  type StepRequest,
} from './decoding';
import { weightFileName } from './weight-cache';

export interface FastDecodingOptions {
  level: NumericLevel;
  /** Whether the output map may be rounded and the best 64 computed again. */
  rescored: boolean;
  loop: boolean;
  /** Where weights of this form lie; called once, with what is to be written there. */
  folder: (weights: readonly LazyWeight[]) => Promise<string>;
  /** What the graph can steer; default nothing. */
  steering?: SteeringPlan | null;
}

/** @throws `checkpoint-shape`, the codes of the checkpoint, `session-create-failed`, and of steering those of `generationGraph` */
export async function openFastDecoding(
  compute: Compute,
  config: DecoderConfig,
  source: WeightSource,
  options: FastDecodingOptions,
): Promise<Decoding> {
  const { level, loop, steering: plan = null } = options;
  const rescored = options.rescored && level === '4-bit-0';
  const graph = generationGraph(config, source, {
    level,
    head: rescored ? 'rescored' : 'level',
    loop,
    location: weightFileName,
    steering: plan,
  });
  const folder = await options.folder(graph.weights);
  const session = await compute.open(encodeModel(graph.model), {
    folder,
    graphLevel: 'all',
    label: `language model (${level})`,
  });
  const { vocabulary, kvHeads, headWidth, layers } = config;
  const past = cacheNames('past', layers).flatMap(({ key, value }) => [key, value]);
  const present = cacheNames('present', layers).flatMap(({ key, value }) => [key, value]);

  /** The new tokens and the caches, and the lengths after them. */
  function feedsOf(
    ids: StepRequest['ids'],
    cache: Cache | null,
    rows: 'last' | 'all',
  ): { feeds: Record<string, HostTensor>; lengths: number[] } {
    const { tensor, width } = paddedIds(ids);
    const lengths = ids.map(({ length }, text) => length + (cache?.lengths[text] ?? 0));
    const total = cache ? Math.max(...lengths) : width;
    const wanted =
      rows === 'all'
        ? Array.from({ length: width }, (_, k) => k)
        : ids.map(({ length }, text) => text * width + length - 1);
    const empty: HostTensor = {
      type: 'float32',
      data: new Float32Array(0),
      dims: [ids.length, kvHeads, 0, headWidth],
    };
    return {
      lengths,
      feeds: {
        ids: tensor,
        lengths: {
          type: 'int32',
          data: Int32Array.from(lengths, (length) => length - 1),
          dims: [ids.length],
        },
        total: { type: 'int32', data: Int32Array.of(total), dims: [] },
        rows: int64(wanted, [wanted.length]),
        ...Object.fromEntries(past.map((name) => [name, cache?.tensors[name] ?? empty])),
      },
    };
  }

  const record: Decoding['record'] = {
    level,
    graph: 'fused',
    plainBecause: null,
    roundedActivations: level === '4-bit-4',
    requantised: graph.requantised,
    rescored,
  };

  const decodingAt = (steering: StrengthFeeds | null): Omit<Decoding, 'steered' | 'close'> => ({
    vocabulary,
    record,
    async step({ ids, cache, logits }) {
      checkCache(cache, steering);
      const { feeds, lengths } = feedsOf(ids, cache, logits);
      const rows = feeds.rows!.dims[0]!;
      // Nothing is drawn from this step, but the loop's inputs must be there.
      const unused = loop ? loopFeeds(rows, vocabulary) : {};
      const outputs = await session.run({ ...feeds, ...unused, ...steering });
      return { logits: outputs.logits!.data as Float32Array, cache: cacheOf(outputs, lengths, steering) };
    },
    loop: loop
      ? async (request) => {
          checkCache(request.cache, steering);
          const { feeds, lengths } = feedsOf(request.ids, request.cache, 'last');
          const outputs = await session.run({ ...feeds, ...samplingFeeds(request, vocabulary), ...steering });
          const { tokens, log_probabilities: logProbabilities } = outputs;
          return {
            tokens: Array.from(tokens!.data as BigInt64Array, Number),
            logProbabilities: logProbabilities!.data as Float32Array,
            cache: cacheOf(
              outputs,
              lengths.map((length) => length + request.steps - 1),
              steering,
            ),
          };
        }
      : null,
  });
  const close = () => session.close();
  const steered = (feeds: StrengthFeeds): Decoding => ({ ...decodingAt(feeds), steered, close });
  return plan === null
    ? { ...decodingAt(null), close }
    : { ...decodingAt(identityFeeds(plan)), steered, close };

  function cacheOf(
    outputs: Record<string, HostTensor>,
    lengths: readonly number[],
    steering: StrengthFeeds | null,
  ): Cache {
    const tensors = Object.fromEntries(past.map((name, k) => [name, outputs[present[k]!]!]));
    return { lengths, tensors, steering };
  }
}

function samplingFeeds(request: LoopRequest, vocabulary: number): Record<string, HostTensor> {
  const { steps, draws, seen, ids } = request;
  // The likeliest token alone, whatever the temperature.
  const greedy = request.temperature === 0;
  const settings = [
    greedy ? 1 : request.temperature,
    greedy ? 1 : request.topK,
    request.topP,
    request.minP,
    request.repetitionPenalty,
  ];
  return {
    steps: int64([steps], []),
    uniforms: { type: 'float32', data: draws, dims: [steps, ids.length] },
    sampling: { type: 'float32', data: Float32Array.from(settings), dims: [5] },
    seen: { type: 'bool', data: seen, dims: [ids.length, vocabulary] },
  };
}

function loopFeeds(rows: number, vocabulary: number): Record<string, HostTensor> {
  return {
    steps: int64([1], []),
    uniforms: { type: 'float32', data: new Float32Array(rows).fill(0.5), dims: [1, rows] },
    sampling: { type: 'float32', data: Float32Array.of(1, 1, 1, 0, 1), dims: [5] },
    seen: { type: 'bool', data: new Uint8Array(rows * vocabulary), dims: [rows, vocabulary] },
  };
}
