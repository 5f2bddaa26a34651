/** @file The outline of a set of one or two targets, or of a slice through more: the drawn lines are the set's own border. */
import { crossingShare, drawnRings, ringsArea, traceRings, type Crossing } from './rings';
import { boxAround, depthsAt, gridPoints, grown, type Box, type ScoredSet, type Units } from './set';

const NODES = 200;
/** Places along a single target at which its set is asked for. */
const INTERVAL_NODES = 2001;
/** Scores that are taken along each crossed edge. */
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

/** Of an empty set. */
export const NOTHING: Outline = { rings: [], area: 0, clipped: false };

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
  if (found.empty) return NOTHING;
  let { box } = found;
  for (let widenings = 0; ; widenings++) {
    const points = gridPoints(at, pair, box, [NODES, NODES]);
    const depths = await depthsAt(set, points);
    const traced = traceRings(depths, NODES, NODES);
    const cut = traced.some((ring) => ring.some(({ outside }) => outside < 0));
    if (cut && !found.clipped && widenings < MOST_WIDENINGS) {
      box = grown(box, (width) => width / 4);
      continue;
    }
    const rings = await settled(set, pair, points, depths, traced, units);
    return { rings, area: ringsArea(rings), clipped: cut };
  }
}

/** The rings, with every crossing moved to where the border is. */
async function settled(
  set: ScoredSet,
  pair: readonly [number, number],
  points: Float32Array,
  depths: Float64Array,
  traced: readonly Crossing[][],
  units: Units,
): Promise<Float32Array[]> {
  const { d } = set;
  const edges = traced.map((ring) =>
    ring.map(({ inside, outside }) => ({
      inside,
      outside,
      near: 0, // share of the way from the inner to the outer node up to which points are inside
      far: outside < 0 ? 0 : 1, // and from which they are outside
      inner: depths[inside]!,
      outer: outside < 0 ? -Infinity : depths[outside]!,
    })),
  );
  type Edge = (typeof edges)[number][number];
  const place = ({ inside, outside }: Edge, share: number, k: number) => {
    const start = points[inside * d + k]!;
    return outside < 0 ? start : start + share * (points[outside * d + k]! - start);
  };
  const open = edges.flat().filter(({ outside }) => outside >= 0);
  const trial = new Float32Array(open.length * d);
  for (let round = 0; round < ROUNDS; round++) {
    // A straight line first, then halves: either is slow for some scores.
    const shares = open.map(({ near, far, inner, outer }) => {
      const share = round % 2 === 0 ? crossingShare(inner, outer) : 0.5;
      return near + (far - near) * Math.min(1 - LEAST_STEP, Math.max(LEAST_STEP, share));
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
  return drawnRings(edges, pair, units, (edge, target) =>
    place(edge, edge.near + (edge.far - edge.near) * crossingShare(edge.inner, edge.outer), target),
  );
}

/**
 * The set of a single target as bars of height 1: each piece is the ring of its bar; an edge lies where a straight line between
 * two nodes meets the radius.
 */
export async function intervalsOf(set: ScoredSet, window: Box, { shift, unit }: Units): Promise<Outline> {
  const found = await boxAround(set, [0], [0], window);
  if (found.empty) return NOTHING;
  const nodes = gridPoints([0], [0], found.box, [INTERVAL_NODES]);
  const depths = await depthsAt(set, nodes);
  const edge = (inside: number, outside: number) => {
    if (outside < 0 || outside >= INTERVAL_NODES) return nodes[inside]!;
    const fall = depths[inside]! - depths[outside]!;
    const share = Number.isFinite(fall) && fall > 0 ? depths[inside]! / fall : 0.5;
    return nodes[inside]! + share * (nodes[outside]! - nodes[inside]!);
  };
  const rings: Float32Array[] = [];
  let area = 0;
  for (let k = 0; k < INTERVAL_NODES; k++) {
    if (!(depths[k]! >= 0)) continue;
    const first = k;
    while (k + 1 < INTERVAL_NODES && depths[k + 1]! >= 0) k++;
    const [left, right] = [edge(first, first - 1), edge(k, k + 1)].map(
      (value) => shift[0]! + unit[0]! * value,
    ) as [number, number];
    area += right - left;
    rings.push(Float32Array.of(left, 0, right, 0, right, 1, left, 1, left, 0));
  }
  return { rings, area, clipped: found.clipped };
}
