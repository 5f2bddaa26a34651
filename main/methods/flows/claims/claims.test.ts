/** @file The claims of Flows: every arm has settings that the method takes, the arms fit the comparisons, and each can fail. */
import { describe, expect, it } from 'vitest';
import { scaleOf } from '../../../claims/plan';
import type { Claim, ClaimTraining } from '../../../contract/claim';
import { config } from '../config';
import { claims } from '.';

const parse = (settings: ClaimTraining['config']) => config.parse(settings);

/** Final metrics that a run of the method reports. */
const metrics = [
  'curvature',
  'sharpness',
  'epsilon',
  'sinkhorn.iterations',
  'uvp.nfe1',
  'uvp.nfe4',
  'uvp.nfe50',
  'slicedW2.nfe1',
  'slicedW2.nfe4',
  'slicedW2.nfe64',
  'frechet.nfe4',
  'frechet.nfe8',
];

const claim = (id: string): Claim => claims.find((one) => one.id === id)!;

/** Runs the experiment with made-up final metrics. */
function judged(id: string, quick: boolean, finals: (training: ClaimTraining) => Record<string, number>) {
  const one = claim(id);
  return one.run({
    ...scaleOf(one, quick),
    train: async (training) => ({ run: `${training.label}/${training.seed}`, metrics: finals(training) }),
  });
}

/** What the claims expect: errors grow with E, and E with ε and with smaller pools. */
function expected({ config: { coupling, poolSize, epsilon, sharpness, dimension }, seed }: ClaimTraining) {
  const noise = 1 + 0.01 * seed;
  const n = Number(poolSize ?? 0);
  const blur =
    coupling === 'independent'
      ? 8
      : coupling === 'map'
        ? 0
        : Number(sharpness ?? epsilon ?? 1) + (sharpness === undefined ? 100 / n : 0);
  const weight = dimension === 64 ? 5 : 1;
  const error = (weight + blur ** (blur > 0.2 ? 2 : 1)) * noise;
  return {
    ...Object.fromEntries(metrics.map((name) => [name, error])),
    'uvp.nfe1': error,
    'uvp.nfe4': Math.sqrt(error),
    'uvp.nfe50': error ** 0.1,
    sharpness: 0.2,
  };
}

describe('every claim of Flows', () => {
  it.each(claims.flatMap((one) => [true, false].map((quick) => [one.id, quick] as const)))(
    '%s (quick: %s) has trainings with settings that the method takes',
    (id, quick) => {
      const trainings = claim(id).trainings(scaleOf(claim(id), quick));
      expect(trainings.length).toBeGreaterThan(0);
      for (const training of trainings) {
        const parsed = parse(training.config);
        expect(parsed).toMatchObject(training.config);
        // Whole pools: what is left over would be pairs of a pool cut short.
        if (training.config.poolSize !== undefined)
          expect(parsed.pairs % parsed.poolSize, training.label).toBe(0);
      }
      const names = trainings.map(({ recipe, label, seed }) => `${recipe}/${label}/${seed}`);
      expect(new Set(names).size).toBe(names.length);
    },
  );

  it('has ids of their own, at least three seeds, and five where five of five are asked for', () => {
    expect(claims.map(({ id }) => id)).toEqual(['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'MNIST']);
    for (const one of claims) expect(Math.min(one.seeds.quick, one.seeds.full)).toBeGreaterThanOrEqual(3);
    for (const id of ['C1', 'C2']) expect(claim(id).seeds).toEqual({ quick: 5, full: 5 });
  });

  it.each(
    ['C1', 'C2', 'C3', 'C4', 'C6', 'MNIST'].flatMap((id) => [[id, true] as const, [id, false] as const]),
  )(
    '%s (quick: %s) holds where the runs are as claimed, and fails where all arms are equal',
    async (id, quick) => {
      const good = await judged(id, quick, (training) =>
        id === 'C6' ? { ...expected(training), curvature: 3 + 0.1 * training.seed } : expected(training),
      );
      expect(good.tests.filter(({ decides, holds }) => decides && !holds)).toEqual([]);
      expect(good.verdict).toBe('holds');
      const bad = await judged(id, quick, ({ seed, label }) => ({
        ...Object.fromEntries(metrics.map((name) => [name, 1 + (seed % 2) * 0.1])),
        // Equal arms are what C6 claims, so for it they differ.
        ...(id === 'C6' && label.includes('components') ? { curvature: 2, sharpness: 0.9 } : {}),
      }));
      expect(bad.verdict).toBe('fails');
    },
  );

  it('fails, and says so, where a run did not report what is compared', async () => {
    const { verdict, tests } = await judged('C2', true, () => ({ curvature: 1 }));
    expect(verdict).toBe('fails');
    expect(tests[0]!.rule).toContain('5 without a value');
  });

  it('only reports what the specification only reports', async () => {
    expect((await judged('C5', true, expected)).verdict).toBe('reported');
    const { tests } = await judged('C1', false, expected);
    expect(tests.filter(({ decides }) => !decides).map(({ statement }) => statement)).toContain(
      'Piecewise affine, d = 16, 4 pieces: κ, n = 2,048 > n = 8,192',
    );
  });

  it('shares the runs of R2 between C1, C2 and C5', () => {
    const keys = (id: string) =>
      claim(id)
        .trainings(scaleOf(claim(id), true))
        .map(({ config: settings, seed }) => JSON.stringify([settings, seed]));
    expect(keys('C1')).toEqual(expect.arrayContaining(keys('C2')));
    expect(keys('C5')).toEqual(keys('C2'));
  });
});
