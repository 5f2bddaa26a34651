/** @file The Coupling tab without a browser: colours of pairs, fitted slopes, the order of questions, and what the view says. */
import '../../../testing/browser-parts';
import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { DatasetInfo, RunRecord } from '../../../../main/rpc/contract';
import type { EngineClient } from '../../../engine/client';
import { FlowsState } from '../flows.svelte';
import { CouplingState, curveEpsilons, type Coupling, type CouplingScaling } from './coupling.svelte';
import CouplingView from './CouplingView.svelte';
import { couplingCurveScene, logSlope, scalingScene } from './curves';
import { couplingStage, pairMarks } from './stage';
import { drawsText, solveText } from '../words';

const answer: Coupling = {
  count: 3,
  axes: ['x', 'y'],
  source: Float32Array.of(0, 0, 1, 0, 2, 0),
  target: Float32Array.of(0, 1, 1, 1, 2, 1),
  targetRows: Uint32Array.of(10, 20, 30),
  columns: Int32Array.of(1, 1, 2),
  cost: Float32Array.of(1, 0.5, 4),
  share: Float32Array.of(0.05, 0.9, 0.3),
  sharpness: 0.4,
  epsilon: 0.1,
  iterations: 31,
  marginalError: 8e-4,
  converged: true,
  reached: true,
  seconds: 0.12,
  effectiveTargets: Float32Array.of(1, 2, 3),
  draws: Uint32Array.of(0, 2, 1),
  conditionalVariance: 0.1,
};
const table = {
  count: 3,
  shares: Float32Array.of(0, 0, 1, 0.05, 0.9, 0.05, 0.01, 0.7, 0.29),
  rowOrder: Int32Array.of(2, 1, 0),
  columnOrder: Int32Array.of(0, 1, 2),
};

describe('the stage', () => {
  it('draws each pair once, in the colour of its probability', () => {
    const marks = pairMarks(answer, 'share');
    expect(marks.map(({ label }) => label)).toEqual(['0.01–0.1', '0.1–0.5', '≥ 0.5']);
    expect([...marks[0]!.from, ...marks[0]!.to]).toEqual([0, 0, 1, 1]);
    expect([...marks[2]!.from, ...marks[2]!.to]).toEqual([1, 0, 1, 1]);
    const tones = marks.map(({ tone }) => tone!);
    expect(tones).toEqual([...tones].sort((a, b) => a - b));
  });

  it('colours by cost in quarters, all pairs among them', () => {
    const lines = pairMarks(answer, 'cost').reduce((sum, { from }) => sum + from.length / 2, 0);
    expect(lines).toBe(3);
  });

  it('shows all that the row under the pointer may become', () => {
    const { marks } = couplingStage(answer, table, 'share', 0, '');
    const row = marks.find(({ id }) => id === 'row');
    // Row 0 is the third of the table: columns 1 and 2 have more than 2 % of it.
    expect(row?.kind === 'segments' && [...row.to]).toEqual([1, 1, 2, 1]);
  });
});

describe('the figures', () => {
  it('fit a power law exactly', () => {
    const n = [16, 64, 256];
    expect(
      logSlope(
        n,
        n.map((size) => 3 * size ** -0.5),
      ),
    ).toBeCloseTo(-0.5, 10);
  });

  it('draw the bound with the slope of the estimated dimension', () => {
    const scaling = [16, 32, 64].map((size): CouplingScaling => ({
      size,
      conditionalVariance: 2 / size,
      intrinsicDimension: 4,
      dimensionRows: 1024,
      largest: 64,
    }));
    const scene = scalingScene(scaling, 'Sinkhorn')!;
    const bound = scene.marks.find(({ id }) => id === 'bound');
    if (bound?.kind !== 'line') throw new Error('the bound is a line');
    expect(logSlope([...bound.x], [...bound.y])).toBeCloseTo(-0.5, 10);
    expect(scene.marks.some(({ label }) => label === 'fit, slope −1')).toBe(true);
  });

  it('mark the coupling that is shown among the others', () => {
    const asked = { epsilon: 1, sharpness: 1, iterations: 1, seconds: 1 };
    const now = couplingCurveScene([asked], answer, 'iterations')!.marks.find(({ id }) => id === 'now');
    expect(now?.kind === 'points' && now.points[1]).toBe(31);
    expect(couplingCurveScene([], answer, 'seconds')).toBeNull();
  });

  it('are asked for coarse first, every ε once', () => {
    expect(curveEpsilons.slice(0, 4)).toEqual([10, 1, 0.1, 0.01]);
    expect(new Set(curveEpsilons).size).toBe(15);
  });
});

