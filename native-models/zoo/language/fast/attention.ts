/**
 * @file Attention with caches: by the runtime's fused operator, or for one token after a long text by products with a part
 * of the caches that stays where it is.
 *
 * The fused operator writes whole caches anew with every token. Of a long text that is most of the time, so its first
 * tokens may be handed over apart: `settled` keys and values are only read, and what is written are the recent ones.
 */
import { GraphBuilder } from '../../../onnx/builder';
import type { DecoderConfig } from '../config';

const FUSED = 'com.microsoft';

export interface CacheNames {
  key: string;
  value: string;
}

/** What the attention of all layers of one step reads. */
export interface AttentionInputs {
  /** Token ids [batch, tokens], for their shape. */
  ids: string;
  /** Tokens of each text so far, the new ones included, less one: int32 [batch]. */
  lengths: string;
  /** Tokens of the longest text so far: int32 scalar. */
  total: string;
  /** Caches by layer [batch, heads, tokens, width]; null without. */
  past: readonly CacheNames[] | null;
  /**
   * Caches of the tokens before those in `past`, as `past`; of no tokens where there are none. With them all texts are
   * equally long, and in a step of several tokens there is nothing in `past`. Null where they are never given.
   */
  settled?: readonly CacheNames[] | null;
}

/** Queries, keys and values of new tokens [batch, tokens, …] side by side, or each. */
export type NewTokens = { packed: string } | { queries: string; keys: string; values: string };

export interface Attended {
  /** [batch·tokens, heads·width]. */
  rows: string;
  /** Without what is settled. */
  present: CacheNames;
}

/** Whether the first tokens of a long text can be handed over apart: not where layers look back a part of the way only. */
export function canSettle({ windows }: DecoderConfig): boolean {
  return windows.every((window) => window === null);
}

/** Makes the nodes of attention, layer by layer. */
export class Attention {
  readonly #graph: GraphBuilder;
  readonly #config: DecoderConfig;
  readonly #inputs: AttentionInputs;
  readonly #step: SettledStep | null;

  constructor(graph: GraphBuilder, config: DecoderConfig, inputs: AttentionInputs) {
    this.#graph = graph;
    this.#config = config;
    this.#inputs = inputs;
    this.#step = inputs.settled ? settledStep(graph, inputs) : null;
  }

  /** `tables` are cosines and sines by position; `present` names the new caches. */
  apply(
    layer: number,
    tokens: NewTokens,
    tables: { cos: string; sin: string },
    present?: CacheNames,
  ): Attended {
    const step = this.#step;
    const past = this.#inputs.past?.[layer];
    if (step === null) return this.#fused(this.#graph, layer, tokens, tables, past, present);
    // Most steps are short: they take the first way out.
    return eitherOf(this.#graph, step.isSettled, `settled_${layer}`, present, {
      yes: (graph) =>
        eitherOf(graph, step.isOne, `one_${layer}`, undefined, {
          yes: (inner) => this.#long(inner, layer, tokens, tables, step),
          no: (inner) => this.#piece(inner, layer, tokens, tables, step),
        }),
      no: (graph) => this.#fused(graph, layer, tokens, tables, past),
    });
  }

  #fused(
    graph: GraphBuilder,
    layer: number,
    tokens: NewTokens,
    { cos, sin }: { cos: string; sin: string },
    past: CacheNames | undefined,
    present?: CacheNames,
  ): Attended {
    const { heads, kvHeads, headWidth, attentionScale, windows } = this.#config;
    const { lengths, total } = this.#inputs;
    const attended =
      'packed' in tokens ? [tokens.packed, '', ''] : [tokens.queries, tokens.keys, tokens.values];
    const [mixed, key, value] = graph.nodeOf(
      'GroupQueryAttention',
      [...attended, past?.key ?? '', past?.value ?? '', lengths, total, cos, sin],
      [null, present?.key ?? null, present?.value ?? null],
      {
        num_heads: heads,
        kv_num_heads: kvHeads,
        do_rotary: 1,
        rotary_interleaved: 0,
        scale: { float: attentionScale },
        local_window_size: windows[layer] ?? -1,
      },
      FUSED,
    );
    const rows = graph.node('Reshape', [mixed!, graph.constant('int64', [-1, heads * headWidth])]);
    return { rows, present: { key: key!, value: value! } };
  }

  /** Several tokens: whole caches are made, but only those of the new tokens kept. */
  #piece(
    graph: GraphBuilder,
    layer: number,
    tokens: NewTokens,
    tables: { cos: string; sin: string },
    { before }: SettledStep,
  ): Attended {
    const { rows, present } = this.#fused(graph, layer, tokens, tables, this.#inputs.settled![layer]);
    const end = graph.constant('int64', [2 ** 31 - 1], [1]);
    const newOf = (cache: string) =>
      graph.node('Slice', [cache, before, end, graph.constant('int64', [2], [1])]);
    return { rows, present: { key: newOf(present.key), value: newOf(present.value) } };
  }

  /** One token: its scores with settled and with recent keys side by side under one softmax. */
  #long(
    graph: GraphBuilder,
    layer: number,
    tokens: NewTokens,
    { cos, sin }: { cos: string; sin: string },
    { position, sizes }: SettledStep,
  ): Attended {
    const { heads, kvHeads, headWidth, attentionScale } = this.#config;
    const past = this.#inputs.past![layer]!;
    const settled = this.#inputs.settled![layer]!;
    const shaped = (value: string, ...shape: number[]) =>
      graph.node('Reshape', [value, graph.constant('int64', [-1, ...shape, headWidth])]);
    const turned = (value: string) =>
      graph.node('RotaryEmbedding', [value, position, cos, sin], {}, { domain: FUSED });
    const cut = (value: string, first: number, second: number) =>
      graph.nodeOf('Split', [value, graph.constant('int64', [first, second])], [null, null], { axis: 1 });
    let queries: string;
    let newKey: string;
    let newValue: string;
    if ('packed' in tokens) {
      const all = shaped(tokens.packed, heads + 2 * kvHeads, 1);
      const [queriesKeys, values] = cut(all, heads + kvHeads, kvHeads);
      [queries, newKey] = cut(turned(queriesKeys!), heads, kvHeads) as [string, string];
      newValue = values!;
    } else {
      queries = turned(shaped(tokens.queries, heads, 1));
      newKey = turned(shaped(tokens.keys, kvHeads, 1));
      newValue = shaped(tokens.values, kvHeads, 1);
    }
    // Heads that share keys become the rows of one product.
    const grouped = shaped(queries, kvHeads, heads / kvHeads);
    const key = graph.node('Concat', [past.key, newKey], { axis: 2 });
    const value = graph.node('Concat', [past.value, newValue], { axis: 2 });
    const scoresWith = (keys: string) =>
      graph.node(
        'FusedMatMul',
        [grouped, keys],
        { transB: 1, alpha: { float: attentionScale } },
        { domain: FUSED },
      );
    const scores = graph.node('Concat', [scoresWith(settled.key), scoresWith(key)], { axis: 3 });
    const shares = graph.node('Softmax', [scores], { axis: -1 });
    const [before, recent] = graph.nodeOf('Split', [shares, sizes], [null, null], { axis: 3 });
    const mixed = graph.node('Add', [
      graph.node('MatMul', [before!, settled.value]),
      graph.node('MatMul', [recent!, value]),
    ]);
    const rows = graph.node('Reshape', [mixed, graph.constant('int64', [-1, heads * headWidth])]);
    return { rows, present: { key, value } };
  }
}

