/** @file A decoder computed slowly in double precision, step by step from its weights: what every hook must hold. */
import { errorFunction } from '../../ops/functions';
import type { DecoderConfig, RotaryConfig } from './config';
import { decoderWeights, type BlockWeights, type LinearWeights, type NormWeights } from './decoder-weights';
import { rotaryFrequencies } from './rotary-frequencies';
import { WeightBook } from './weight-book';
import type { WeightSource } from './weights';

/**
 * The values of every hook for one text, by id: [tokens, …shape of the hook], of patterns [heads, tokens, tokens].
 * It shares no arithmetic with the graph, so that an operator, a packing or an order of rows that is wrong there shows. Of a
 * file whose heads turn neighbouring units, the patterns and everything after them come from its rows as they lie there: they
 * do not depend on that order, so that an import that did not undo it shows too.
 * A text of T tokens costs about T times the parameters in multiplications: keep it short.
 * @throws `checkpoint-shape`, and the codes of the file
 */
export async function decoderReference(
  config: DecoderConfig,
  source: WeightSource,
  ids: readonly number[],
): Promise<ReadonlyMap<string, Float64Array>> {
  return new Reference(config, source, ids.length).values(ids);
}

type Values = Float64Array<ArrayBuffer>;

class Reference {
  readonly #book: WeightBook;
  readonly #config: DecoderConfig;
  readonly #tokens: number;
  readonly #hooks = new Map<string, Values>();

  constructor(config: DecoderConfig, source: WeightSource, tokens: number) {
    this.#book = new WeightBook(source);
    this.#config = config;
    this.#tokens = tokens;
  }