describe('words', () => {
  it('say what solving took and what was drawn', () => {
    expect(solveText(answer, 'sinkhorn')).toBe('31 iterations · error 8e-4 · 0.12 s');
    expect(solveText({ ...answer, reached: false }, 'sinkhorn')).toContain('out of reach');
    expect(drawsText(answer)).toBe('66.7 % of the data drawn, one of them 2 times');
  });
});

const run = {
  id: 'a',
  name: 'first',
  method: 'flows',
  status: 'running',
  config: { coupling: 'sinkhorn', epsilon: 0.1 },
  inputs: [
    { kind: 'dataset', input: 'data', name: 'ring.csv', path: '', sha256: 'x', rows: 6000, roles: {} },
  ],
  snapshots: [],
} as unknown as RunRecord;

function engine(refused?: string) {
  const heard: ((id: string, points: { name: string; step: number; value: number }[]) => void)[] = [];
  const query = vi.fn(async (_run: string, name: string, args: unknown): Promise<unknown> => {
    if (name === refused) {
      const detail = { code: 'sinkhorn-flat-cost', what: 'all points of a cloud coincide' };
      throw Object.assign(new Error('no'), { detail });
    }
    if (name === 'coupling') return answer;
    if (name === 'couplingTable') return table;
    const { epsilon } = args as { epsilon: number };
    if (name === 'couplingCurve') return { epsilon, sharpness: 1, iterations: 1, seconds: 1 };
    const { size } = args as { size: number };
    return {
      size,
      conditionalVariance: 1 / size,
      intrinsicDimension: 2,
      dimensionRows: 9,
      largest: 64,
    };
  });
  const client = {
    connected: true,
    on: (_event: string, handler: (typeof heard)[number]) => {
      heard.push(handler);
      return () => {};
    },
    api: { query, curves: async () => [] },
  } as unknown as EngineClient;
  return { client, query, heard };
}
const dataset = { id: 'd', name: 'ring.csv', rows: 6000, columns: [] } as unknown as DatasetInfo;
const flowsOf = (engine: EngineClient, run: RunRecord | null, onuse?: (settings: object) => void) =>
  new FlowsState(() => ({ engine, run, dataset, compare: [], selection: null, onuse }));
const props = (...given: Parameters<typeof flowsOf>) => ({ flows: flowsOf(...given) });

