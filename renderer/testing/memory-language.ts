/** @file A language model of the engine in memory: looks, lenses, attention and words of a tiny random decoder. */
import type {
  Direction,
  HookCertificate,
  LanguageAttention,
  LanguageFacts,
  LanguageLens,
  LanguageLook,
  LikelyToken,
  LookRequest,
} from '../../main/rpc/contract';
import { EngineError } from '../engine/error';
import type { MemoryDecoder } from './memory-decoder';
import { stateOf, type DecoderSize } from './memory-decoder';

const roles = [
  'resid_pre',
  'norm_attn_in',
  'q',
  'k',
  'v',
  'pattern',
  'attn_out',
  'resid_mid',
  'norm_mlp_in',
  'mlp_gate',
  'mlp_act',
  'mlp_out',
  'resid_post',
];

/** Facts of a decoder of this size. */
export function languageFacts({ layers, heads, width }: DecoderSize): LanguageFacts {
  const shapeOf = (role: string): (number | string)[] => {
    if (role === 'pattern') return [heads, 'T', 'T'];
    if (['q', 'k', 'v'].includes(role)) return [heads, width / heads];
    return [role.startsWith('mlp_') && role !== 'mlp_out' ? 4 * width : width];
  };
  const outside = (role: string, size: number) => ({ id: role, role, layer: null, shape: [size] });
  return {
    ...{ kind: 'decoder', family: 'llama', layers, width, heads, kvHeads: heads },
    ...{ headWidth: width / heads, hidden: 4 * width, vocabulary: 32_000, context: 2048, parameters: 61_440 },
    weights: [{ type: 'Q4_1', tensors: 7 * layers, bytes: 40_960 }],
    tokenizer: { kind: 'words', missing: null },
    chatTemplate: true,
    hooks: [
      outside('embed', width),
      ...Array.from({ length: layers }, (_, layer) =>
        roles.map((role) => ({ id: `${role}:${layer}`, role, layer, shape: shapeOf(role) })),
      ).flat(),
      outside('norm_final', width),
      outside('logits', 512),
    ],
    licence: 'Apache-2.0',
    levels: [
      { id: 'fp32', available: true, says: 'Weights decoded to fp32: for capture, lens, probes and parity.' },
      { id: '4-bit-0', available: true, says: 'Stored 4-bit weights, fp32 activations: for the same uses.' },
      { id: '4-bit-4', available: true, says: 'Activations rounded to 8 bits: for chat only.' },
    ],
    level: '4-bit-0',
    openMilliseconds: 1180,
  };
}

/** What certification finds: all hooks pass, but for three patterns that are degraded and one hook that is wrong. */
export function certificatesOf({ hooks, layers }: LanguageFacts, only = true): HookCertificate[] {
  const weak = [2, layers - 1].map((layer) => `pattern:${layer}`);
  const wrong = `norm_mlp_in:${Math.min(1, layers - 1)}`;
  return hooks.map(({ id }) => {
    const check = { name: 'perturbation', value: 0.001, tolerance: 0.05, ok: true, says: 'Pushed by 1e-2.' };
    if (!only) return { hook: id, verdict: 'unchecked', reason: '', checks: [] };
    if (id === wrong)
      return {
        ...{ hook: id, verdict: 'wrong', checks: [{ ...check, value: 0, ok: false }] },
        reason: 'Perturbed by 1e-2, logits unmoved: the hook is dead. Values are not captured.',
      };
    if (weak.includes(id))
      return {
        ...{ hook: id, verdict: 'degraded', checks: [{ ...check, value: 0.0021, ok: false }] },
        reason: 'Recomputed beside the fused attention: off by 2.1e-3, tolerance 1e-3.',
      };
    return { hook: id, verdict: 'passes', reason: '', checks: [check] };
  });
}

