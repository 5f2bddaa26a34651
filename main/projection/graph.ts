/** @file The weighted graph of neighbours that UMAP and t-SNE lay out: a directed one made symmetric, in compressed rows. */
import type { Neighbours } from './neighbours';

/** Edges of a symmetric graph, each once, with head < tail and sorted by head, then tail. */
export interface SymmetricGraph {
  vertices: number;
  heads: Int32Array;
  tails: Int32Array;
  weights: Float32Array;
}

/**
 * The graph whose edge i–j weighs `join(w_ij, w_ji)`, for directed weights [rows, count] of the neighbours; a weight that is
 * not there is 0. Edges of weight 0 are left out.
 */
export function symmetricGraph(
  { places, count }: Pick<Neighbours, 'places' | 'count'>,
  weights: Float32Array,
  join: (there: number, back: number) => number,
): SymmetricGraph {
  const vertices = places.length / count;
  const back = incoming(places, count, vertices);
  const heads = new Int32Array(places.length);
  const tails = new Int32Array(places.length);
  const joined = new Float32Array(places.length);
  // Neighbour and position in one number: sorted without a comparing function, which would be most of the time.
  const order = new Float64Array(count);
  let edges = 0;
  const add = (head: number, tail: number, there: number, returning: number): void => {
    const weight = join(there, returning);
    if (tail <= head || !(weight > 0)) return;
    heads[edges] = head;
    tails[edges] = tail;
    joined[edges++] = weight;
  };
  for (let row = 0; row < vertices; row++) {
    const start = row * count;
    for (let k = 0; k < count; k++) order[k] = places[start + k]! * count + k;
    order.sort();
    let at = back.starts[row]!;
    const end = back.starts[row + 1]!;
    for (let k = 0; k < count;) {
      const tail = Math.floor(order[k]! / count);
      const entry = start + (order[k]! % count);
      const from = at < end ? back.rows[at]! : vertices;
      if (tail <= from) k++;
      if (tail < from) add(row, tail, weights[entry]!, 0);
      else if (from < tail) add(row, from, 0, weights[back.entries[at++]!]!);
      else add(row, tail, weights[entry]!, weights[back.entries[at++]!]!);
    }
    for (; at < end; at++) add(row, back.rows[at]!, 0, weights[back.entries[at]!]!);
  }
  return {
    vertices,
    heads: heads.slice(0, edges),
    tails: tails.slice(0, edges),
    weights: joined.slice(0, edges),
  };
}

/** For each vertex the rows that name it as a neighbour, ascending, and where they do. */
function incoming(places: Int32Array, count: number, vertices: number) {
  const starts = new Int32Array(vertices + 1);
  for (const place of places) starts[place + 1]!++;
  for (let k = 0; k < vertices; k++) starts[k + 1]! += starts[k]!;
  const next = starts.slice(0, vertices);
  const rows = new Int32Array(places.length);
  const entries = new Int32Array(places.length);
  for (let entry = 0; entry < places.length; entry++) {
    const slot = next[places[entry]!]!++;
    rows[slot] = Math.floor(entry / count);
    entries[slot] = entry;
  }
  return { starts, rows, entries };
}
