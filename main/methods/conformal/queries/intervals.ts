/** @file The set of a single target: intervals, drawn as bars of height 1. */
import type { Outline } from '../region/outline';
import { boxAround } from '../region/box';
import { depthsAt, type Box, type ScoredSet, type Units } from '../region/set';

const NODES = 2001;

/** Each piece as the ring of its bar; an edge lies where a straight line between two nodes meets the radius. */
export async function intervalsOf(set: ScoredSet, window: Box, { shift, unit }: Units): Promise<Outline> {
  const found = await boxAround(set, [0], [0], window);
  if (found.empty) return { rings: [], area: 0, clipped: false };
  const [low, high] = [found.box.low[0]!, found.box.high[0]!];
  const nodes = Float32Array.from({ length: NODES }, (_, k) => low + ((high - low) * k) / (NODES - 1));
  const depths = await depthsAt(set, nodes);
  const rings: Float32Array[] = [];
  let area = 0;
  const data = (value: number) => value * unit[0]! + shift[0]!;
  const edge = (inside: number, outside: number) => {
    if (outside < 0 || outside >= NODES) return nodes[inside]!;
    const fall = depths[inside]! - depths[outside]!;
    const share = Number.isFinite(fall) && fall > 0 ? depths[inside]! / fall : 0.5;
    return nodes[inside]! + share * (nodes[outside]! - nodes[inside]!);
  };
  for (let k = 0; k < NODES; k++) {
    if (!(depths[k]! >= 0)) continue;
    const first = k;
    while (k + 1 < NODES && depths[k + 1]! >= 0) k++;
    const [left, right] = [data(edge(first, first - 1)), data(edge(k, k + 1))];
    area += right - left;
    rings.push(Float32Array.of(left, 0, right, 0, right, 1, left, 1, left, 0));
  }
  return { rings, area, clipped: found.clipped };
}