/** Likeliest first. */
export function likeliest(model: MemoryDecoder, logs: Float64Array, top: number): LikelyToken[] {
  return Array.from(logs, (log, id) => ({ id, text: model.vocabulary[id]!, probability: Math.exp(log) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
}

const noiseOf = { fp32: 0, '4-bit-0': 0.02, '4-bit-4': 0.08 } as const;
const most = 2048;

/** Answers a look at the residual states. @throws `text-empty`, `hook-unknown` */
export function look(model: MemoryDecoder, { text, level, measure, role }: LookRequest): LanguageLook {
  const { layers, width } = model.size;
  const all = model.tokens(text);
  const tokens = all.slice(0, most);
  if (tokens.length === 0) throw new EngineError({ code: 'text-empty', what: 'there is no text to look at' });
  if (!role.startsWith('resid'))
    throw new EngineError({ code: 'hook-unknown', what: 'this model in memory has residual states only' });
  const ids = tokens.map(({ id }) => id);
  const passed = model.pass(ids, noiseOf[level]);
  const rows = Array.from({ length: layers + 1 }, (_, row) => ({
    hook: row === 0 ? 'embed' : `resid_post:${row - 1}`,
    layer: row === 0 ? null : row - 1,
  }));
  const cells = (value: (state: Float64Array, row: number, token: number) => number): Float32Array =>
    Float32Array.from({ length: rows.length * tokens.length }, (_, at) => {
      const [row, token] = [Math.floor(at / tokens.length), at % tokens.length];
      return value(stateOf(passed, row, token, width), row, token);
    });
  const norms = cells((state) => Math.hypot(...state));
  const logs = tokens.map((_, t) => model.next(stateOf(passed, layers, t, width)));
  const rest = {
    ...{ tokens, leftOut: all.length - tokens.length, rows, norms, level, milliseconds: 41 },
    next: logs.map((log) => likeliest(model, log, 1)[0]!),
    logProbabilities: Float32Array.from(ids, (id, t) => (t === 0 ? NaN : logs[t - 1]![id]!)),
  };
  if (measure.kind === 'norm')
    return { ...rest, values: norms, scale: 'log', label: 'norm', formula: '‖h‖₂ of the state' };
  if (measure.kind === 'cosine') {
    const { direction } = measure;
    const values = cells((state, row) => cosine(state, directionAt(model, direction, row)));
    return {
      ...rest,
      values,
      scale: 'diverging',
      label: 'cosine',
      formula: `cos(h, d), d = ${direction.name}`,
    };
  }
  const otherIds = measure.kind === 'text' ? model.tokens(measure.other).map(({ id }) => id) : ids;
  const other = model.pass(
    otherIds,
    measure.kind === 'level' ? noiseOf[measure.other] : noiseOf[level] + 0.1,
  );
  const values = cells((state, row, token) => {
    if (token >= otherIds.length) return NaN;
    const there = stateOf(other, row, token, width);
    return Math.hypot(...state.map((value, unit) => value - there[unit]!)) / Math.hypot(...state);
  });
  return { ...rest, values, scale: 'linear', label: 'relative difference', formula: '‖h − h′‖₂ / ‖h‖₂' };
}

function directionAt(model: MemoryDecoder, direction: Direction, row: number): ArrayLike<number> {
  const { width } = model.size;
  const mean = (texts: readonly string[]): Float64Array => {
    const ends = texts.map((text) => {
      const ids = model.tokens(text).map(({ id }) => id);
      return stateOf(model.pass(ids), row, ids.length - 1, width);
    });
    return Float64Array.from({ length: width }, (_, unit) =>
      ends.reduce((sum, end) => sum + end[unit]! / ends.length, 0),
    );
  };
  switch (direction.kind) {
    case 'token':
      return model.output(model.idOf(direction.text));
    case 'texts': {
      const rest = mean(direction.rest);
      return mean(direction.of).map((value, unit) => value - rest[unit]!);
    }
    case 'cell': {
      const passed = model.pass(model.tokens(direction.text).map(({ id }) => id));
      return stateOf(passed, direction.layer === null ? 0 : direction.layer + 1, direction.position, width);
    }
    case 'vector':
      return direction.values;
  }
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = Array.from(a).reduce((sum, value, unit) => sum + value * b[unit]!, 0);
  return dot / (Math.hypot(...Array.from(a)) * Math.hypot(...Array.from(b)));
}

/** What the model would say after each block. */
export function lens(model: MemoryDecoder, text: string, position: number, top: number): LanguageLens {
  const { layers, width } = model.size;
  const passed = model.pass(
    model
      .tokens(text)
      .slice(0, most)
      .map(({ id }) => id),
    noiseOf['4-bit-0'],
  );
  const final = model.next(stateOf(passed, layers, position, width));
  const said = likeliest(model, final, 1)[0]!.id;
  const rows = Array.from({ length: layers + 1 }, (_, row) => {
    const logs = model.next(stateOf(passed, row, position, width));
    const best = likeliest(model, logs, top);
    return {
      ...{
        hook: row === 0 ? 'embed' : `resid_post:${row - 1}`,
        layer: row === 0 ? null : row - 1,
        top: best,
      },
      finalProbability: Math.exp(logs[said]!),
      entropy: -logs.reduce((sum, log) => sum + Math.exp(log) * log, 0),
      divergence: final.reduce((sum, log, id) => sum + Math.exp(log) * (log - logs[id]!), 0),
      agrees: best[0]!.id === said,
    };
  });
  return { position, rows, level: '4-bit-0', milliseconds: 9 };
}

/** Patterns of a block, reduced to `cells` a side. */
export function attention(
  model: MemoryDecoder,
  text: string,
  layer: number,
  cells: number,
  heads = Array.from({ length: model.size.heads }, (_, head) => head),
): LanguageAttention {
  const tokens = model.tokens(text).slice(0, most);
  const { patterns } = model.pass(
    tokens.map(({ id }) => id),
    noiseOf['4-bit-0'],
  );
  const tokensPerCell = Math.ceil(tokens.length / cells);
  const side = Math.ceil(tokens.length / tokensPerCell);
  const values = new Float32Array(heads.length * side * side);
  const entropy = new Float32Array(heads.length);
  heads.forEach((head, h) => {
    const pattern = patterns[layer]!.subarray(head * tokens.length ** 2);
    for (let t = 0; t < tokens.length; t++)
      for (let s = 0; s <= t; s++) {
        const share = pattern[t * tokens.length + s]!;
        const at = (h * side + Math.floor(t / tokensPerCell)) * side + Math.floor(s / tokensPerCell);
        values[at] = Math.max(values[at]!, share);
        if (share > 0) entropy[h]! -= (share * Math.log(share)) / tokens.length;
      }
  });
  return { layer, heads, tokens, side, values, tokensPerCell, entropy, milliseconds: 12 };
}
