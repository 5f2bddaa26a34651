/** @file The bank of pairs: the same draws with and without kept noise, replacement of the oldest pools, labels, points of a teacher. */
import { expect, it } from 'vitest';
import { stream } from '../../../../native-models';
import { dataSource, noiseSource } from '../points/source';
import { mapPairs, pairBank, type PairBank } from './bank';
import { plainReport, type PairedPool, type PairData } from './coupling';

const target = Float32Array.from({ length: 60 }, (_, k) => k);
const data: PairData = {
  target,
  training: Int32Array.from({ length: 20 }, (_, k) => k),
  source: noiseSource(3),
  labels: Int32Array.from({ length: 20 }, (_, k) => k % 4),
  classes: 4,
};
const pool = (number: number, size = 16): PairedPool => ({
  rows: stream(9, 'rows', number).integers(new Int32Array(size), 20),
  key: { seed: 1, pool: number, size },
  report: plainReport(1),
});
const batch = (bank: PairBank, step: number, size = 64) => {
  const out = { x0: new Float32Array(3 * size), x1: new Float32Array(3 * size), label: new Int32Array(size) };
  bank.fill(step, out);
  return out;
};

it.each(['noise', 'data'])('draws the same pairs whether %s is kept as numbers or made again', (kind) => {
  const source =
    kind === 'noise'
      ? data.source
      : dataSource(
          target.map((value) => -value),
          3,
        );
  const banks = [Infinity, 100, 0].map((cache) => pairBank({ ...data, source }, 5, 1, cache));
  for (const bank of banks) for (let k = 0; k < 5; k++) bank.add(k, pool(k));
  const [kept, ...others] = banks.map((bank) => batch(bank, 7));
  for (const other of others) expect(other).toEqual(kept);
  const { x1, label } = kept!;
  for (let k = 0; k < 64; k++) expect(label[k]).toBe((x1[3 * k]! / 3) % 4);
  // Each pair is one of a pool's own: noise k with row k.
  const pairs = new Set<string>();
  for (let k = 0; k < 5; k++)
    source.drawPool(1, k, 16).forEach((value, at, all) => {
      if (at % 3 === 0) pairs.add(`${value} ${all[at + 1]} ${3 * pool(k).rows[at / 3]!}`);
    });
  for (let k = 0; k < 64; k++)
    expect(pairs).toContain(`${kept!.x0[3 * k]} ${kept!.x0[3 * k + 1]} ${x1[3 * k]}`);
});

it('gives the place of the oldest pool to the next, whatever their sizes', () => {
  const bank = pairBank(data, 2, 1);
  const only = (row: number, size: number): PairedPool => ({
    ...pool(0, size),
    rows: new Int32Array(size).fill(row),
  });
  const drawn = () =>
    new Set(
      batch(bank, 3, 400)
        .x1.filter((_, k) => k % 3 === 0)
        .map((value) => value / 3),
    );
  [only(1, 8), only(2, 24)].forEach((paired, k) => bank.add(k, paired));
  expect(drawn()).toEqual(new Set([1, 2]));
  const share = batch(bank, 5, 4000).x1.filter((value, k) => k % 3 === 0 && value === 3).length / 4000;
  expect(Math.abs(share - 0.25)).toBeLessThan(0.035);
  bank.add(2, only(3, 8));
  expect(drawn()).toEqual(new Set([2, 3]));
  bank.add(3, only(4, 1));
  expect(drawn()).toEqual(new Set([3, 4]));
});

it('takes the points of a teacher in place of noise or rows', () => {
  const bank = pairBank(data, 1, 1, 0);
  bank.add(0, pool(0), { x0: new Float32Array(48).fill(5), x1: new Float32Array(48).fill(6) });
  const { x0, x1 } = batch(bank, 0);
  expect(new Set([...x0, ...x1])).toEqual(new Set([5, 6]));
});

it('pairs every noise point with its image under a known map', () => {
  const supply = mapPairs(
    { ...data, labels: undefined, knownMap: (points) => points.map((value) => 2 * value + 1) },
    4,
  );
  const [x0, x1] = [new Float32Array(30), new Float32Array(30)];
  supply.fill(2, { x0, x1 });
  expect([...x1]).toEqual([...x0.map((value) => 2 * value + 1)]);
  expect([...x0]).toEqual([...data.source.draw(4, 'flows.batch.source', 2, 10)]);
});
