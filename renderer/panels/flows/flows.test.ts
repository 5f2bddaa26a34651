/** @file The Flows panel without a browser: positions between stored times, newest answers, growing curves, the final numbers. */
import '../../testing/browser-parts';
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DatasetInfo, RunRecord } from '../../../main/rpc/contract';
import type { EngineClient } from '../../engine/client';
import { Newest } from '../shell/newest';
import { GrowingCurve } from '../shell/live-curves.svelte';
import FlowsPanel from './FlowsPanel.svelte';
import { samplesGrid } from './samples/grid';
import { arrowScale, checksum, positionsAt, previewNoise, stageExtent, type Trajectories } from './scene';

const trajectories: Trajectories = {
  step: 100,
  evaluations: 2,
  times: Float32Array.of(0, 0.5, 1),
  // Two particles: one goes right, one stays and then goes up.
  positions: Float32Array.of(0, 0, 5, 5, 1, 0, 5, 5, 2, 0, 5, 7),
  count: 2,
};

describe('particles', () => {
  it('move straight between stored times and stop at the ends', () => {
    expect([...positionsAt(trajectories, 0)]).toEqual([0, 0, 5, 5]);
    expect([...positionsAt(trajectories, 0.25)]).toEqual([0.5, 0, 5, 5]);
    expect([...positionsAt(trajectories, 0.75)]).toEqual([1.5, 0, 5, 6]);
    expect([...positionsAt(trajectories, 1)]).toEqual([2, 0, 5, 7]);
    expect([...positionsAt(trajectories, 2)]).toEqual([2, 0, 5, 7]);
  });

  it('have a checksum that tells moved ones apart', () => {
    const [start, end] = [positionsAt(trajectories, 0), positionsAt(trajectories, 1)];
    expect(checksum(start)).toBe(checksum(positionsAt(trajectories, 0)));
    expect(checksum(start)).not.toBe(checksum(end));
  });

  it('are shown on a stage that holds all data whatever the source does', () => {
    const target = Float32Array.of(-1, -1, 9, 4);
    const [left, right, bottom, top] = stageExtent({ source: Float32Array.of(0, 0), target });
    expect([left <= -1, right >= 9, bottom <= -1, top >= 4]).toEqual([true, true, true, true]);
  });

  it('start, before the first run, from noise with the mean and spread of the data', () => {
    const noise = previewNoise(Float32Array.of(8, 0, 12, 0), 4000);
    const xs = noise.filter((_, i) => i % 2 === 0);
    const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
    const deviation = Math.sqrt(xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length);
    expect(mean).toBeCloseTo(10, 1);
    expect(deviation).toBeCloseTo(2, 1);
  });
});

describe('arrows', () => {
  it('of the fastest are as long as the grid is wide', () => {
    const positions = Float32Array.of(0, 0, 2, 0, 0, 2, 2, 2);
    const velocities = Float32Array.of(0, 4, 0, 4, 0, 4, 0, 4);
    expect(arrowScale({ step: 0, positions, velocities })).toBeCloseTo(0.5);
    expect(arrowScale({ step: 0, positions, velocities: new Float32Array(8) })).toBe(0);
  });
});

describe('questions', () => {
  it('wait for the one in flight, and only the newest of them is asked', async () => {
    const asked: number[] = [];
    const finish: (() => void)[] = [];
    const newest = new Newest<{ n: number }>(({ n }) => {
      asked.push(n);
      return new Promise((done) => finish.push(done));
    });
    for (const n of [1, 2, 3, 3]) newest.ask({ n });
    expect(asked).toEqual([1]);
    finish[0]!();
    await vi.waitFor(() => expect(asked).toEqual([1, 3]));
    finish[1]!();
    await Promise.resolve();
    newest.ask({ n: 3 });
    expect(asked).toEqual([1, 3]);
  });
});

