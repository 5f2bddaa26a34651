/** @file The outline of a set of two targets, or of a slice through more: the drawn lines are the set's own border. */
import { boxAround } from './box';
import { crossingShare, ringsArea, traceRings, type Crossing } from './rings';
import { depthsAt, gridPoints, type Box, type ScoredSet, type Units } from './set';

const NODES = 200;
/** Scores looked at along each crossed edge. */
const ROUNDS = 4;
/** A bracket shrinks by at least this share where a straight line would meet its end. */
const LEAST_STEP = 0.1;
/** Times that a window is widened because a piece was found between the nodes of the first search. */
const MOST_WIDENINGS = 3;

export interface Outline {
  /** In data units: closed rings [k, 2], the last point equal to the first; holes by the even-odd rule. None for an empty set. */
  rings: Float32Array[];
  /** In data units; of what is drawn. */
  area: number;
  /** The set goes on beyond what is drawn. */
  clipped: boolean;
}

/**
 * Outline of the set in the plane of the targets `pair`, the others kept as in `at` [d] (standardised). The search starts
 * in `window`, the standardised limits of the pair, and is widened or narrowed to the set, see `boxAround`. On a grid of
 * 200 × 200 nodes marching squares finds the edges that the border crosses; where it does is then narrowed down by the
 * score itself, so that boxes keep their sides and step-like scores their steps.
 */
export async function outlineOf(
  set: ScoredSet,
  pair: readonly [number, number],
  at: ArrayLike<number>,
  window: Box,
  units: Units,
): Promise<Outline> {
  const found = await boxAround(set, at, pair, window);
  if (found.empty) return { rings: [], area: 0, clipped: false };
  let { box } = found;
  for (let widenings = 0; ; widenings++) {
    const points = gridPoints(at, pair, box, [NODES, NODES]);
    const depths = await depthsAt(set, points);
    const traced = traceRings(depths, NODES, NODES);
    const cut = traced.some((ring) => ring.some(({ outside }) => outside < 0));
    if (cut && !found.clipped && widenings < MOST_WIDENINGS) {
      box = widened(box);
      continue;
    }
    const rings = await settle(set, pair, points, depths, traced, units);
    return { rings, area: ringsArea(rings), clipped: cut };
  }
}

/** Moves every crossing to where the border is. */
async function settle(
  set: ScoredSet,
  pair: readonly [number, number],
  points: Float32Array,
  depths: Float64Array,
  traced: Crossing[][],
  units: Units,
): Promise<Float32Array[]> {
  const { d } = set;
  const edges = traced.flat().map(({ inside, outside }) => ({
    inside,
    outside,
    near: 0, // share of the way from the inner to the outer node up to which points are inside
    far: outside < 0 ? 0 : 1, // and from which they are outside
    inner: depths[inside]!,
    outer: outside < 0 ? -Infinity : depths[outside]!,
  }));
  const place = (edge: (typeof edges)[number], share: number, k: number) => {
    const start = points[edge.inside * d + k]!;
    return edge.outside < 0 ? start : start + share * (points[edge.outside * d + k]! - start);
  };
  const open = edges.filter((edge) => edge.outside >= 0);
  const trial = new Float32Array(open.length * d);
  for (let round = 0; round < ROUNDS; round++) {
    // A straight line first, then halves: either is slow for some scores.
    const shares = open.map((edge) => {
      const share = round % 2 === 0 ? crossingShare(edge.inner, edge.outer) : 0.5;
      return edge.near + (edge.far - edge.near) * Math.min(1 - LEAST_STEP, Math.max(LEAST_STEP, share));
    });
    for (const [index, edge] of open.entries())
      for (let k = 0; k < d; k++) trial[index * d + k] = place(edge, shares[index]!, k);
    const found = await depthsAt(set, trial);
    for (const [index, edge] of open.entries()) {
      const [share, depth] = [shares[index]!, found[index]!];
      // Exactly on the border, unless the score is as flat there as at the node.
      const met = depth === 0 && edge.inner > 0;
      if (depth < 0) [edge.far, edge.outer] = [share, depth];
      else [edge.near, edge.far, edge.inner] = [share, met ? share : edge.far, depth];
    }
  }
  let next = 0;
  return traced.map((ring) => {
    const line = new Float32Array(ring.length * 2);
    for (let at = 0; at < line.length; at += 2) {
      const edge = edges[next++]!;
      const share = edge.near + (edge.far - edge.near) * crossingShare(edge.inner, edge.outer);
      for (const [side, target] of pair.entries())
        line[at + side] = units.shift[target]! + units.unit[target]! * place(edge, share, target);
    }
    return line;
  });
}

function widened({ low, high }: Box): Box {
  return {
    low: low.map((value, k) => value - (high[k]! - value) / 4),
    high: high.map((value, k) => value + (value - low[k]!) / 4),
  };
}
