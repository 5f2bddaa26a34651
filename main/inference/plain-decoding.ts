/** @file Decoding by the plain graph with exact sums, for families that the fused operators do not compute. */
import {
  decoderGraph,
  encodeModel,
  type DecoderConfig,
  type LazyWeight,
  type NumericLevel,
  type WeightSource,
} from '../../native-models';
import type { Compute, HostTensor, Session } from '../contract/compute';
import { paddedIds, type Cache, type Decoding, type StepRequest, type StepResult } from './decoding';
import { weightFileName } from './weight-cache';

export interface PlainDecodingOptions {
  /** Why the fused graph is not taken. */
  because: string;
  /** Default fp32. */
  level?: Exclude<NumericLevel, '4-bit-4'>;
  folder: (weights: readonly LazyWeight[]) => Promise<string>;
}

/** @throws `checkpoint-shape`, the codes of the checkpoint, `session-create-failed` */
export async function openPlainDecoding(
  compute: Compute,
  config: DecoderConfig,
  source: WeightSource,
  { because, folder, level = 'fp32' }: PlainDecodingOptions,
): Promise<Decoding> {
  const sessions: Partial<Record<'last' | 'all', Promise<Session>>> = {};
  const open = async (logits: 'last' | 'all'): Promise<Session> => {
    const graph = decoderGraph(config, source, { caches: true, logits, level, location: weightFileName });
    return compute.open(encodeModel(graph.model), {
      folder: await folder(graph.weights),
      graphLevel: 'all',
      label: `language model (${level}, plain)`,
    });
  };
  // What the model lacks shows when it is opened, not at the first text.
  sessions.last = Promise.resolve(await open('last'));
  const { kvHeads, headWidth, layers, vocabulary } = config;
  const names = Array.from({ length: layers }, (_, layer) => [`${layer}.key`, `${layer}.value`]).flat();

  const turnsAnewBeyond = lengthOfShortFactors(config);
  const run = async ({ ids, cache, logits }: StepRequest): Promise<StepResult> => {
    const session = await (sessions[logits] ??= open(logits));
    const { tensor, width } = paddedIds(ids);
    const places = ids.map(({ length }, text) => {
      const before = cache?.places?.[text] ?? new Uint8Array(0);
      const now = new Uint8Array(before.length + width);
      now.set(before);
      now.fill(1, before.length, before.length + length);
      return now;
    });
    const seen = places[0]!.length;
    const mask = new BigInt64Array(ids.length * seen);
    places.forEach((row, text) => row.forEach((there, k) => (mask[text * seen + k] = BigInt(there))));
    const empty: HostTensor = {
      type: 'float32',
      data: new Float32Array(0),
      dims: [ids.length, kvHeads, 0, headWidth],
    };
    const outputs = await session.run({
      input_ids: tensor,
      attention_mask: { type: 'int64', data: mask, dims: [ids.length, seen] },
      ...Object.fromEntries(names.map((name) => [`past.${name}`, cache?.tensors[name] ?? empty])),
    });
    const next: Cache = {
      lengths: ids.map(({ length }, text) => length + (cache?.lengths[text] ?? 0)),
      tensors: Object.fromEntries(names.map((name) => [name, outputs[`present.${name}`]!])),
      places,
      ...(turnsAnewBeyond === null
        ? {}
        : { texts: ids.map((now, text) => [...(cache?.texts?.[text] ?? []), ...now]) }),
    };
    return { logits: outputs.logits!.data as Float32Array, cache: next };
  };

  return {
    vocabulary,
    turnsAnewBeyond,
    record: {
      level,
      graph: 'plain',
      plainBecause: because,
      roundedActivations: false,
      requantised: false,
      rescored: false,
    },
    async step(request) {
      const again = beginAgain(request, turnsAnewBeyond);
      const result = await run(again ?? request);
      if (!again || request.logits === 'last') return result;
      // Those before were told before.
      const { logits, cache } = result;
      return { logits: logits.slice(logits.length - request.ids[0]!.length * vocabulary), cache };
    },
    loop: null,
    async close() {
      for (const session of Object.values(sessions)) await (await session).close();
    },
  };
}

/** Tokens of LongRoPE's first context; null for models without it. */
function lengthOfShortFactors({ positions }: DecoderConfig): number | null {
  const scaling = positions.kind === 'rotary' ? positions.layers[0]?.scaling : null;
  return scaling?.kind === 'longrope' ? scaling.original : null;
}

/**
 * The same tokens as a request without a cache where one of the texts passes the length at which its angles change: keys in
 * the cache keep those they were made with, so that the texts would be turned in two ways. Reading them again is what
 * transformers' `generate` does. Null where the cache can be used.
 */
function beginAgain({ ids, cache, logits }: StepRequest, length: number | null): StepRequest | null {
  if (length === null || !cache?.texts) return null;
  const { texts } = cache;
  const passes = texts.some((text, t) => text.length <= length && text.length + ids[t]!.length > length);
  return passes ? { ids: ids.map((now, t) => [...texts[t]!, ...now]), cache: null, logits } : null;
}
