/** @file Detection against control on planted activations: cosines that must be high or at chance, gains of pairs, what is told of blocks. */
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import type { SteeredHook } from '../stages';
import { readBlock, shiftOf } from './read';
import { detectOf } from './summary';
import { pairDraws, pairedGain } from './write';

const WIDTH = 40;
const uses = ['fit', 'train', 'validation', 'test'] as const;

/**
 * Sides of 100 + 60 + 30 + 40 rows: unit noise, and the target moved along `direction` by `gap`; `moved` moves what the map is
 * fitted on along another direction instead.
 */
function planted(direction: number, gap: number, moved = direction) {
  const sizes = [100, 60, 30, 40];
  const parts = [0, 1].flatMap((label) =>
    uses.map((use, k) => ({ use, label, texts: Array.from({ length: sizes[k]! }, () => '') })),
  );
  const rows = parts.reduce((sum, { texts }) => sum + texts.length, 0);
  const data = stream(5, 'detect planted').normal(new Float32Array(rows * WIDTH));
  let at = 0;
  for (const { texts, label, use } of parts)
    for (const _ of texts) data[at++ * WIDTH + (use === 'fit' ? moved : direction)]! += label * gap;
  return { rows: { data, rows, columns: WIDTH }, parts };
}

const read = ({ rows, parts }: ReturnType<typeof planted>) =>
  readBlock('resid_post:0', rows, parts, { method: 'linear-act', seed: 0 });

describe('a block that is read', () => {
  it('has probe and shift along the planted direction', () => {
    const found = read(planted(3, 4));
    expect(found.cosine).toBeGreaterThan(0.7);
    expect(found.cosineMeans).toBeGreaterThan(0.9);
    expect(found.auc).toBeGreaterThan(0.97);
    expect(found.aucMeans).toBeGreaterThan(0.97);
    expect(found.map.hook).toBe('resid_post:0');
  });

  it('has a cosine at chance where maps are fitted on something else than what probes read', () => {
    const found = read(planted(3, 4, 7));
    expect(Math.abs(found.cosine)).toBeLessThan(0.3);
    expect(found.auc).toBeGreaterThan(0.97);
  });

  it('tells nothing apart where there is nothing', () => {
    const found = read(planted(3, 0));
    expect(Math.abs(found.auc - 0.5)).toBeLessThan(0.2);
    expect(Math.abs(found.cosineMeans)).toBeLessThan(0.5);
  });

  it('is shifted by what the map adds to the mean of the source, and not where a unit is left alone', () => {
    const w = Float32Array.of(1, 2, 3);
    const beta = Float32Array.of(5, 0, 7);
    const ends = { lo: w, hi: w, units: Uint8Array.of(1, 1, 0), form: 'interpolate', hook: 'x' } as const;
    expect([...shiftOf({ w, beta, ...ends }, [1, 10, 100])]).toEqual([5, 10, 0]);
  });
});

describe('a gain', () => {
  const zeros = Array<number>(40).fill(0);
  const half = zeros.map((_, k) => k % 2);

  it('is the mean difference of pairs with an interval round it', () => {
    const { value, low, high } = pairedGain(zeros, half, pairDraws(40, 1));
    expect(value).toBe(0.5);
    expect(low).toBeGreaterThan(0.3);
    expect(low).toBeLessThan(0.42);
    expect(high).toBeGreaterThan(0.58);
    expect(high).toBeLessThan(0.7);
    expect(pairedGain(zeros, half, pairDraws(40, 1))).toEqual({ value, low, high });
  });

  it('has no width where every pair is alike, and is nothing without pairs', () => {
    expect(pairedGain(half, half, pairDraws(40, 1))).toEqual({ value: 0, low: 0, high: 0 });
    expect(pairedGain([], [], []).value).toBeNaN();
  });
});

describe('what is told of all blocks', () => {
  const hooks = [0, 1, 2, 3].map((layer): SteeredHook => {
    return { id: `resid_post:${layer}`, role: 'resid_post', layer, width: 64 };
  });
  const told = (share: number) => ({
    present: Array.from({ length: 20 }, (_, k) => Number(k < 20 * share)),
    judged: Array.from({ length: 20 }, () => share),
  });
  const blocks = [0.1, 0.2, 0.4, 0.3].map((cosine, k) => ({
    ...{ cosine, cosineMeans: 0.9, auc: k === 1 ? 0.99 : 0.8, aucMeans: 0.8 },
  }));

  it('correlates over the blocks that were steered, and names the best of either', () => {
    const steered = [told(0.1), told(0.2), null, told(0.3)];
    const found = detectOf({ hooks, read: blocks, without: told(0), steered, lambda: 1, seed: 0 });
    expect(found).toMatchObject({ blocks: [0, 1, 2, 3], hook: 'resid_post', readBest: 1, steeredBest: 3 });
    expect(found.correlation).toBeCloseTo(1, 9);
    expect(found.correlationJudged).toBeCloseTo(1, 9);
    expect([...found.missing]).toEqual([0, 0, 1, 0]);
    expect(found.gain[2]).toBeNaN();
    expect(found.gain[3]).toBeCloseTo(0.3, 12);
    expect(found.chance).toBeCloseTo(Math.sqrt(2 / (Math.PI * 64)), 12);
    expect(found.chanceHigh).toBeCloseTo(1.96 / 8, 12);
    expect(found.continuations).toBe(20);
  });

  it('has no correlation of two blocks, and no best block where none is steered', () => {
    const two = detectOf({
      ...{ hooks, read: blocks, without: told(0), lambda: 1, seed: 0 },
      steered: [told(0.1), told(0.2), null, null],
    });
    expect(two.correlation).toBeNaN();
    const none = detectOf({
      ...{ hooks, read: blocks, without: told(0), lambda: 1, seed: 0 },
      steered: [null, null, null, null],
    });
    expect(none.steeredBest).toBeNaN();
  });
});
