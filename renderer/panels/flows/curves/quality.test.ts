/** @file Which runs share a line, what a band is over, and who is on the Pareto front. */
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../../main/rpc/contract';
import { runRecord } from '../../../testing/memory-engine';
import { measuredSnapshots } from './curves.svelte';
import { bandOf, bySeed, costOf, costPoints, distanceMetrics, poolSweep } from './quality';
import { shownRuns } from '../runs';
import { costScene, qualityScene } from './scenes';

const inputs: RunRecord['inputs'] = [
  { kind: 'dataset', input: 'data', name: 'a.csv', path: '', sha256: 'x', rows: 9, roles: {} },
];
function run(id: string, config: RunRecord['config'], more: Partial<RunRecord> = {}): RunRecord {
  return runRecord(id, { inputs, config: { coupling: 'sinkhorn', ...config }, ...more });
}

describe('runs', () => {
  const one = run('1', { poolSize: 256, pairs: 1024 });
  const again = run('2', { poolSize: 256, pairs: 1024 }, { seed: 1 });
  const larger = run('3', { poolSize: 2048, pairs: 2048 });
  const wider = run('4', { poolSize: 256, pairs: 1024, hidden: 7 });
  const elsewhere = run('5', { poolSize: 256, pairs: 1024 }, { inputs: [{ ...inputs[0]!, sha256: 'y' }] });

  it('that differ in the seed only share a line; those that differ in the pool size share a sweep', () => {
    const ids = (runs: RunRecord[]): string => runs.map(({ id }) => id).join();
    expect(bySeed([one, larger, again, elsewhere]).map(ids)).toEqual(['1,2', '3', '5']);
    expect(ids(poolSweep(one, [one, again, larger, wider, elsewhere]))).toBe('1,2,3');
  });

  it('have a band over the values there are', () => {
    const band = bandOf([
      [
        [1, 4],
        [2, 2],
      ],
      [
        [1, 6],
        [4, NaN],
      ],
    ]);
    expect([...band.x]).toEqual([1, 2]);
    expect([...band.mean]).toEqual([5, 2]);
    expect([...band.low, ...band.high]).toEqual([4, 2, 6, 2]);
    expect(band.runs).toBe(2);
  });

  it('are on the front when none is both cheaper and better', () => {
    const made = (id: string, seconds: number, distance: number): RunRecord =>
      run(id, {}, { metrics: { trainSeconds: seconds, pairSeconds: 1, 'slicedW2.nfe4': distance } });
    const store = [made('a', 1, 3), made('b', 5, 1), made('c', 4, 5), run('d', {}), made('e', 9, 0.5)];
    const points = costPoints(store[0]!, store, 'slicedW2.nfe4');
    expect(points.map(({ run: { id }, seconds, front }) => [id, seconds, front])).toEqual([
      ['a', 2, true],
      ['c', 5, false],
      ['b', 6, true],
      ['e', 10, true],
    ]);
    expect(costOf(run('f', { steps: 100 }, { metrics: { stepsPerSecond: 50 } }))).toBe(2);
    const scene = costScene(points, shownRuns(store[0]!, []), 'sliced W₂', 0.2)!;
    expect(scene.subtitle).toBe('4 runs on this data, 3 on the front');
    const front = scene.marks.find(({ id }) => id === 'front')!;
    expect(front.kind === 'line' && [...front.y]).toEqual([3, 3, 1, 1, 0.5]);
  });

  it('offer every distance that was measured, budgets in order', () => {
    const metrics = { 'slicedW2.nfe64': 1, 'slicedW2.nfe4': 1, 'frechet.nfe8': 1, loss: 1 };
    const found = distanceMetrics([run('1', {}, { metrics })], (name) => `<${name}>`);
    expect(found.map(({ title }) => title)).toEqual([
      '<slicedW2.nfe4>',
      '<slicedW2.nfe64>',
      '<frechet.nfe8>',
    ]);
  });
});

describe('figures', () => {
  it('draw a band only where several runs stand behind it, and the floor across', () => {
    const words = { title: '', subtitle: '', xLabel: 'x', yLabel: 'y', xTicks: [1, 4], floor: 0.1 };
    const line = (runs: number) => ({
      id: 'a',
      label: 'this run',
      color: 'series-1' as const,
      compared: false,
      band: bandOf(Array.from({ length: runs }, (_, k): [number, number][] => [[1, 1 + k]])),
    });
    const kinds = (runs: number) => qualityScene([line(runs)], words)!.marks.map(({ kind }) => kind);
    expect(kinds(1)).toEqual(['line', 'line', 'points']);
    expect(kinds(3)).toEqual(['line', 'band', 'line', 'points']);
    expect(qualityScene([], words)).toBeNull();
  });

  it('measure few snapshots, the ends among them', () => {
    expect(measuredSnapshots([])).toEqual([]);
    expect(measuredSnapshots([5])).toEqual([5]);
    expect(measuredSnapshots([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512])).toEqual([0, 2, 8, 32, 128, 512]);
  });
});
