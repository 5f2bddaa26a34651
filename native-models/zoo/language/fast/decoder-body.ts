/**
 * @file The blocks of a decoder of the Llama kind from the runtime's fused operators: attention over grouped heads that
 * turns queries and keys itself, residual sum and norm in one node, products of queries, keys and values in one.
 *
 * Values are [tokens, width] with all tokens of all texts one below the other, so that a product is one Gemm; only
 * attention sees texts. Texts are padded on the right, and attention leaves the padding out.
 */
import type { GraphBuilder } from '../../../onnx/builder';
import type { DecoderConfig, RotaryConfig } from '../config';
import { bytesOf } from '../weight-book';
import { Attention, type AttentionInputs, type CacheNames, type NewTokens } from './attention';
import { addMatrices, type Matrix } from './matrices';
import type { NumericLevel } from './level';
import { Projections } from './projection';
import { rotaryTable } from './rotary-table';
import type { WeightList } from './weight-list';

const FUSED = 'com.microsoft';

export interface BodyInputs extends AttentionInputs {
  /** Embeddings [batch·tokens, width]. */
  embedded: string;
  /** Names for the caches with the new tokens; default: made up. */
  present?: readonly CacheNames[];
}

export interface BodyOutputs {
  /** State before the last perceptron and that perceptron's output, whose sum is the last state. */
  last: readonly [string, string];
  present: CacheNames[];
}

/** Matrices and vectors of one block. */
interface BlockMatrices {
  queryKeyValue: Matrix[];
  attentionOutput: Matrix[];
  gateUp: Matrix[];
  down: Matrix[];
}

/** The blocks of a decoder; `whyNotFast` must be null for it. @throws `checkpoint-shape` */
export function decoderBody(
  graph: GraphBuilder,
  weights: WeightList,
  config: DecoderConfig,
  level: NumericLevel,
  inputs: BodyInputs,
): BodyOutputs {
  const { width, heads, kvHeads, headWidth } = config;
  const project = new Projections(graph, level);
  const attention = new Attention(graph, config, inputs);
  const epsilon = { epsilon: { float: config.epsilon } };
  const shape3 = graph.node(
    'Concat',
    [graph.node('Shape', [inputs.ids]), graph.constant('int64', [-1], [1])],
    {
      axis: 0,
    },
  );
  const flat = (columns: number) => graph.constant('int64', [-1, columns]);
  const queries = heads * headWidth;
  const keys = kvHeads * headWidth;
  const present: CacheNames[] = [];
  /** The state so far, and what is to be added to it. */
  let state = inputs.embedded;
  let branch: string | null = null;

  /** Adds the branch to the state; the normed sum. */
  const addAndNorm = (gain: string): string => {
    if (branch === null)
      return graph.node('SimplifiedLayerNormalization', [state, gain], { axis: -1, ...epsilon });
    const [normed, , , sum] = graph.nodeOf(
      'SkipSimplifiedLayerNormalization',
      [state, branch, gain],
      [null, '', '', null],
      epsilon,
      FUSED,
    );
    state = sum!;
    return normed!;
  };

  for (let layer = 0; layer < config.layers; layer++)
    graph.scope(`layer_${layer}`, () => {
      const at = `${weights.root}layers.${layer}.`;
      const { queryKeyValue, attentionOutput, gateUp, down } = blockMatrices(weights, config, level, at);
      const normed = addAndNorm(weights.vector(`${at}input_layernorm.weight`, width));
      const bias = config.biases.queryKeyValue ? joinedBias(weights, config, at) : null;
      const packed = project.apply(normed, queryKeyValue, bias);
      let tokens: NewTokens;
      if (config.queryKeyNorm === null) tokens = { packed: graph.node('Reshape', [packed, shape3]) };
      else {
        const sizes = graph.constant('int64', [queries, keys, keys]);
        const [q, k, v] = graph.nodeOf('Split', [packed, sizes], [null, null, null], { axis: 1 });
        const headNorm = (value: string, name: string) => {
          const perHead = graph.node('Reshape', [value, flat(headWidth)]);
          const gain = weights.vector(`${at}self_attn.${name}.weight`, headWidth);
          const scaled = graph.node('SimplifiedLayerNormalization', [perHead, gain], {
            axis: -1,
            ...epsilon,
          });
          // Rows of one token are neighbours, so one reshape puts heads and texts back.
          return graph.node('Reshape', [scaled, shape3]);
        };
        tokens = {
          queries: headNorm(q!, 'q_norm'),
          keys: headNorm(k!, 'k_norm'),
          values: graph.node('Reshape', [v!, shape3]),
        };
      }
      const tables = rotaryTables(weights, config, layer);
      const attended = attention.apply(layer, tokens, tables, inputs.present?.[layer]);
      present.push(attended.present);
      const { rows } = attended;
      branch = project.apply(
        rows,
        attentionOutput,
        config.biases.attentionOutput ? weights.vector(`${at}self_attn.o_proj.bias`, width) : null,
      );
      const mlpIn = addAndNorm(weights.vector(`${at}post_attention_layernorm.weight`, width));
      const both = project.apply(mlpIn, gateUp);
      const [gate, up] = graph.nodeOf('Split', [both], [null, null], { axis: 1, num_outputs: 2 });
      // x σ(α x) with α = 1 is SiLU, in one node.
      const activated = graph.node('QuickGelu', [gate!], { alpha: { float: 1 } }, { domain: FUSED });
      branch = project.apply(graph.node('Mul', [activated, up!]), down);
    });
  return { last: [state, branch!], present };
}

