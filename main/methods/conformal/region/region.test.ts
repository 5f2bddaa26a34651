import { describe, expect, it } from 'vitest';
import { insideRings, ringsArea } from './rings';
import { outlineOf } from './outline';
import { depthsAt, gridPoints } from './set';
import { surfaceOf } from './surface';
import { ellipsoidScore, setOf, standardUnits } from './testing';
import { logBallVolume, logBoxVolume, logCubeVolume, logDiamondVolume, logEllipsoidVolume } from './volume';

const WINDOW = { low: [-3, -3], high: [3, 3] };
const AT = [0, 0];
const outline = (set: ReturnType<typeof setOf>, window = WINDOW) =>
  outlineOf(set, [0, 1], AT, window, standardUnits(2));

describe('outlines', () => {
  it('of a disc lie on its circle', async () => {
    const { rings, area, clipped } = await outline(setOf(2, 1.5, (y) => Math.hypot(y[0]! - 0.2, y[1]!)));
    expect(clipped).toBe(false);
    expect(rings).toHaveLength(1);
    const ring = rings[0]!;
    expect([ring.at(-2), ring.at(-1)]).toEqual([ring[0], ring[1]]);
    for (let at = 0; at < ring.length; at += 2)
      expect(Math.abs(Math.hypot(ring[at]! - 0.2, ring[at + 1]!) - 1.5)).toBeLessThan(1e-4);
    expect(area / (Math.PI * 2.25)).toBeCloseTo(1, 3);
    expect(insideRings(rings, 1.69, 0)).toBe(true);
    expect(insideRings(rings, 1.71, 0)).toBe(false);
  });

  it('have holes and pieces by the even-odd rule', async () => {
    // A ring of radii 1 and 2, and a disc of radius .25 in its middle.
    const score = (y: Float32Array) => {
      const radius = Math.hypot(y[0]!, y[1]!);
      return Math.min(Math.abs(radius - 1.5) - 0.5, radius - 0.25);
    };
    const { rings, area } = await outline(setOf(2, 0, score));
    expect(rings).toHaveLength(3);
    expect(area / (Math.PI * (3 + 0.0625))).toBeCloseTo(1, 3);
    expect([0, 0.5, 1.5, 2.5].map((x) => insideRings(rings, x, 0))).toEqual([true, false, true, false]);
  });

  it('of a box keep its sides, at any size', async () => {
    const box = setOf(2, 0, (y) => Math.max(Math.abs(y[0]!) - 0.05, Math.abs(y[1]! - 1) - 0.002));
    const { rings, area } = await outline(box);
    expect(area / (0.1 * 0.004)).toBeCloseTo(1, 2);
    expect(rings).toHaveLength(1);
  });

  it('follow steps: scores of few values, equal to the radius within', async () => {
    const steps = setOf(2, 2, (y) => Math.ceil(Math.hypot(y[0]!, y[1]!) * 2));
    const { rings, area } = await outline(steps);
    expect(rings).toHaveLength(1);
    expect(area / Math.PI).toBeCloseTo(1, 2);
  });

  it('are widened to sets beyond the window, wherever they are', async () => {
    const { area, clipped } = await outline(setOf(2, 30, (y) => Math.hypot(y[0]! - 25, y[1]! + 10)));
    expect(clipped).toBe(false);
    expect(area / (Math.PI * 900)).toBeCloseTo(1, 3);
  });

  it('say that they are cut where the set has no end', async () => {
    const { area, clipped, rings } = await outline(setOf(2, 1, (y) => Math.abs(y[0]!)));
    expect(clipped).toBe(true);
    expect(rings).toHaveLength(1);
    expect(area).toBeCloseTo(2 * 6, 3);
  });

  it('are none for an empty set', async () => {
    const empty = await outline(setOf(2, -0.1, (y) => Math.hypot(y[0]!, y[1]!)));
    expect(empty).toEqual({ rings: [], area: 0, clipped: false });
  });

  it('are in data units, of slices through more targets', async () => {
    const ball = setOf(3, 1, (y) => Math.hypot(y[0]!, y[1]!, y[2]!));
    const units = { shift: [100, 0, -5], unit: [10, 1, 2] };
    const { rings, area } = await outlineOf(ball, [2, 0], [0, 0.6, 0], WINDOW, units);
    expect(area / (Math.PI * 0.64 * 20)).toBeCloseTo(1, 3);
    expect(insideRings(rings, -5 + 1.58, 100)).toBe(true);
    expect(insideRings(rings, -5 + 1.62, 100)).toBe(false);
  });

  it('are refused for sets that are everything', async () => {
    await expect(
      depthsAt(
        setOf(2, Infinity, () => 0),
        new Float32Array(2),
      ),
    ).rejects.toMatchObject({
      code: 'conformal-everything',
    });
  });

  it('score a bounded number of points', async () => {
    const disc = setOf(2, 1.5, (y) => Math.hypot(y[0]!, y[1]!));
    await outline(disc);
    expect(disc.asked).toBeLessThan(60_000);
  });
});