describe('a growing curve', () => {
  it('joins what was stored and what came live, and follows a resumed run back', () => {
    const curve = new GrowingCurve();
    const point = (step: number, value: number) => ({ name: 'loss', step, value });
    curve.add([point(30, 3), point(40, 4)]);
    curve.load({ steps: Float64Array.of(10, 20, 30), values: Float64Array.of(1, 2, 3) });
    expect([...curve.columns().x]).toEqual([10, 20, 30, 40]);
    curve.add([point(30, 9)]);
    expect([...curve.columns().x]).toEqual([10, 20, 30]);
    expect([...curve.columns().y]).toEqual([1, 2, 9]);
    expect([...curve.columns(2).x]).toEqual([20, 30]);
  });
});

describe('generated images', () => {
  const image = { height: 1, width: 1, channels: 1 };
  const answer = { step: 0, image, evaluations: [1, 4], count: 3, classes: [], guidance: 1 };
  const plain = { ...answer, rows: [{ label: null, name: '' }], pixels: Uint8Array.of(1, 2, 3, 41, 42, 43) };

  it('stand with one noise per row and one evaluation count per column', () => {
    const grid = samplesGrid([{ id: 'a', label: 'this run', answer: plain }]);
    expect([...grid.pictures.pixels]).toEqual([1, 41, 2, 42, 3, 43]);
    expect(grid.rows.map(({ header }) => header)).toEqual(['noise 1', 'noise 2', 'noise 3']);
  });

  it('of several runs stand under each other, noise by noise', () => {
    const other = { ...plain, pixels: plain.pixels.map((value) => value + 100) };
    const grid = samplesGrid([
      { id: 'a', label: 'this run', answer: plain },
      { id: 'b', label: 'run 2', answer: other },
      { id: 'c', label: 'late', answer: { ...other, pixels: new Uint8Array(2) } },
    ]);
    expect([...grid.pictures.pixels.subarray(0, 6)]).toEqual([1, 41, 101, 141, 2, 42]);
    expect(grid.rows.slice(0, 3).map(({ run, header }) => `${run} ${header}`)).toEqual([
      'a noise 1 · this run',
      'b run 2',
      'a noise 2 · this run',
    ]);
  });

  it('of classes have a row for each, by its name', () => {
    const rows = [
      { label: 0, name: 'cat' },
      { label: 1, name: 'dog' },
    ];
    const classes = { ...answer, count: 1, rows, pixels: Uint8Array.of(1, 2, 41, 42) };
    const grid = samplesGrid([{ id: 'a', label: 'this run', answer: classes }]);
    expect([...grid.pictures.pixels]).toEqual([1, 41, 2, 42]);
    expect(grid.rows.map(({ header, label }) => [header, label])).toEqual([
      ['cat', 0],
      ['dog', 1],
    ]);
  });
});

const record = {
  id: 'a',
  name: 'first',
  method: 'flows',
  status: 'running',
  config: { coupling: 'sinkhorn', epsilon: 0.05 },
  seed: 0,
  inputs: [
    { kind: 'dataset', input: 'data', name: 'ring.csv', path: '', sha256: 'x', rows: 6000, roles: {} },
  ],
  progress: { stage: 'training', step: 100, steps: 200, secondsLeft: 1, stepsPerSecond: 90 },
  metrics: { curvature: 0.0079, 'slicedW2.nfe1': 0.076, 'slicedW2.floor': 0.028, sharpness: 0.2 },
  snapshots: [0, 100],
} as unknown as RunRecord;