function blockMatrices(
  weights: WeightList,
  config: DecoderConfig,
  level: NumericLevel,
  at: string,
): BlockMatrices {
  const { width, heads, kvHeads, headWidth, hidden } = config;
  const queries = heads * headWidth;
  const keys = kvHeads * headWidth;
  const add = (name: string, parts: readonly (readonly [string, number, number])[]) => {
    for (const [part, rows, columns] of parts) weights.check(`${at}${part}.weight`, [rows, columns]);
    const rows = parts.map(([part]) => ({ name: `${at}${part}.weight` }));
    return addMatrices(weights, `${at}${name}`, rows, level);
  };
  return {
    queryKeyValue: add('qkv', [
      ['self_attn.q_proj', queries, width],
      ['self_attn.k_proj', keys, width],
      ['self_attn.v_proj', keys, width],
    ]),
    attentionOutput: add('o', [['self_attn.o_proj', width, queries]]),
    gateUp: add('gate_up', [
      ['mlp.gate_proj', hidden, width],
      ['mlp.up_proj', hidden, width],
    ]),
    down: add('down', [['mlp.down_proj', width, hidden]]),
  };
}

/** The biases of queries, keys and values behind each other. */
function joinedBias(weights: WeightList, { heads, kvHeads, headWidth }: DecoderConfig, at: string): string {
  const sizes = { q: heads * headWidth, k: kvHeads * headWidth, v: kvHeads * headWidth };
  const names = Object.entries(sizes).map(([part, size]) => {
    const name = `${at}self_attn.${part}_proj.bias`;
    weights.check(name, [size]);
    return name;
  });
  const size = sizes.q + sizes.k + sizes.v;
  return weights.add(`${at}qkv.bias`, 'float32', [size], async () => {
    const joined = new Float32Array(size);
    let end = 0;
    for (const name of names) {
      const values = await weights.source.float32(name);
      joined.set(values, end);
      end += values.length;
    }
    return bytesOf(joined);
  });
}

function rotaryTables(
  weights: WeightList,
  { positions, context, headWidth }: DecoderConfig,
  layer: number,
): { cos: string; sin: string } {
  const rotary = positions.kind === 'rotary' ? positions.layers[layer]! : null;
  const key = JSON.stringify(rotary);
  const dims = [context, headWidth / 2];
  const table = (part: 'cos' | 'sin') =>
    weights.add(`rotary.${part} ${key}`, 'float32', dims, () =>
      Promise.resolve(bytesOf(rotaryTable(rotary as RotaryConfig, context)[part])),
    );
  return { cos: table('cos'), sin: table('sin') };
}
