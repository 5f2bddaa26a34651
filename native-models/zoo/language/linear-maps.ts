/** @file The linear maps of a graph with hooks at a numeric level: widened, or from the checkpoint's own 4-bit integers without loss. */
import { MongeError } from '../../error';
import type { GraphBuilder } from '../../onnx/builder';
import { matrixForm, type NumericLevel } from './fast/level';
import { addMatrices } from './fast/matrices';
import { Projections } from './fast/projection';
import { linear, type LinearMaps } from './graph-parts';
import type { WeightBook } from './weight-book';

/**
 * Maps at fp32 or `4-bit-0`. At the latter those of matrices that lie in the checkpoint in blocks of 4 or 8 bits are products
 * with the same integers, equal to those with the decoded values up to the order of sums; everything else is as at fp32.
 * @throws `level-not-exact` for a level that rounds what passes through the model
 */
export function linearMaps(builder: GraphBuilder, book: WeightBook, level: NumericLevel): LinearMaps {
  if (level === 'fp32') return (...given) => linear(builder, ...given);
  if (level !== '4-bit-0') throw notExact(level);
  const products = new Projections(builder, level);
  const flattened = new Map<string, { rows: string; sizes: string }>();
  /** What goes into the maps as [rows, columns], and the sizes before its last axis. */
  const flat = (input: string, columns: number) => {
    const known = flattened.get(input);
    if (known) return known;
    const rows = builder.node('Reshape', [input, builder.constant('int64', [-1, columns])]);
    const sizes = builder.node('Shape', [input], { start: 0, end: -1 });
    const made = { rows, sizes };
    flattened.set(input, made);
    return made;
  };
  return (input, weights, name) => {
    const part = book.rowsOf(weights.weight);
    const columns = part ? book.source.shape(part.name)[1]! : 0;
    if (!part || matrixForm(book.source.type(part.name), columns, level).kind === 'fp32')
      return linear(builder, input, weights, name);
    const matrices = addMatrices(book, weights.weight, [part], level);
    const { rows, sizes } = flat(input, columns);
    const product = products.apply(rows, matrices, weights.bias);
    const shape = builder.node('Concat', [sizes, builder.constant('int64', [-1], [1])], { axis: 0 });
    return builder.node('Reshape', [product, shape], {}, name === undefined ? {} : { name });
  };
}

function notExact(level: NumericLevel): MongeError {
  return new MongeError({
    code: 'level-not-exact',
    blame: 'input',
    what: 'this level rounds what passes through the model, so what is seen inside would not be the model’s',
    where: { key: 'level' },
    got: level,
    expected: 'fp32 or 4-bit-0',
    help: '4-bit-4 is for chat only',
  });
}
