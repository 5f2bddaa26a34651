import { describe, expect, it } from 'vitest';
import type { Json } from '../../contract/schema';
import type { Point, SamplerKind, Space } from '../../contract/study';
import { readSpace } from '../space/read';
import { lies, pointKey } from '../space/points';
import { createSampler, SAMPLERS } from './registry';
import { replayMismatches } from './testing/replay';

const space = readSpace({
  rate: { type: 'float', low: 1e-4, high: 1, log: true },
  share: { type: 'float', low: 0.1, high: 0.9, scale: 'logit' },
  layers: { type: 'int', low: 1, high: 4 },
  width: { type: 'int', low: 8, high: 64, log: true },
  optimizer: { type: 'categorical', choices: ['adam', 'sgd'] },
  momentum: { type: 'float', low: 0, high: 0.9, step: 0.3, when: { key: 'optimizer', values: ['sgd'] } },
});
const narrower: Space = { ...space, rate: { type: 'float', low: 1e-3, high: 1, scale: 'log' } };

/** Diverges at high rates. */
function objective({ rate, layers }: Point): number | null {
  const octaves = Math.log2(rate as number);
  return octaves > -2 ? null : (octaves + 5) ** 2 + (layers as number);
}

describe.each(Object.keys(SAMPLERS) as SamplerKind[])('%s', (kind) => {
  const { create } = SAMPLERS[kind]!;
  const setup = { space, seed: 4, trials: 40, options: {} };

  it.each([1, 4])('asks what follows from the events alone, with %d at once', (workers) => {
    const life = { space, seed: 4, trials: 60, workers, objective };
    expect(replayMismatches(create, life)).toEqual([]);
    expect(replayMismatches(create, { ...life, seed: 5, later: narrower })).toEqual([]);
  });

  it('gives points of the space, and of the new one after a change', () => {
    const sampler = create(setup);
    for (let trial = 0; trial < 50; trial++) {
      if (trial === 25) sampler.tell({ kind: 'space', space: narrower });
      const point = sampler.ask(trial)!;
      expect(lies(trial < 25 ? space : narrower, point)).toBe(true);
      sampler.tell({ kind: 'asked', trial, point, enqueued: false });
      const value = objective(point);
      const state = value === null ? 'diverged' : 'complete';
      sampler.tell({ kind: 'ended', trial, state, value, values: [] });
    }
  });

  it('refuses an option that it does not have', () => {
    expect(() => create({ ...setup, options: { wings: 2 } })).toThrow(
      expect.objectContaining({ code: 'config-unknown-key' }),
    );
  });
});

describe('the registry', () => {
  it('knows no other sampler', () => {
    const unknown = { kind: 'oracle' as SamplerKind, options: {} };
    expect(() => createSampler(unknown, { space, seed: 1, trials: 1 })).toThrow(
      expect.objectContaining({ code: 'sampler-unknown' }),
    );
  });
});

describe('the grid', () => {
  const small = readSpace({
    rate: { type: 'float', low: 0.01, high: 1, log: true },
    kind: { type: 'categorical', choices: ['a', 'b'] },
    depth: { type: 'int', low: 1, high: 2, when: { key: 'kind', values: ['b'] } },
  });
  const all = (given: Point[] = []) => {
    const sampler = SAMPLERS.grid!.create({ space: small, seed: 1, trials: 99, options: { points: 3 } });
    given.forEach((point, trial) => sampler.tell({ kind: 'asked', trial, point, enqueued: true }));
    const points: Point[] = [];
    for (let point = sampler.ask(0); point; point = sampler.ask(0)) {
      points.push(point);
      sampler.tell({ kind: 'asked', trial: given.length + points.length - 1, point, enqueued: false });
    }
    return points;
  };

  it('turns its last key fastest, leaves out what does not apply, and ends', () => {
    expect(all().slice(0, 4)).toEqual([
      { rate: 0.01, kind: 'a' },
      { rate: 0.01, kind: 'b', depth: 1 },
      { rate: 0.01, kind: 'b', depth: 2 },
      { rate: 0.1, kind: 'a' },
    ]);
    expect(new Set(all().map(pointKey)).size).toBe(9);
  });

  it('does not come back to a point that a person has asked for', () => {
    expect(all([{ rate: 0.01, kind: 'b', depth: 1 }])).toHaveLength(8);
  });
});

describe('designs', () => {
  const plane = readSpace({ a: { type: 'float', low: 0, high: 1 }, b: { type: 'float', low: 0, high: 1 } });
  const design = (kind: SamplerKind, count: number, options: Record<string, Json> = {}) => {
    const sampler = SAMPLERS[kind]!.create({ space: plane, seed: 3, trials: count, options });
    return Array.from({ length: count }, (_, trial) => {
      const point = sampler.ask(trial)!;
      sampler.tell({ kind: 'asked', trial, point, enqueued: false });
      return point as { a: number; b: number };
    });
  };
  const parts = (values: number[]) => new Set(values.map((value) => Math.floor(value * values.length))).size;

  it('put one point of a Latin hypercube in every part of every axis', () => {
    const points = design('latin-hypercube', 50);
    expect(parts(points.map(({ a }) => a))).toBe(50);
    expect(parts(points.map(({ b }) => b))).toBe(50);
    const order = points.map(({ a }) => Math.floor(a * 50)).join();
    expect(order).not.toBe(points.map(({ b }) => Math.floor(b * 50)).join());
  });

  it('put one point of a scrambled Sobol sequence in every elementary box', () => {
    const points = design('sobol', 64);
    for (let split = 0; split <= 6; split++) {
      const boxes = points.map(
        ({ a, b }) => `${Math.floor(a * 2 ** split)},${Math.floor(b * 2 ** (6 - split))}`,
      );
      expect(new Set(boxes).size).toBe(64);
    }
    // Unscrambled, the first point would be the corner.
    expect(points[0]!.a).toBeGreaterThan(1e-3);
  });
});
