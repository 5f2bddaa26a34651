/** @file Both ends of a decoder: embeddings from the table as it is stored, and the output map, exact where exactness is asked for. */
import type { GraphBuilder } from '../../../onnx/builder';
import type { DecoderConfig } from '../config';
import { BLOCK, hasMinimum, isEightBit } from './block-forms';
import { addMatrices, type Matrix } from './matrices';
import type { NumericLevel } from './level';
import { Projections } from './projection';
import type { WeightList } from './weight-list';

/** Candidates that are scored again exactly. */
const RESCORED = 64;

/**
 * How the output map is computed. `level`: as the body. `rescored`: in 8 bits with rounded activations, the best 64 again
 * in fp32, so that ids are those of the exact map; for level 0, where ids and the best few count.
 */
export type HeadKind = 'level' | 'rescored';

export interface Vocabulary {
  /** ids [batch, tokens] to embeddings [batch·tokens, width]. */
  embed(graph: GraphBuilder, ids: string): string;
  /** Normed states [rows, width] to logits [rows, vocabulary]. */
  logits(graph: GraphBuilder, states: string): string;
  matrices: readonly Matrix[];
}

/** @throws `checkpoint-shape` */
export function vocabulary(
  weights: WeightList,
  config: DecoderConfig,
  level: NumericLevel,
  kind: HeadKind,
): Vocabulary {
  const { source, root } = weights;
  const table = `${root}embed_tokens.weight`;
  const size = [config.vocabulary, config.width] as const;
  weights.check(table, size);
  const output = config.tied ? table : 'lm_head.weight';
  weights.check(output, size);
  const exactEight = (name: string) =>
    isEightBit(source.type(name)) && !hasMinimum(source.type(name)) && config.width % BLOCK === 0;
  const rescored = kind === 'rescored' && level === '4-bit-0' && exactEight(output);
  const headLevel: NumericLevel = rescored ? '4-bit-4' : level;
  const matrices = addMatrices(weights, 'head', [{ name: output }], headLevel);
  const head = matrices[0];

  let embed: Vocabulary['embed'];
  if (level !== 'fp32' && exactEight(table)) {
    const shared = config.tied && head?.kind === 'eight' ? head : null;
    const rows = shared ?? addMatrices(weights, 'embedding', [{ name: table }], '4-bit-4')[0]!;
    embed = (graph, ids) =>
      widenedRows(graph, rows, graph.node('Reshape', [ids, flat(graph)]), [-1, config.width]);
  } else {
    const half = source.type(table) === 'F16';
    const values =
      config.tied && head?.kind === 'fp32'
        ? head.values
        : weights.add('embedding', half ? 'float16' : 'float32', size, async () =>
            half ? await source.bytes(table) : asBytes(await source.float32(table)),
          );
    const cast = half && values === 'embedding';
    embed = (graph, ids) => {
      const rows = graph.node('Gather', [values, graph.node('Reshape', [ids, flat(graph)])], { axis: 0 });
      return cast ? graph.node('Cast', [rows], { to: 1 }) : rows;
    };
  }
  return {
    embed,
    matrices,
    logits(graph, states) {
      const logits = new Projections(graph, headLevel).apply(states, matrices);
      return rescored ? rescore(graph, logits, states, head!) : logits;
    },
  };
}

/** The best 64 logits of each row in fp32, written over the rounded ones. */
function rescore(graph: GraphBuilder, logits: string, states: string, head: Matrix): string {
  const count = Math.min(RESCORED, head.rows);
  const [, best] = graph.nodeOf('TopK', [logits, graph.constant('int64', [count], [1])], [null, null], {
    axis: -1,
  });
  const rows = widenedRows(graph, head, best!, [-1, count, head.columns]);
  const column = graph.node('Unsqueeze', [states, graph.constant('int64', [2], [1])]);
  const scores = graph.node('MatMul', [rows, column]);
  const exact = graph.node('Squeeze', [scores, graph.constant('int64', [2], [1])]);
  return graph.node('ScatterElements', [logits, best!, exact], { axis: 1 });
}

/** Rows of an 8-bit table as numbers, (q − 128) d. */
function widenedRows(graph: GraphBuilder, table: Matrix, rows: string, shape: readonly number[]): string {
  const integers = graph.node('Gather', [table.values, rows], { axis: 0 });
  const scales = graph.node('Gather', [table.scales, rows], { axis: 0 });
  const numbers = graph.node('Sub', [
    graph.node('Cast', [integers], { to: 1 }),
    graph.constant('float32', [128]),
  ]);
  const scaled = graph.node('Mul', [
    numbers,
    graph.node('Unsqueeze', [scales, graph.constant('int64', [-1], [1])]),
  ]);
  return graph.node('Reshape', [scaled, graph.constant('int64', shape)]);
}

function flat(graph: GraphBuilder): string {
  return graph.constant('int64', [-1], [1]);
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