describe('the panel', () => {
  afterEach(cleanup);

  const dataset = { id: 'd', name: 'ring.csv', rows: 6000, columns: [] } as unknown as DatasetInfo;
  const points = Float32Array.of(0, 0, 1, 1);

  function engine() {
    const query = vi.fn(async (_run: string, name: string, _args: unknown): Promise<unknown> => {
      if (name === 'trajectories') return trajectories;
      if (name === 'display')
        return {
          dimension: 2,
          axes: ['x', 'y'],
          source: points,
          target: points,
          targetRows: Uint32Array.of(0, 1),
          labelNames: [],
          image: null,
        };
      if (name === 'curvature')
        return {
          step: 100,
          perPath: Float32Array.of(0.1, 0.2),
          times: Float32Array.of(0, 0.5),
          profile: Float32Array.of(0.2, 0.1),
        };
      return Promise.reject(
        Object.assign(new Error('no'), { detail: { code: 'no-pairs', what: 'no pairs here' } }),
      );
    });
    const client = {
      connected: true,
      on: () => () => {},
      api: {
        query,
        curves: async () => [],
        previewPoints: async () => ({
          points,
          rows: Uint32Array.of(0, 1),
          labels: null,
          labelNames: [],
          axes: ['x', 'y'],
          explained: null,
          total: 6000,
        }),
      },
    } as unknown as EngineClient;
    return { client, query };
  }

  it('shows the data and says what Run will do before there is a run', async () => {
    const { client, query } = engine();
    render(FlowsPanel, { engine: client, run: null, dataset, compare: [], selection: null });
    expect(await screen.findByRole('region', { name: 'Particles' })).toBeTruthy();
    expect(screen.getByText(/Run pairs noise with the 6,000 rows of ring.csv/)).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>('slider', { name: 'Function evaluations' }).disabled).toBe(
      true,
    );
    expect(query).not.toHaveBeenCalled();
  });

  it('integrates again when the evaluations change, and states what is drawn', async () => {
    const { client, query } = engine();
    const { container } = render(FlowsPanel, {
      engine: client,
      run: record,
      dataset,
      compare: [],
      selection: null,
    });
    await vi.waitFor(() =>
      expect(container.querySelector('[data-stage]')?.getAttribute('data-points')).toBe('2'),
    );
    const before = container.querySelector('[data-stage]')!.getAttribute('data-checksum');
    await fireEvent.input(screen.getByRole('slider', { name: 'Function evaluations' }), {
      target: { value: '6' },
    });
    await vi.waitFor(() =>
      expect(query).toHaveBeenCalledWith(
        'a',
        'trajectories',
        expect.objectContaining({ evaluations: 64, step: 100 }),
      ),
    );
    await fireEvent.input(screen.getByRole('slider', { name: 'Training step' }), { target: { value: '0' } });
    await vi.waitFor(() =>
      expect(query).toHaveBeenCalledWith('a', 'trajectories', expect.objectContaining({ step: 0 })),
    );
    await fireEvent.input(screen.getByRole('slider', { name: 'Time' }), { target: { value: '0.25' } });
    expect(container.querySelector('[data-stage]')!.getAttribute('data-checksum')).not.toBe(before);
  });

  it('lays a compared run over the stage, from the same noise with the same evaluations', async () => {
    const { client, query } = engine();
    const other = { ...record, id: 'b', name: 'second', snapshots: [0, 50] };
    const elsewhere = { ...other, id: 'c', inputs: [{ ...record.inputs[0]!, sha256: 'y' }] };
    const { container } = render(FlowsPanel, {
      engine: client,
      run: record,
      dataset,
      compare: [other, elsewhere],
      selection: null,
    });
    await vi.waitFor(() =>
      expect(container.querySelector('[data-stage]')?.getAttribute('data-compared')).toBe('1'),
    );
    const asked = query.mock.calls.filter(([, name]) => name === 'trajectories');
    const [own, compared] = ['a', 'b'].map((id) => asked.find(([run]) => run === id)![2]);
    expect(compared).toEqual({ ...(own as object), step: 50 });
    expect(asked.some(([run]) => run === 'c')).toBe(false);
    expect(screen.getByText('second', { selector: '[aria-label="Legend of Particles"] li' })).toBeTruthy();
  });

  it('shows what the engine refuses beside the figure it belongs to', async () => {
    const { client } = engine();
    render(FlowsPanel, { engine: client, run: record, dataset, compare: [], selection: null });
    await fireEvent.click(await screen.findByRole('button', { name: 'Pairs' }));
    expect((await screen.findByRole('alert')).textContent).toContain('no pairs here');
    expect(screen.getByRole('radiogroup', { name: /Coupling of the pairs/ })).toBeTruthy();
  });
});