/** What steps with settled caches need besides, once for all layers. */
interface SettledStep {
  /** Whether anything is settled, and whether the step is of one token: bool scalars. */
  isSettled: string;
  isOne: string;
  /** The place of the new token, tokens settled, and those with the recent ones: int64 [1], [1], [2]. */
  position: string;
  before: string;
  sizes: string;
}

function settledStep(graph: GraphBuilder, { past, settled, total, ids }: AttentionInputs): SettledStep {
  const one = graph.constant('int64', [1], [1]);
  const sizeOf = (value: string, axis: number) =>
    graph.node('Gather', [graph.node('Shape', [value]), graph.constant('int64', [axis], [1])]);
  const before = sizeOf(settled![0]!.key, 2);
  const recent = graph.node('Add', [sizeOf(past![0]!.key, 2), one]);
  const whole = graph.node('Reshape', [graph.node('Cast', [total], { to: 7 }), one]);
  return {
    isSettled: graph.node('Squeeze', [graph.node('Greater', [before, graph.constant('int64', [0], [1])])]),
    isOne: graph.node('Squeeze', [graph.node('Equal', [sizeOf(ids, 1), one])]),
    position: graph.node('Sub', [whole, one]),
    ...{ before, sizes: graph.node('Concat', [before, recent], { axis: 0 }) },
  };
}

/** One of two ways, as the condition says. `name` must be another for every choice. */
function eitherOf(
  graph: GraphBuilder,
  condition: string,
  name: string,
  present: CacheNames | undefined,
  ways: Readonly<Record<'yes' | 'no', (graph: GraphBuilder) => Attended>>,
): Attended {
  const branch = (which: 'yes' | 'no') => {
    const inside = new GraphBuilder(`${name}_${which}`);
    const made = ways[which](inside);
    inside.output(made.rows, 'float32', ['rows', 'columns']);
    for (const cache of [made.present.key, made.present.value])
      inside.output(cache, 'float32', ['batch', 'heads', 'tokens', 'width']);
    return inside.graph(which);
  };
  const [rows, key, value] = graph.nodeOf(
    'If',
    [condition],
    [null, present?.key ?? null, present?.value ?? null],
    { then_branch: branch('yes'), else_branch: branch('no') },
  );
  return { rows: rows!, present: { key: key!, value: value! } };
}
