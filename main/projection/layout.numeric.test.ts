/** @file UMAP and t-SNE: the parts against slow definitions; clusters found, seeds kept, stopping. */
import { afterAll, describe, expect, it } from 'vitest';
import { stream } from '../../native-models';
import { openCompute } from '../compute/session';
import type { RowMatrix } from '../contract/projection';
import { squaredDistance } from '../numerics/points';
import { StudentKernel } from './convolution';
import { symmetricGraph } from './graph';
import { layout, type LayoutOptions, type LayoutState } from './layout';
import { nearestNeighbours, type Neighbours } from './neighbours';
import { RunningLayout } from './running';
import { plantedClusters, separated, trustworthiness } from './testing/clusters';
import { affinities } from './tsne';
import { fitCurve, fuzzyUnion } from './umap';

const compute = openCompute({ threads: 1 });
afterAll(() => compute.close());

async function allNeighbours(points: Float32Array, columns: number, count: number): Promise<Neighbours> {
  const search = nearestNeighbours(compute, points, columns, count);
  for (;;) {
    const step = await search.next();
    if (step.done) return step.value;
  }
}

const defaults = { seed: 1, neighbours: 15, minimumDistance: 0.1, perplexity: 30 };

async function whole(matrix: RowMatrix, options: Partial<LayoutOptions> & Pick<LayoutOptions, 'method'>) {
  const states: LayoutState[] = [];
  for await (const state of layout(compute, matrix, { ...defaults, ...options })) states.push(state);
  const { points, repeated } = states.at(-1)!;
  return { points: points()!, repeated, phases: [...new Set(states.map(({ progress }) => progress.phase))] };
}

describe('nearestNeighbours', () => {
  it('are those of the definition, far from the origin of the coordinates too', async () => {
    const [rows, columns, count] = [2100, 5, 7];
    const points = stream(4, 'points').normal(new Float32Array(rows * columns));
    const { places, distances } = await allNeighbours(points, columns, count);
    for (const row of [0, 1, 1023, 1024, 2099]) {
      const order = Array.from({ length: rows }, (_, other) => other)
        .filter((other) => other !== row)
        .sort(
          (a, b) =>
            squaredDistance(points, row, points, a, columns) -
            squaredDistance(points, row, points, b, columns),
        );
      expect([...places.subarray(row * count, (row + 1) * count)]).toEqual(order.slice(0, count));
      const last = Math.sqrt(squaredDistance(points, row, points, order[count - 1]!, columns));
      expect(distances[row * count + count - 1]).toBeCloseTo(last, 6);
    }
    await expect(allNeighbours(points.subarray(0, 15), 5, 3)).rejects.toMatchObject({
      code: 'projection-neighbours',
    });
  });
});

describe('symmetricGraph', () => {
  it('has every edge once, with the weights of both directions', () => {
    const places = Int32Array.of(1, 2, 0, 3, 0, 1, 2, 0);
    const weights = Float32Array.of(0.5, 0.25, 1, 0, 0.125, 0.75, 0, 0.5);
    const graph = symmetricGraph({ places, count: 2 }, weights, (there, back) => there + back);
    const edges = [...graph.heads].map((head, k) => [head, graph.tails[k], graph.weights[k]]);
    expect(edges).toEqual([
      [0, 1, 1.5],
      [0, 2, 0.375],
      [0, 3, 0.5],
      [1, 2, 0.75],
    ]);
  });
});

