/** @file What a probe adds to a control: paired, so that shared items do not count twice; output scores turned, trained ones not. */
import { expect, it } from 'vitest';
import { stream } from '../../native-models';
import { leadsOf } from './leads';
import { drawsOf } from './matrix';

const N = 200;
const labels = Uint8Array.from({ length: N }, (_, k) => k % 2);
const task = {
  name: 'one',
  labels,
  split: {
    ...{ train: new Uint32Array(0), validation: new Uint32Array(0) },
    test: Uint32Array.from({ length: N }, (_, k) => k),
  },
};
const draws = drawsOf([task], { bootstrap: 400, permutations: 10, seed: 0 });
const noise = Float64Array.from(stream(0, 'noise').normal(new Float32Array(N)));
const good = noise.map((value, k) => value + 2 * labels[k]!);

it('is nothing with no width beside the same scores, and beside their turned ones', () => {
  const same = [
    { id: 'length' as const, scores: [good] },
    { id: 'log-probability' as const, scores: [good.map((value) => -value)] },
  ];
  for (const { values, low, high } of leadsOf([good], same, [task], draws))
    for (const value of [values[0]!, low[0]!, high[0]!]) expect(value).toBeCloseTo(0, 12);
});

it('clears zero beside noise, and what was trained is not turned', () => {
  const [beside, trained] = leadsOf(
    [good],
    [
      { id: 'length', scores: [noise] },
      { id: 'text-only', scores: [good.map((value) => -value)] },
    ],
    [task],
    draws,
  );
  expect(beside!.low[0]).toBeGreaterThan(0.2);
  expect(beside!.values[0]).toBeGreaterThan(beside!.low[0]!);
  expect(trained!.values[0]).toBeGreaterThan(0.6);
  expect(leadsOf([null], [{ id: 'length', scores: [noise] }], [task], draws)[0]!.values[0]).toBeNaN();
});
