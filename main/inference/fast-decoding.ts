/** @file Decoding by the graph of fused operators: caches handed on from run to run, or a loop of several tokens in one. */
import {
  cacheNames,
  canSettle,
  encodeModel,
  generationGraph,
  type DecoderConfig,
  type LazyWeight,
  type NumericLevel,
  type WeightSource,
} from '../../native-models';
import type { Compute, Feeds, HostTensor } from '../contract/compute';
import { int64, paddedIds, type Cache, type Decoding, type LoopRequest, type StepRequest } from './decoding';
import { roomOf, settle } from './settled-cache';
import { weightFileName } from './weight-cache';

export interface FastDecodingOptions {
  level: NumericLevel;
  /** Whether the output map may be rounded and the best 64 computed again. */
  rescored: boolean;
  loop: boolean;
  /** How long texts are treated; default: as is fastest. */
  long?: Partial<LongTexts>;
  /** Where weights of this form lie; called once, with what is to be written there. */
  folder: (weights: readonly LazyWeight[]) => Promise<string>;
}

/** In tokens. */
export interface LongTexts {
  /** Prompts are read in pieces: the scores of attention grow with a piece's length times the text's. */
  piece: number;
  /** From this length on the caches' first tokens are settled, so many at once. */
  settleFrom: number;
  settleBy: number;
}

const longTexts: LongTexts = { piece: 256, settleFrom: 256, settleBy: 64 };

/** @throws `checkpoint-shape`, the codes of the checkpoint, `session-create-failed` */
export async function openFastDecoding(
  compute: Compute,
  config: DecoderConfig,
  source: WeightSource,
  options: FastDecodingOptions,
): Promise<Decoding> {
  const { level, loop } = options;
  const rescored = options.rescored && level === '4-bit-0';
  const graph = generationGraph(config, source, {
    level,
    head: rescored ? 'rescored' : 'level',
    loop,
    location: weightFileName,
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
  const settling = canSettle(config);
  const settledNames = settling
    ? cacheNames('settled', layers).flatMap(({ key, value }) => [key, value])
    : [];
  /** Memory of a text's settled caches after its end, for the next text. */
  let spare: Float32Array[] = [];
  const { piece, settleFrom, settleBy } = { ...longTexts, ...options.long };

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
    const before = (width > 1 ? allSettled(cache) : cache)?.tensors ?? {};
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
        ...Object.fromEntries([...past, ...settledNames].map((name) => [name, before[name] ?? empty])),
      },
    };
  }

  /** Caches out of a run; `settled` are those that it was given, `expected` all tokens of the prompt. */
  function cacheOf(
    outputs: Record<string, HostTensor>,
    lengths: readonly number[],
    settled: Readonly<Record<string, HostTensor>>,
    expected = 0,
  ): Cache {
    const tensors = Object.fromEntries(past.map((name, k) => [name, outputs[present[k]!]!]));
    const recent = tensors[past[0]!]!.dims[2]!;
    const isSettled = recent < lengths[0]!;
    if (isSettled) for (const name of settledNames) tensors[name] = settled[name]!;
    // All at once when there is nothing yet, then when twice as many have come together.
    const due = recent >= (isSettled ? 2 * settleBy : settleFrom);
    const alike = lengths.every((length) => length === lengths[0]);
    return settling && due && alike
      ? moreSettled({ lengths, tensors }, recent - (recent % settleBy), expected)
      : { lengths, tensors };
  }

  /** Steps of several tokens read settled caches or recent ones, not both. */
  function allSettled(cache: Cache | null): Cache | null {
    const isSettled = cache?.tensors[settledNames[0] ?? ''] !== undefined;
    return isSettled ? moreSettled(cache, cache.tensors[past[0]!]!.dims[2]!) : cache;
  }

  /** The next `count` tokens of a cache settled too. */
  function moreSettled({ lengths, tensors }: Cache, count: number, expected?: number): Cache {
    const next: Record<string, HostTensor> = {};
    past.forEach((name, k) => {
      const parts = settle(tensors[settledNames[k]!] ?? null, tensors[name]!, count, expected, spare);
      next[settledNames[k]!] = parts.settled;
      next[name] = parts.recent;
    });
    return { lengths, tensors: next };
  }

  /** Reads all of a long prompt but its last piece; several texts are read at once, as the runtime asks. */
  async function readPieces<R extends Pick<StepRequest, 'ids' | 'cache'>>(request: R): Promise<R> {
    let { ids, cache } = request;
    if (ids.length > 1) return request;
    while (ids[0]!.length > piece) {
      const { feeds, lengths } = feedsOf(
        ids.map((text) => text.slice(0, piece)),
        cache,
        'last',
      );
      const outputs = await run({ ...feeds, ...(loop ? loopFeeds(ids.length, vocabulary) : {}) });
      cache = cacheOf(outputs, lengths, feeds, lengths[0]! + ids[0]!.length - piece);
      ids = ids.map((text) => text.slice(piece));
    }
    return { ...request, ids, cache };
  }

  const run = (feeds: Feeds) => session.run(feeds);

  return {
    vocabulary,
    turnsAnewBeyond: null,
    record: {
      level,
      graph: 'fused',
      plainBecause: null,
      roundedActivations: level === '4-bit-4',
      requantised: graph.requantised,
      rescored,
    },
    async step(request) {
      const { ids, cache, logits } = request.logits === 'last' ? await readPieces(request) : request;
      const { feeds, lengths } = feedsOf(ids, cache, logits);
      const rows = feeds.rows!.dims[0]!;
      // Nothing is drawn from this step, but the loop's inputs must be there.
      const unused = loop ? loopFeeds(rows, vocabulary) : {};
      const outputs = await run({ ...feeds, ...unused });
      return { logits: outputs.logits!.data as Float32Array, cache: cacheOf(outputs, lengths, feeds) };
    },
    loop: loop
      ? async (asked) => {
          const request = await readPieces(asked);
          const { feeds, lengths } = feedsOf(request.ids, request.cache, 'last');
          const outputs = await run({ ...feeds, ...samplingFeeds(request, vocabulary) });
          const { tokens, log_probabilities: logProbabilities } = outputs;
          return {
            tokens: Array.from(tokens!.data as BigInt64Array, Number),
            logProbabilities: logProbabilities!.data as Float32Array,
            cache: cacheOf(
              outputs,
              lengths.map((length) => length + request.steps - 1),
              feeds,
            ),
          };
        }
      : null,
    forget({ tensors }) {
      const settled = settledNames.flatMap((name) => tensors[name] ?? []);
      if (settled.length > 0) spare = settled.map(({ data }) => roomOf(data as Float32Array));
    },
    close: () => session.close(),
  };
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
