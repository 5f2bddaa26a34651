/** @file The surface of a set of three targets as a mesh of triangles. */
import isosurface from 'isosurface';
import { crossingShare } from './rings';
import { boxAround, depthsAt, gridPoints, type Box, type ScoredSet, type Units } from './set';

/** Nodes along each axis of the coarse grid; the fine one has a node between any two of these. */
const COARSE = 33;
const FINE = 2 * COARSE - 1;
const AXES = [0, 1, 2] as const;

/**
 * Marching cubes (Lorensen and Cline 1987) on a grid of 65³ nodes in the box that `boxAround` finds from `guess`. Scores
 * are taken at every second node, and at those between where a neighbouring cube of every second node holds the border;
 * parts thinner than a 32nd of the box can be missed. Empty arrays for an empty set; the mesh is open where the set goes
 * on beyond what is drawn.
 */
export async function surfaceOf(set: ScoredSet, guess: Box, units: Units) {
  const origin = new Float64Array(3);
  const found = await boxAround(set, origin, AXES, guess);
  if (found.empty) return { positions: new Float32Array(0), triangles: new Uint32Array(0) };
  const depths = await fineDepths(set, found.box);
  const { positions, cells } = isosurface.marchingCubes([FINE, FINE, FINE], (x, y, z) =>
    // Signs alone, and a constant size: where an edge is crossed is said below.
    depths[(z * FINE + y) * FINE + x]! >= 0 ? 1 : -1,
  );
  return mesh(positions, cells, depths, found.box, units);
}

async function fineDepths(set: ScoredSet, box: Box): Promise<Float64Array> {
  const coarse = await depthsAt(set, gridPoints(new Float64Array(3), AXES, box, [COARSE, COARSE, COARSE]));
  const depths = new Float64Array(FINE ** 3);
  const wanted = wantedNodes(coarse);
  const nodes: number[] = [];
  for (let node = 0; node < depths.length; node++) {
    const [x, y, z] = coordinates(node, FINE);
    const isCoarse = x % 2 === 0 && y % 2 === 0 && z % 2 === 0;
    // Away from the border the nearest coarse node below has the same sign.
    depths[node] = coarse[((z >> 1) * COARSE + (y >> 1)) * COARSE + (x >> 1)]!;
    if (!isCoarse && wanted[node] === 1) nodes.push(node);
  }
  const points = new Float32Array(nodes.length * 3);
  for (const [index, node] of nodes.entries())
    for (const [k, step] of coordinates(node, FINE).entries())
      points[index * 3 + k] = box.low[k]! + ((box.high[k]! - box.low[k]!) * step) / (FINE - 1);
  const found = await depthsAt(set, points);
  for (const [index, node] of nodes.entries()) depths[node] = found[index]!;
  return depths;
}

/** Fine nodes in or beside coarse cubes whose corners differ in sign: 1. */
function wantedNodes(coarse: Float64Array): Uint8Array {
  const wanted = new Uint8Array(FINE ** 3);
  const cubes = COARSE - 1;
  for (let cube = 0; cube < cubes ** 3; cube++) {
    const [x, y, z] = coordinates(cube, cubes);
    let inside = 0;
    for (let corner = 0; corner < 8; corner++) {
      const node = ((z + (corner >> 2)) * COARSE + y + ((corner >> 1) & 1)) * COARSE + x + (corner & 1);
      if (coarse[node]! >= 0) inside++;
    }
    if (inside === 0 || inside === 8) continue;
    const range = (at: number): [number, number] => [Math.max(0, 2 * at - 2), Math.min(FINE - 1, 2 * at + 4)];
    const [[x0, x1], [y0, y1], [z0, z1]] = [range(x), range(y), range(z)];
    for (let k = z0; k <= z1; k++)
      for (let j = y0; j <= y1; j++)
        wanted.fill(1, (k * FINE + j) * FINE + x0, (k * FINE + j) * FINE + x1 + 1);
  }
  return wanted;
}

/**
 * Shares vertices between cubes, moves them to where the depth is 0, and turns to data units: `positions` [n, 3], and
 * `triangles` [t, 3] of their rows, anticlockwise seen from outside.
 */
function mesh(
  corners: readonly [number, number, number][],
  cells: readonly [number, number, number][],
  depths: Float64Array,
  box: Box,
  units: Units,
) {
  const rows = new Map<number, number>();
  const positions: number[] = [];
  // With depths of ±1 every vertex is the middle of an edge: twice its coordinates are whole, and name it.
  const rowOf = corners.map(([x, y, z]) => {
    const key = (Math.round(2 * z) * 2 * FINE + Math.round(2 * y)) * 2 * FINE + Math.round(2 * x);
    const known = rows.get(key);
    if (known !== undefined) return known;
    const before = [x, y, z].map(Math.floor);
    const after = [x, y, z].map(Math.ceil);
    const [first, second] = [before, after].map(([i, j, k]) => depths[(k! * FINE + j!) * FINE + i!]!);
    const share = first! >= 0 ? crossingShare(first!, second!) : 1 - crossingShare(second!, first!);
    for (const k of AXES) {
      const step = before[k]! + share * (after[k]! - before[k]!);
      const value = box.low[k]! + ((box.high[k]! - box.low[k]!) * step) / (FINE - 1);
      positions.push(units.shift[k]! + units.unit[k]! * value);
    }
    rows.set(key, rows.size);
    return rows.size - 1;
  });
  // The package has the positive side outside.
  const triangles = cells.map(([a, b, c]) => [rowOf[a]!, rowOf[c]!, rowOf[b]!]);
  return { positions: Float32Array.from(positions), triangles: Uint32Array.from(triangles.flat()) };
}

function coordinates(node: number, size: number): [number, number, number] {
  return [node % size, Math.floor(node / size) % size, Math.floor(node / (size * size))];
}