describe('the view', () => {
  afterEach(cleanup);

  it('asks nothing and says that it needs Run before there is one', async () => {
    const { client, query } = engine();
    render(CouplingView, props(client, null));
    expect(await screen.findByText('needs Run')).toBeTruthy();
    expect(screen.getByRole<HTMLInputElement>('slider', { name: 'Wanted sharpness' }).disabled).toBe(true);
    expect(query).not.toHaveBeenCalled();
  });

  it('asks for the run’s coupling, and for another when a slider or a kind is chosen', async () => {
    const { client, query } = engine();
    const { container } = render(CouplingView, props(client, run));
    await vi.waitFor(() =>
      expect(container.querySelector('[data-stage]')?.getAttribute('data-points')).toBe('3'),
    );
    expect(query).toHaveBeenCalledWith('a', 'coupling', {
      coupling: 'sinkhorn',
      knob: 'epsilon',
      value: 0.1,
      count: 512,
    });
    await fireEvent.input(screen.getByRole('slider', { name: 'Wanted sharpness' }), {
      target: { value: '0.2' },
    });
    await vi.waitFor(() =>
      expect(query).toHaveBeenCalledWith(
        'a',
        'couplingTable',
        expect.objectContaining({ knob: 'sharpness', value: 0.2 }),
      ),
    );
    await fireEvent.click(screen.getByRole('radio', { name: 'Assignment' }));
    await vi.waitFor(() =>
      expect(query).toHaveBeenCalledWith(
        'a',
        'coupling',
        expect.objectContaining({ coupling: 'assignment' }),
      ),
    );
  });

  it('shows a semidiscrete run as one, with its own ε, and asks for no batches', async () => {
    const { client, query } = engine();
    const config = { coupling: 'semidiscrete', semidiscreteEpsilon: 0, epsilon: 0.1 };
    render(CouplingView, props(client, { ...run, config }));
    expect(screen.getByRole('radio', { name: 'Semidiscrete' }).getAttribute('aria-checked')).toBe('true');
    const asked = { coupling: 'semidiscrete', knob: 'epsilon', value: 0, count: 512 };
    await vi.waitFor(() => expect(query).toHaveBeenCalledWith('a', 'coupling', asked));
    await fireEvent.input(screen.getByRole('slider', { name: 'Regularisation' }), {
      target: { value: '-1' },
    });
    await vi.waitFor(() => expect(query).toHaveBeenCalledWith('a', 'coupling', { ...asked, value: 0.1 }));
    expect(await screen.findByText(/ascent steps · χ²/)).toBeTruthy();
    expect(screen.getAllByText(/there is no batch to grow/).length).toBeGreaterThan(0);
    expect(query.mock.calls.some(([, name]) => name === 'couplingScaling')).toBe(false);
  });

  it('shows the best pairing of the points where the run follows a known map', () => {
    const { client } = engine();
    render(CouplingView, props(client, { ...run, config: { coupling: 'map' } }));
    expect(screen.getByRole('radio', { name: 'Sinkhorn' }).getAttribute('aria-checked')).toBe('false');
    expect(screen.getByRole('radio', { name: 'Assignment' }).getAttribute('aria-checked')).toBe('true');
  });

  it('hands the coupling that is shown to the next run', async () => {
    const { client } = engine();
    const onuse = vi.fn();
    render(CouplingView, props(client, run, onuse));
    const use = () => fireEvent.click(screen.getByRole('button', { name: 'Use in next run' }));
    await use();
    expect(onuse).toHaveBeenLastCalledWith({ coupling: 'sinkhorn', sharpness: 0, epsilon: 0.1 });
    await fireEvent.input(screen.getByRole('slider', { name: 'Wanted sharpness' }), {
      target: { value: '0.2' },
    });
    await use();
    expect(onuse).toHaveBeenLastCalledWith({ coupling: 'sinkhorn', sharpness: 0.2 });
    await fireEvent.click(screen.getByRole('radio', { name: 'Assignment' }));
    await use();
    expect(onuse).toHaveBeenLastCalledWith({ coupling: 'assignment' });
  });

  it('fills the curves, and asks for no batch beyond what the data has', async () => {
    const { client, query } = engine();
    const { container } = render(CouplingView, props(client, run));
    await vi.waitFor(() => {
      const points = [...container.querySelectorAll('.beside [data-points]')];
      expect(points.map((one) => one.getAttribute('data-points'))).toEqual(['15', '3']);
    });
    const sizes = query.mock.calls.filter(([, name]) => name === 'couplingScaling').map(([, , args]) => args);
    expect(sizes.map((args) => (args as { size: number }).size)).toEqual([16, 64, 32]);
  });

  it('moves over P by keyboard', async () => {
    const { client } = engine();
    render(CouplingView, props(client, run));
    const plot = await screen.findByRole('application', { name: /^P, arrow keys/ });
    await fireEvent.keyDown(plot, { key: 'ArrowDown' });
    await fireEvent.keyDown(plot, { key: 'ArrowDown' });
    expect(await screen.findByText('row 2')).toBeTruthy();
  });

  it('shows what the engine refuses', async () => {
    const { client } = engine('coupling');
    render(CouplingView, props(client, run));
    expect((await screen.findAllByText(/all points of a cloud coincide/)).length).toBeGreaterThan(0);
  });
});

it('pools are added while they come, and only of the shown run', () => {
  const { client, heard } = engine();
  const state = new CouplingState(flowsOf(client, run));
  state.pools.listen();
  state.update(false);
  heard[0]!('b', [{ name: 'sharpness', step: 0, value: 0.5 }]);
  heard[0]!('a', [
    { name: 'sharpness', step: 0, value: 0.3 },
    { name: 'loss', step: 0, value: 9 },
  ]);
  expect([...state.pools.of('a', 'sharpness')!.columns().y]).toEqual(
    [0.3].map((v) => expect.closeTo(v, 6) as number),
  );
});

it('curves wait for the coupling even where its table is answered first', async () => {
  const { client, query } = engine();
  let solved: (value: unknown) => void = () => undefined;
  const slow = new Promise((resolve) => (solved = resolve));
  const plain = query.getMockImplementation()!;
  query.mockImplementation((id, name, args) => (name === 'coupling' ? slow : plain(id, name, args)));
  const state = new CouplingState(flowsOf(client, run));
  state.update(false);
  await vi.waitFor(() => expect(state.table).not.toBeNull());
  state.update(false);
  // The page must stay alive meanwhile: timers and messages need their turn.
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(query.mock.calls.some(([, name]) => name === 'couplingCurve')).toBe(false);
  solved(answer);
  // Each look asks for one more part.
  const looks = { interval: 5, timeout: 10_000 };
  await vi.waitFor(() => {
    state.update(false);
    expect(state.curve.length).toBe(curveEpsilons.length);
  }, looks);
});
