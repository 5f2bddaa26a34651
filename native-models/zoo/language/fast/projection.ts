/** @file Products of tokens with matrices in their forms; blocks' sums are shared by all products of one value. */
import type { GraphBuilder } from '../../../onnx/builder';
import { BLOCK } from './block-forms';
import { accuracyLevel, type NumericLevel } from './level';
import type { Matrix } from './matrices';

const FUSED = 'com.microsoft';

/** Makes the nodes of products at one level. */
export class Projections {
  readonly #graph: GraphBuilder;
  readonly #accuracy: 0 | 4;
  readonly #sums = new Map<string, string>();

  constructor(graph: GraphBuilder, level: NumericLevel) {
    this.#graph = graph;
    this.#accuracy = accuracyLevel(level);
  }

  /** x [tokens, columns] times the matrices, their rows side by side: [tokens, rows]. `bias` [rows]. */
  apply(x: string, matrices: readonly Matrix[], bias: string | null = null): string {
    const parts = matrices.map((matrix) => this.#product(x, matrix, matrices.length === 1 ? bias : null));
    if (parts.length === 1) return parts[0]!;
    const all = this.#graph.node('Concat', parts, { axis: 1 });
    return bias === null ? all : this.#graph.node('Add', [all, bias]);
  }

  #product(x: string, matrix: Matrix, bias: string | null): string {
    const { kind, values, scales, low, lowScales, lowZeros, rows, columns } = matrix;
    const graph = this.#graph;
    if (kind === 'fp32')
      return graph.node('Gemm', bias === null ? [x, values] : [x, values, bias], { transB: 1 });
    const quantised = (integers: string, steps: string, bits: number, zero: string | null) =>
      graph.node(
        'MatMulNBits',
        zero === null ? [x, integers, steps] : [x, integers, steps, zero],
        { K: columns, N: rows, bits, block_size: BLOCK, accuracy_level: this.#accuracy },
        { domain: FUSED },
      );
    let product = quantised(values, scales, kind === 'eight' ? 8 : 4, null);
    if (kind === 'two-four') product = graph.node('Add', [product, quantised(low, lowScales, 4, lowZeros)]);
    if (matrix.minimum)
      product = graph.node('Gemm', [this.#blockSums(x, columns), matrix.offsets, product], { transB: 1 });
    return bias === null ? product : graph.node('Add', [product, bias]);
  }

  /** Σ of every 32 values: [tokens, columns / 32]. */
  #blockSums(x: string, columns: number): string {
    const known = this.#sums.get(x);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const shape = graph.constant('int64', [-1, columns / BLOCK, BLOCK]);
    const blocks = graph.node('Reshape', [x, shape]);
    const sums = graph.node('ReduceSum', [blocks, graph.constant('int64', [2], [1])], { keepdims: 0 });
    this.#sums.set(x, sums);
    return sums;
  }
}