  async values(ids: readonly number[]): Promise<ReadonlyMap<string, Values>> {
    const { width, layers, embeddingScale, logitCap } = this.#config;
    const names = decoderWeights(this.#config, this.#book);
    const table = await this.#weight(names.embedding);
    let state: Values = new Float64Array(this.#tokens * width);
    ids.forEach((id, t) => {
      for (let m = 0; m < width; m += 1)
        state[t * width + m] = table[id * width + m]! * Math.fround(embeddingScale);
    });
    this.#hooks.set('embed', state);
    if (names.positions !== null) {
      const learned = await this.#weight(names.positions);
      state = state.map((value, at) => value + learned[at]!);
    }
    for (let layer = 0; layer < layers; layer += 1)
      state = await this.#block(names.block(layer), layer, state);
    const last = await this.#norm(state, width, names.norm());
    this.#hooks.set('norm_final', last);
    const logits = await this.#linear(last, { weight: names.head(), bias: null });
    this.#hooks.set('logits', capped(logits, logitCap));
    return this.#hooks;
  }

  async #block(weights: BlockWeights, layer: number, state: Values): Promise<Values> {
    const { width, parallel } = this.#config;
    const set = (role: string, values: Values) => this.#hooks.set(`${role}:${layer}`, values);
    const normed = async (role: string, from: Values, gains: NormWeights | null) => {
      if (gains === null) return from;
      const values = await this.#norm(from, width, gains);
      set(role, values);
      return values;
    };
    set('resid_pre', state);
    const input = await normed('norm_attn_in', state, weights.attentionIn);
    const mixed = await this.#linear(await this.#attention(weights, layer, input), weights.attentionOutput);
    const attended = weights.attentionOut ? await this.#norm(mixed, width, weights.attentionOut) : mixed;
    set('attn_out', attended);
    const middle = sum(state, attended);
    if (!parallel) set('resid_mid', middle);
    const inner = await normed('norm_mlp_in', parallel ? state : middle, weights.mlpIn);
    const gate = await this.#linear(inner, weights.gate ?? weights.up);
    set('mlp_gate', gate);
    const acted = gate.map(activations[this.#config.mlp]);
    const up = weights.gate ? await this.#linear(inner, weights.up) : null;
    const act = up ? acted.map((value, at) => value * up[at]!) : acted;
    set('mlp_act', act);
    const down = await this.#linear(act, weights.down);
    const out = weights.mlpOut ? await this.#norm(down, width, weights.mlpOut) : down;
    set('mlp_out', out);
    const after = sum(middle, out);
    set('resid_post', after);
    return after;
  }

  /** The heads' mixtures before the output map, [tokens, heads·headWidth]. */
  async #attention(weights: BlockWeights, layer: number, input: Values): Promise<Values> {
    const { heads, kvHeads, headWidth } = this.#config;
    const part = async (
      role: 'q' | 'k' | 'v',
      map: LinearWeights,
      count: number,
      gains: NormWeights | null,
    ) => {
      const plain = await this.#linear(input, map);
      this.#hooks.set(`${role}:${layer}`, plain);
      const size = this.#config.queryKeyNorm === 'head' ? headWidth : count * headWidth;
      const values = gains ? await this.#norm(plain, size, gains) : plain;
      if (role === 'v') return values;
      const stored = await this.#asStored(input, map);
      return stored ? this.#turned(stored, count, layer, true) : this.#turned(values, count, layer, false);
    };
    const q = await part('q', weights.query, heads, weights.queryNorm);
    const k = await part('k', weights.key, kvHeads, weights.keyNorm);
    const v = await part('v', weights.value, kvHeads, null);
    const tokens = this.#tokens;
    const pattern = new Float64Array(heads * tokens * tokens);
    const mixed = new Float64Array(tokens * heads * headWidth);
    for (let head = 0; head < heads; head += 1)
      for (let to = 0; to < tokens; to += 1)
        this.#attend({ q, k, v, pattern, mixed }, head, to, this.#config.windows[layer] ?? null);
    this.#hooks.set(`pattern:${layer}`, pattern);
    return mixed;
  }

  /** One head at one token: its shares of the tokens before, and their mixture. */
  #attend(
    { q, k, v, pattern, mixed }: Record<'q' | 'k' | 'v' | 'pattern' | 'mixed', Values>,
    head: number,
    to: number,
    window: number | null,
  ): void {
    const { heads, kvHeads, headWidth, attentionScale, attentionCap } = this.#config;
    const shared = Math.floor((head * kvHeads) / heads);
    const first = window === null ? 0 : Math.max(0, to - window + 1);
    const own = (to * heads + head) * headWidth;
    const of = (token: number) => (token * kvHeads + shared) * headWidth;
    const scores = Float64Array.from({ length: to + 1 - first }, (_, n) => {
      const there = of(first + n);
      let product = 0;
      for (let m = 0; m < headWidth; m += 1) product += q[own + m]! * k[there + m]!;
      const score = product * attentionScale;
      return attentionCap === null ? score : attentionCap * Math.tanh(score / attentionCap);
    });
    softmax(scores).forEach((share, n) => {
      pattern[(head * this.#tokens + to) * this.#tokens + first + n] = share;
      const there = of(first + n);
      for (let m = 0; m < headWidth; m += 1) mixed[own + m]! += share * v[there + m]!;
    });
  }

  /** Queries or keys with units in the file's own order; null where that is the usual one. */
  async #asStored(input: Values, { weight, bias }: LinearWeights): Promise<Values | null> {
    const { source } = this.#book;
    const { queryKeyNorm, positions, headWidth } = this.#config;
    const whole = positions.kind === 'rotary' && positions.layers.every(({ width }) => width === headWidth);
    if (!source.neighbourRows || queryKeyNorm !== null || !whole) return null;
    const offsets = bias === null ? null : await source.neighbourRows(bias);
    return product(input, await source.neighbourRows(weight), offsets, this.#tokens);
  }

  /** Pairs (i, i + width/2) of every head, or neighbours (2i, 2i + 1), turned by position · frequency. */
  #turned(values: Values, count: number, layer: number, neighbours: boolean): Values {
    const { headWidth, positions } = this.#config;
    if (positions.kind === 'learned') return values;
    const config: RotaryConfig = positions.layers[layer] ?? positions.layers[0]!;
    const { frequencies, long, attention } = rotaryFrequencies(config);
    const beyond = config.scaling?.kind === 'longrope' && this.#tokens > config.scaling.original;
    const table = beyond && long ? long : frequencies;
    const half = config.width / 2;
    const result = values.slice();
    for (let row = 0; row < this.#tokens * count; row += 1)
      for (let i = 0; i < half; i += 1) {
        const angle = Math.floor(row / count) * table[i]!;
        const [cos, sin] = [Math.cos(angle) * attention, Math.sin(angle) * attention];
        const at = row * headWidth + (neighbours ? 2 * i : i);
        const other = at + (neighbours ? 1 : half);
        const [a, b] = [values[at]!, values[other]!];
        result[at] = a * cos - b * sin;
        result[other] = b * cos + a * sin;
      }
    return result;
  }

  /** Over the last `size` values of every row. */
  async #norm(values: Values, size: number, { gain, bias }: NormWeights): Promise<Values> {
    const gains = await this.#weight(gain);
    const offsets = bias === null ? null : await this.#weight(bias);
    const result = new Float64Array(values.length);
    for (let from = 0; from < values.length; from += size) {
      const row = values.subarray(from, from + size);
      const mean = offsets ? row.reduce((total, value) => total + value, 0) / size : 0;
      const squares = row.reduce((total, value) => total + (value - mean) ** 2, 0) / size;
      const scale = 1 / Math.sqrt(squares + this.#config.epsilon);
      for (let m = 0; m < size; m += 1)
        result[from + m] = (row[m]! - mean) * scale * gains[m]! + (offsets?.[m] ?? 0);
    }
    return result;
  }

  async #linear(values: Values, { weight, bias }: LinearWeights): Promise<Values> {
    const offsets = bias === null ? null : await this.#weight(bias);
    return product(values, await this.#weight(weight), offsets, this.#tokens);
  }

  async #weight(name: string): Promise<Float32Array> {
    const bytes = await this.#book.read(name);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
}

/** values [tokens, inputs] · matrixᵀ [inputs, outputs] + offsets. */
function product(values: Values, matrix: Float32Array, offsets: Float32Array | null, tokens: number): Values {
  const inputs = values.length / tokens;
  const outputs = matrix.length / inputs;
  const result = new Float64Array(tokens * outputs);
  for (let o = 0; o < outputs; o += 1) {
    const row = matrix.subarray(o * inputs, (o + 1) * inputs);
    for (let t = 0; t < tokens; t += 1) {
      const base = t * inputs;
      let total = offsets?.[o] ?? 0;
      for (let m = 0; m < inputs; m += 1) total += row[m]! * values[base + m]!;
      result[t * outputs + o] = total;
    }
  }
  return result;
}

const activations: Readonly<Record<DecoderConfig['mlp'], (x: number) => number>> = {
  swiglu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + errorFunction(x / Math.SQRT2)),
  geluTanh,
  gegluTanh: geluTanh,
};

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function softmax(scores: Values): Values {
  const most = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - most));
  const total = shares.reduce((all, share) => all + share, 0);
  return shares.map((share) => share / total);
}

function sum(a: Values, b: Values): Values {
  return a.map((value, at) => value + b[at]!);
}

function capped(values: Values, cap: number | null): Values {
  return cap === null ? values : values.map((value) => cap * Math.tanh(value / cap));
}