describe('rings', () => {
  it('have the area of the shoelace formula', () => {
    const square = Float32Array.of(0, 0, 2, 0, 2, 2, 0, 2, 0, 0);
    const hole = Float32Array.of(0.5, 0.5, 0.5, 1, 1, 1, 1, 0.5, 0.5, 0.5);
    expect(ringsArea([square, hole])).toBe(3.75);
    expect(insideRings([square, hole], 0.75, 0.75)).toBe(false);
  });
});

describe('grids', () => {
  it('run along the first axis first', () => {
    const points = gridPoints([7, 0, 0], [2, 1], { low: [0, 10], high: [1, 20] }, [2, 2]);
    expect([...points]).toEqual([7, 10, 0, 7, 10, 1, 7, 20, 0, 7, 20, 1]);
  });
});

describe('surfaces', () => {
  /** Volume within a closed mesh by the divergence theorem, and how often each directed edge occurs. */
  function inspect(positions: Float32Array, triangles: Uint32Array) {
    const edges = new Map<string, number>();
    let volume = 0;
    const point = (row: number) => positions.subarray(row * 3, row * 3 + 3);
    for (let at = 0; at < triangles.length; at += 3) {
      const rows = [...triangles.subarray(at, at + 3)];
      const [a, b, c] = rows.map(point);
      volume +=
        (a![0]! * (b![1]! * c![2]! - b![2]! * c![1]!) +
          a![1]! * (b![2]! * c![0]! - b![0]! * c![2]!) +
          a![2]! * (b![0]! * c![1]! - b![1]! * c![0]!)) /
        6;
      for (const [k, row] of rows.entries()) {
        const key = `${row} ${rows[(k + 1) % 3]}`;
        edges.set(key, (edges.get(key) ?? 0) + 1);
      }
    }
    return { volume, edges };
  }

  it('of an ellipsoid are closed, face outwards and hold its volume', async () => {
    const factor = [
      [1, 0, 0],
      [0.6, 0.8, 0],
      [0.2, -0.3, 0.5],
    ];
    const set = setOf(3, 1.3, ellipsoidScore(factor));
    const units = { shift: [0, 0, 50], unit: [1, 2, 3] };
    const { positions, triangles } = await surfaceOf(set, { low: [-1, -1, -1], high: [1, 1, 1] }, units);
    const { volume, edges } = inspect(positions, triangles);
    const known = Math.exp(logEllipsoidVolume(3, 1.3, 2 * Math.log(0.8 * 0.5))) * 6;
    expect(volume / known).toBeCloseTo(1, 2);
    // Every edge is passed once in each direction: no holes, and all faces are turned the same way.
    const back = (edge: string) => edge.split(' ').reverse().join(' ');
    expect([...edges].filter(([edge, times]) => times !== 1 || !edges.has(back(edge)))).toEqual([]);
    // Vertices − edges + faces of one closed surface without handles.
    expect(positions.length / 3 - edges.size / 2 + triangles.length / 3).toBe(2);
    expect(set.asked).toBeLessThan(160_000);
  });

  it('of an empty set have no triangles', async () => {
    const surface = await surfaceOf(
      setOf(3, -1, (y) => Math.hypot(...y)),
      { low: [-1, -1, -1], high: [1, 1, 1] },
      standardUnits(3),
    );
    expect(surface.triangles).toHaveLength(0);
  });
});

describe('closed formulas', () => {
  it('are the known volumes', () => {
    expect(Math.exp(logBallVolume(1, 2))).toBeCloseTo(4, 12);
    expect(Math.exp(logBallVolume(2, 2))).toBeCloseTo(4 * Math.PI, 12);
    expect(Math.exp(logBallVolume(3, 2))).toBeCloseTo((32 * Math.PI) / 3, 12);
    expect(Math.exp(logBallVolume(8, 1))).toBeCloseTo(Math.PI ** 4 / 24, 12);
    expect(Math.exp(logDiamondVolume(3, 1))).toBeCloseTo(8 / 6, 12);
    expect(Math.exp(logCubeVolume(3, 0.5))).toBeCloseTo(1, 12);
    expect(Math.exp(logBoxVolume([1, 2, 3]))).toBeCloseTo(6, 12);
    expect(Math.exp(logEllipsoidVolume(2, 1, Math.log(9)))).toBeCloseTo(3 * Math.PI, 12);
  });

  it('take empty sets and sets that are everything', () => {
    expect(logBallVolume(3, 0)).toBe(-Infinity);
    expect(logBallVolume(3, Infinity)).toBe(Infinity);
    expect(logBoxVolume([1, -2])).toBe(-Infinity);
  });
});
