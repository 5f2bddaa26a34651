/** @file The ONNX programs of projections: products of centred rows, and the nearest of all rows. */
import { encodeModel } from '../../native-models';
import { GraphBuilder } from '../../native-models/onnx/builder';

const OPSET = 21;
const IR_VERSION = 10;

/** Rows a block holds where each has `columns` numbers: about 16 MB. */
export const blockRows = (columns: number): number =>
  Math.max(64, Math.min(8192, Math.floor(2 ** 22 / columns)));

/** x [rows, columns], mean [columns], scale [] → covariance [columns, columns], the sum of squares of (x − mean)·scale. */
export function squareProgram(columns: number): Uint8Array {
  return program((graph) => {
    const centred = centredRows(graph, columns);
    graph.node('Gemm', [centred, centred], { transA: 1 }, { name: 'product' });
    graph.output('product', 'float32', [columns, columns]);
  });
}

/** x, mean, scale and directions [columns, count] → product [columns, count]: Cᵀ(C·directions) with C = (x − mean)·scale. */
export function twiceProgram(columns: number, count: number): Uint8Array {
  return program((graph) => {
    const centred = centredRows(graph, columns);
    const directions = graph.input('directions', 'float32', [columns, count]);
    const once = graph.node('MatMul', [centred, directions]);
    graph.node('Gemm', [centred, once], { transA: 1 }, { name: 'product' });
    graph.output('product', 'float32', [columns, count]);
  });
}

/** x, mean, scale and directions [columns, count] → product [rows, count]: (x − mean)·scale on each direction. */
export function scoreProgram(columns: number, count: number): Uint8Array {
  return program((graph) => {
    const centred = centredRows(graph, columns);
    const directions = graph.input('directions', 'float32', [columns, count]);
    graph.node('MatMul', [centred, directions], {}, { name: 'product' });
    graph.output('product', 'float32', ['rows', count]);
  });
}

/**
 * queries [rows, columns] with a last column of ones, table [columns, m] whose last row is −½‖y‖² → places [rows, count] of the
 * largest products in each row, which are the nearest rows of the table.
 */
export function nearestProgram(columns: number, count: number): Uint8Array {
  return program((graph) => {
    const queries = graph.input('queries', 'float32', ['rows', columns]);
    const table = graph.input('table', 'float32', [columns, 'm']);
    const products = graph.node('MatMul', [queries, table]);
    const wanted = graph.constant('int64', [count], [1]);
    const [, places] = graph.nodeOf('TopK', [products, wanted], [null, null], {
      axis: 1,
      largest: 1,
      sorted: 0,
    });
    graph.node('Cast', [places!], { to: 6 }, { name: 'places' });
    graph.output('places', 'int32', ['rows', count]);
  });
}

function centredRows(graph: GraphBuilder, columns: number): string {
  const x = graph.input('x', 'float32', ['rows', columns]);
  const mean = graph.input('mean', 'float32', [columns]);
  const scale = graph.input('scale', 'float32', []);
  return graph.node('Mul', [graph.node('Sub', [x, mean]), scale]);
}

function program(build: (graph: GraphBuilder) => void): Uint8Array {
  const graph = new GraphBuilder();
  build(graph);
  return encodeModel({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: OPSET }],
    graph: graph.graph('projection'),
  });
}
