/** @file How work is cut: every row once, shards in order, pieces that follow the asked size and nothing else changing with it. */
import { describe, expect, it } from 'vitest';
import { planShards, rowsOfShard, sweep, type Piece } from './shards';
import { relaxation } from './solve';

async function pieces(rows: number, width: number, lanes: number, tileRows?: number): Promise<Piece[]> {
  const seen: Piece[] = [];
  await sweep(planShards(rows, width), lanes, tileRows, async (piece) => {
    await Promise.resolve();
    seen.push(piece);
  });
  return seen;
}

describe('the plan', () => {
  it.each([
    [1, 1],
    [70, 60],
    [1500, 900],
    [16_384, 16_384],
    [131_072, 131_072],
    [100, 1_000_000],
  ])('%i rows and %i columns: few shards, and a block of bounded height', (rows, width) => {
    const plan = planShards(rows, width);
    expect(plan.blocks * plan.block).toBeGreaterThanOrEqual(rows);
    expect((plan.blocks - 1) * plan.block).toBeLessThan(rows);
    expect(plan.shards).toBeLessThanOrEqual(64);
    expect(plan.block).toBeGreaterThanOrEqual(16);
    expect(plan.block).toBeLessThanOrEqual(64);
    // Enough shards for several lanes wherever the work is worth it.
    if (rows * width > 2 ** 22 && rows > 1000) expect(plan.shards).toBeGreaterThanOrEqual(7);
  });
});

describe('a sweep', () => {
  it.each([
    [undefined, 1],
    [64, 2],
    [256, 3],
    [1500, 2],
  ])(
    'in pieces of %s rows on %i lanes takes every row once, each shard in order',
    async (tileRows, lanes) => {
      const [rows, width] = [1500, 900];
      const { block } = planShards(rows, width);
      const seen = await pieces(rows, width, lanes, tileRows);
      const byShard = new Map<number, number>();
      for (const { shard, first, count, blocks } of seen) {
        expect(byShard.get(shard) ?? first).toBe(first);
        byShard.set(shard, first + count);
        expect(blocks * block).toBeGreaterThanOrEqual(count);
        if (tileRows !== undefined) expect(blocks * block).toBeLessThanOrEqual(Math.max(tileRows, block));
      }
      expect(seen.reduce((sum, { count }) => sum + count, 0)).toBe(rows);
      expect(new Set(seen.map(({ lane }) => lane)).size).toBe(tileRows === rows ? 1 : lanes);
    },
  );

  it('ends with the first error, after what was under way', async () => {
    let running = 0;
    const failing = sweep(planShards(16_384, 16_384), 2, undefined, async ({ shard }) => {
      running++;
      await new Promise((resolve) => setTimeout(resolve, shard === 0 ? 1 : 5));
      running--;
      if (shard === 0) throw new Error('no more');
    });
    await expect(failing).rejects.toThrow('no more');
    expect(running).toBe(0);
  });

  it('fills up what is missing of the last block', () => {
    const plan = planShards(3, 5);
    const piece = { lane: 0, shard: 0, first: 0, count: 3, blocks: 1 };
    const { data, dims } = rowsOfShard(Float32Array.of(1, 2, 3, 4, 5, 6), 2, piece, plan, -7);
    expect(dims).toEqual([1, plan.block, 2]);
    expect([...data.slice(0, 8)]).toEqual([1, 2, 3, 4, 5, 6, -7, -7]);
  });
});

describe('over-relaxation', () => {
  it('takes the best factor for the plain rate, whether that was seen plainly or under relaxation', () => {
    const rate = 0.9;
    const best = 2 / (1 + Math.sqrt(1 - rate));
    expect(relaxation(rate ** 10, 1, 1, 10)).toBeCloseTo(best, 10);
    // Young's relation under a smaller factor: the root λ of (λ + ω − 1)² = λ·ω²·r.
    const omega = 1.2;
    const b = omega ** 2 * rate - 2 * (omega - 1);
    const observed = (b + Math.sqrt(b ** 2 - 4 * (omega - 1) ** 2)) / 2;
    expect(relaxation(observed ** 10, 1, omega, 10)).toBeCloseTo(best, 10);
  });

  it('stays where it is at its best, goes back to plain steps where the error grew, and stays below 2', () => {
    expect(relaxation(0.5 ** 10, 1, 1.7, 10)).toBe(1.7);
    expect(relaxation(1.1, 1, 1.7, 10)).toBe(1);
    expect(relaxation(1, Infinity, 1, 10)).toBe(1);
    expect(relaxation(0.999_99, 1, 1, 10)).toBeLessThan(1.9);
  });
});
