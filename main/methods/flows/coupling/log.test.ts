/** @file The pair log's file: round trip, and a coded error for every kind of damage. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noiseSource } from '../points/source';
import { plainReport, type PairedPool, type PairData } from './coupling';
import { config as schema } from '../config';
import { decodePairLog, encodePairLog, logFacts } from './log';
import { replayPools } from './replay';
import { runAt } from '../../testing';

const data: PairData = {
  target: Float32Array.from({ length: 20 }, (_, k) => k),
  training: Int32Array.from({ length: 10 }, (_, k) => k),
  source: noiseSource(2),
  classes: 0,
};
const seed = 2 ** 40 + 5;
const facts = logFacts(data, schema.parse({ poolSize: 8 }), seed);
const pools: PairedPool[] = [7, 8].map((pool) => ({
  rows: Int32Array.from({ length: 8 }, (_, k) => (k * pool) % 10),
  key: { seed, pool, size: 8 },
  report: { ...plainReport(0.25), marginalError: Infinity, metrics: { 'coupling.cost': pool / 3 } },
}));
const bytes = encodePairLog(facts, pools, 7);
const codeOf = (changed: Uint8Array) => {
  try {
    decodePairLog(changed, 'x.bin');
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it('gives back rows, keys and reports', () => {
  const log = decodePairLog(bytes, 'x.bin');
  expect(log.pools).toEqual(pools);
  expect(log.header).toMatchObject({ coupling: 'sinkhorn', seed, rows: 10, dimension: 2, cost: 'dot' });
  const unaligned = new Uint8Array(bytes.length + 1);
  unaligned.set(bytes, 1);
  expect(decodePairLog(unaligned.subarray(1), 'x.bin')).toEqual(log);
});

it('has the same bytes when its pools were read again, with what was only said of them left out', () => {
  const said = pools.map((pool) => ({ ...pool, report: { ...pool.report, notices: ['A sentence.'] } }));
  const written = encodePairLog(facts, said, 7);
  expect([...encodePairLog(facts, decodePairLog(written, 'x.bin').pools, 7)]).toEqual([...written]);
});

it('keeps which source points were drawn, where not each was drawn once', () => {
  const drawn = { ...pools[0]!, indices: Int32Array.of(0, 0, 5, 1, 7, 7, 2, 3) };
  const { pools: read } = decodePairLog(encodePairLog(facts, [drawn, pools[1]!], 0), 'x.bin');
  expect(read[0]).toEqual(drawn);
  expect([...read[1]!.indices!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it('refuses other files, and files that are cut short or changed anywhere', () => {
  expect(codeOf(new Uint8Array())).toBe('pair-log-unreadable');
  expect(codeOf(Uint8Array.from([...bytes].map((byte) => byte ^ 1)))).toBe('pair-log-unreadable');
  for (let length = 8; length < bytes.length; length += 5)
    expect(codeOf(bytes.subarray(0, length)), String(length)).toBe('pair-log-damaged');
  for (let at = 8; at < bytes.length; at += 7) {
    const changed = bytes.slice();
    changed[at]! ^= 0x10;
    expect(codeOf(changed), String(at)).toBe('pair-log-damaged');
  }
  // Whole, but with a row that the data does not have.
  const stray = { ...pools[0]!, rows: pools[0]!.rows.with(3, 10) };
  expect(codeOf(encodePairLog(facts, [stray], 0))).toBe('pair-log-damaged');
});

it('is replayed from a folder, in order, without rows that are held out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'monge-log-'));
  const write = (name: string, content: Uint8Array) => writeFile(join(folder, name), content);
  await write('pairs-0.bin', encodePairLog(facts, [pools[0]!, pools[1]!], 0));
  await write('pairs-2.bin', encodePairLog(facts, [pools[0]!], 2));
  const work = { compute: null as never, shouldStop: () => false, onProgress: () => undefined };
  const notices: string[] = [];
  const held: PairData = { ...data, training: data.training.filter((row) => row !== 0) };
  const replay = await replayPools(runAt(folder, ['pairs-*.bin']), held, (message) => notices.push(message));
  expect(replay).toMatchObject({ pools: 3, poolSize: 8, stored: true });
  const paired = await replay.pair(work, 2, null);
  expect([...paired!.rows]).toEqual([...pools[0]!.rows].filter((row) => row !== 0));
  expect([...paired!.indices!]).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(notices).toHaveLength(1);
  const none = { ...data, training: new Int32Array(0) };
  await expect(replayPools(runAt(folder, ['pairs-*.bin']), none, () => undefined)).rejects.toMatchObject({
    code: 'pair-log-held-out',
  });
  await rm(join(folder, 'pairs-0.bin'));
  await write('pairs-5.bin', encodePairLog(facts, [pools[0]!], 5));
  await expect(replayPools(runAt(folder, ['pairs-*.bin']), data, () => undefined)).rejects.toMatchObject({
    code: 'pair-log-incomplete',
  });
  await rm(folder, { recursive: true });
});