describe('the parts of UMAP and t-SNE', () => {
  it('meet the stated sums', async () => {
    const { data, columns } = plantedClusters(300, 4, 3);
    const neighbours = await allNeighbours(data, columns, 90);
    const { weights } = affinities(neighbours, 30);
    expect(weights.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
    const fuzzy = fuzzyUnion(await allNeighbours(data, columns, 14));
    expect(fuzzy.weights.every((weight) => weight > 0 && weight <= 1)).toBe(true);
    // Every row is joined to its nearest neighbour with weight 1.
    expect(fuzzy.weights.filter((weight) => weight === 1).length).toBeGreaterThan(100);
  });

  it('fits the curve of the paper: 1.577 and 0.895 at the default', () => {
    const { a, b } = fitCurve(0.1);
    expect(a).toBeCloseTo(1.577, 2);
    expect(b).toBeCloseTo(0.895, 2);
  });

  it.each([1e-3, 3, 40, 150])(
    'sums repulsion over all pairs, and by the grid within 3.5 percent: width %s',
    (width) => {
      const points = Float64Array.from(
        stream(6, 'plane').normal(new Float32Array(1200)),
        (value) => (value * width) / 4,
      );
      let total = 0;
      const push = new Float64Array(points.length);
      for (let i = 0; i < points.length; i += 2)
        for (let j = 0; j < points.length; j += 2) {
          if (i === j) continue;
          const [dx, dy] = [points[i]! - points[j]!, points[i + 1]! - points[j + 1]!];
          const kernel = 1 / (1 + dx * dx + dy * dy);
          total += kernel;
          push[i]! += kernel * kernel * dx;
          push[i + 1]! += kernel * kernel * dy;
        }
      const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
      const off = (found: Float64Array) => norm(push.map((value, k) => value - found[k]!)) / norm(push);
      const kernel = new StudentKernel();
      expect(off(kernel.sums(points).push)).toBeLessThan(1e-10);
      expect(kernel.sums(points).total / total).toBeCloseTo(1, 12);
      expect(off(kernel.bySpreading(points).push)).toBeLessThan(0.035);
      // What a point does to itself is exact on no grid; with points this sparse it is most of the error.
      expect(Math.abs(kernel.bySpreading(points).total / total - 1)).toBeLessThan(0.05);
    },
  );
});

describe.each(['umap', 't-sne'] as const)('%s', (method) => {
  const rows = 600;
  const planted = plantedClusters(rows, 30, 6);

  it('parts planted clusters, keeps neighbours, and repeats itself bit for bit', async () => {
    const first = await whole(planted, { method });
    expect(first.phases).toEqual(['components', 'neighbours', 'graph', 'layout', 'done']);
    expect(separated(first.points, planted.classes, 10)).toBeGreaterThan(0.99);
    expect(trustworthiness(planted, first.points, 10)).toBeGreaterThan(0.8);
    expect([...(await whole(planted, { method })).points]).toEqual([...first.points]);
  });

  it('is the same however it is cut up, and stops where it is left', async () => {
    const options = { ...defaults, method, epochs: 5 };
    const pieces = new RunningLayout(layout(compute, planted, options));
    let state = await pieces.advance(0);
    let asked = 1;
    while (state.progress.phase !== 'done') {
      state = await pieces.advance(0);
      asked++;
    }
    expect(asked).toBeGreaterThan(8);
    expect([...state.points()!]).toEqual([...(await whole(planted, { method, epochs: 5 })).points]);
    const left = new RunningLayout(layout(compute, planted, options));
    while ((await left.advance(0)).progress.phase !== 'layout');
    const kept = (await left.advance(0)).points()!;
    await left.close();
    expect([...(await left.advance(1000)).points()!]).toEqual([...kept]);
  });

  it('puts equal rows on one point, and refuses too few different ones with a code', async () => {
    const doubled = { rows: 80, columns: 30, data: new Float32Array(80 * 30) };
    doubled.data.set(planted.data.subarray(0, 40 * 30));
    doubled.data.set(planted.data.subarray(0, 40 * 30), 40 * 30);
    const { points, repeated } = await whole(doubled, { method, epochs: 20 });
    expect(repeated).toBe(40);
    expect([...points.subarray(0, 80)]).toEqual([...points.subarray(80)]);
    expect(points.every(Number.isFinite)).toBe(true);
    const same = { rows: 50, columns: 2, data: new Float32Array(100).fill(3) };
    const running = new RunningLayout(layout(compute, same, { ...defaults, method }));
    for (const _ of [1, 2])
      await expect(running.advance(1e6)).rejects.toMatchObject({ code: 'projection-too-few-rows' });
  });

  it('does not depend on an offset or the scale of the rows', async () => {
    const coarse = { ...planted, data: planted.data.map((value) => Math.round(value * 64) / 64) };
    const huge = { ...coarse, data: coarse.data.map((value) => value * 2 ** 70) };
    const first = await whole(coarse, { method, epochs: 30 });
    const second = await whole(huge, { method, epochs: 30 });
    expect(separated(first.points, planted.classes, 10)).toBeGreaterThan(0.9);
    expect(separated(second.points, planted.classes, 10)).toBeGreaterThan(0.9);
    expect(second.points.every(Number.isFinite)).toBe(true);
  });
});
