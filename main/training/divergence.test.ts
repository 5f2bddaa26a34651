/** @file Divergence is told by size as well as by NaN, far beyond anything that still learns. */
import { describe, expect, it } from 'vitest';
import { requireSoundLoss, requireSoundWeights } from './divergence';

const diverged = expect.objectContaining({ code: 'diverged' }) as Error;

describe('a loss', () => {
  const judge = (loss: number, first: number) => () => requireSoundLoss(loss, first, 7, 'toy');

  it.each([NaN, Infinity, -Infinity])('of %s is none', (loss) => {
    expect(judge(loss, 1)).toThrow(diverged);
    expect(judge(loss, loss)).toThrow(diverged);
  });

  it('may start anywhere and rise a lot, but not out of all proportion', () => {
    // Squares of targets in the millions; a likelihood with a sharp precision that meets an outlier; one below zero.
    for (const [loss, first] of [
      [4e12, 4e12],
      [1e8, 0.7],
      [-30, 0],
      [9e20, 1e12],
      [0, 1e30],
    ] as const)
      expect(judge(loss, first)).not.toThrow();
    // What WebGPU makes of infinity.
    expect(judge(3.4e38, 2)).toThrow(diverged);
    expect(judge(2e9, 1e-6)).toThrow(diverged);
  });
});

describe('the parameters', () => {
  const judge = (name: string, ...weights: number[]) => {
    const state = { [name]: { data: Float32Array.from(weights), shape: [weights.length] } };
    return () => requireSoundWeights(state, 7, 'toy');
  };

  it('may be large, but not out of all bounds, whatever the loss says', () => {
    expect(judge('parameters', 0, -5e5, 2)).not.toThrow();
    for (const bad of [NaN, Infinity, -2e6]) {
      expect(judge('parameters', 0, bad)).toThrow(diverged);
      expect(judge('parameters/layer1.weight', 0, bad)).toThrow(diverged);
    }
    // Squares of gradients are no parameters.
    expect(judge('moment2', 1e9)).not.toThrow();
  });
});
