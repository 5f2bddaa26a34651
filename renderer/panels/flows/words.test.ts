/** @file What the Flows panel says while particles cannot move, and of what it shows. */
import { describe, expect, it, vi } from 'vitest';
import type { RunRecord } from '../../../main/rpc/contract';
import { GrowingCurve } from '../shell/live-curves.svelte';
import type { EngineClient } from '../../engine/client';
import { FlowsState } from './flows.svelte';
import { sameData } from './runs';
import { activity, curvatureText, pairsText, rowsText, stageSubtitle, trainingSteps } from './words';

function run(stage: string, step: number, more: Partial<RunRecord> = {}): RunRecord {
  return {
    status: 'running',
    config: { coupling: 'sinkhorn', poolSize: 4096, steps: 2500 },
    progress: { stage, step, steps: 5, secondsLeft: null, stepsPerSecond: null },
    inputs: [{ kind: 'dataset', input: 'data', sha256: 'a' }],
    ...more,
  } as unknown as RunRecord;
}

describe('what goes on', () => {
  it('is said while the first points are paired, and while the result is measured', () => {
    expect(activity(run('pairing', 0))).toBe('Pairing 4,096 points with noise by Sinkhorn');
    expect(activity(run('pairing the first pool', 430))).toBe('Pairing 4,096 points with noise by Sinkhorn');
    expect(activity(run('pairing', 900))).toBeNull();
    expect(activity(run('training', 0))).toBeNull();
    expect(activity(run('measuring', 2))).toMatch(/^Training is over/);
    expect(activity(run('measuring', 5, { status: 'done' }))).toBeNull();
    expect(activity(run('', 0, { status: 'queued' }))).toMatch(/^Waiting/);
    expect(activity(null)).toBeNull();
  });

  it('never counts the steps of measuring as steps of training', () => {
    expect(trainingSteps(run('measuring', 5))).toBe(2500);
    expect(trainingSteps(run('training', 1, { config: {} }))).toBe(5);
  });
});

describe('what is shown', () => {
  it('is counted, and says how much of it is a sample', () => {
    const shown = { count: 2000, evaluations: 1, step: 1500 };
    const flows = { solver: 'euler', noiseSeed: 7 } as const;
    expect(stageSubtitle(shown, rowsText(2000, 6000), flows, 4000)).toBe(
      '2,000 particles · 2,000 of 6,000 rows · Euler, 1 evaluation · step 1,500 of 4,000 · noise seed 7',
    );
    const cost = Float32Array.of(0.5, 1.5);
    const [source, target] = [new Float32Array(4), new Float32Array(4)];
    expect(pairsText({ source, target, cost, sharpness: 0.2 })).toBe(
      '2 pairs, E(P) 0.2, mean cost 1 squared data units',
    );
    const [times, profile] = [Float32Array.of(0), Float32Array.of(1)];
    const curvature = { step: 10, perPath: Float32Array.of(1, 3), times, profile };
    expect(curvatureText(curvature)).toBe('mean 2 · 2 paths, 50 Euler steps · step 10');
  });

  it('shares the stage only with runs on the same rows', () => {
    const other = run('training', 1, {
      inputs: [{ kind: 'dataset', input: 'data', sha256: 'b' }] as RunRecord['inputs'],
    });
    expect(sameData(run('training', 1), run('pairing', 2))).toBe(true);
    expect(sameData(run('training', 1), other)).toBe(false);
  });
});

describe('a smoothed curve', () => {
  it('starts at its first value, keeps a constant, and has the steps of the curve itself', () => {
    const curve = new GrowingCurve();
    curve.load({ steps: Float64Array.of(1, 2, 3), values: Float64Array.of(4, 4, 4) });
    expect([...curve.smoothed(50).x]).toEqual([...curve.columns().x]);
    for (const value of curve.smoothed(50).y) expect(value).toBeCloseTo(4, 12);
    curve.add([{ name: 'loss', step: 4, value: NaN }]);
    curve.add([{ name: 'loss', step: 5, value: 5 }]);
    const smooth = curve.smoothed(3).y;
    expect(smooth[3]).toBeNaN();
    // Weights ½, ¼, ⅛, 1⁄16 of the newest four, divided by their sum.
    expect(smooth[4]).toBeCloseTo((5 / 2 + 4 / 4 + 4 / 8 + 4 / 16) / (15 / 16), 6);
  });
});

describe('after a lost connection', () => {
  it('the curve is fetched again, and what came meanwhile is filled in', async () => {
    const stored = [Float64Array.of(1, 2), Float64Array.of(1, 2, 3, 4, 5)];
    const curves = vi.fn(async () => {
      const steps = stored.shift()!;
      return [{ name: 'loss', steps, values: steps }];
    });
    const query = vi.fn(async () => ({}));
    const engine = { api: { curves, query } } as unknown as EngineClient;
    const shown = run('training', 2, { id: 'r', snapshots: [] });
    const flows = new FlowsState(() => ({ engine, run: shown, dataset: null, compare: [], selection: null }));
    flows.update();
    await vi.waitFor(() => expect([...flows.losses.of('r', 'loss')!.columns().x]).toEqual([1, 2]));
    flows.losses.of('r', 'loss')!.add([{ name: 'loss', step: 6, value: 6 }]);
    flows.reconnected();
    await vi.waitFor(() =>
      expect([...flows.losses.of('r', 'loss')!.columns().x]).toEqual([1, 2, 3, 4, 5, 6]),
    );
  });
});

describe('playing', () => {
  it('starts by itself only at the end of time, and then once', () => {
    const engine = {} as EngineClient;
    const flows = new FlowsState(() => ({ engine, run: null, dataset: null, compare: [], selection: null }));
    flows.time = 0.4;
    flows.playOnce();
    expect(flows.playing).toBe(false);
    flows.time = 1;
    flows.playOnce();
    expect([flows.playing, flows.loops, flows.time]).toEqual([true, false, 0]);
  });
});
