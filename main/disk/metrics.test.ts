/** @file Curves on disk survive torn lines, keep every number exactly, and can be cut back to a checkpoint. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LineWriter, encodePoints, readPoints, toCsv, toCurves, truncateMetrics } from './metrics';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-metrics-'));
  path = join(folder, 'metrics.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const points = [
  { name: 'loss', step: 1, value: 0.1 + 0.2 },
  { name: 'loss', step: 2, value: NaN },
  { name: 'a,"b"', step: 2, value: -Infinity },
  { name: 'loss', step: 3, value: 5e-324 },
];

it('reads back every number, also those JSON lacks', async () => {
  writeFileSync(path, encodePoints(points));
  expect(await readPoints(path)).toEqual({ points, damaged: 0 });
  expect(await readPoints(join(folder, 'none'))).toEqual({ points: [], damaged: 0 });
});

it('ignores a torn last line and counts damage elsewhere', async () => {
  const [first, second, ...rest] = encodePoints(points).split('\n');
  writeFileSync(path, [first, 'garbage', '{"name":1}', 'null', second, ...rest].join('\n') + '{"name":"lo');
  expect(await readPoints(path)).toEqual({ points, damaged: 3 });
});

it('appends after dropping a torn line, and knows its length', async () => {
  writeFileSync(path, encodePoints(points.slice(0, 1)) + '{"name":"los');
  const writer = await LineWriter.open(path);
  await writer.append(encodePoints(points.slice(1)));
  expect(writer.bytes).toBe(Buffer.byteLength(encodePoints(points)));
  await writer.close();
  expect(readFileSync(path, 'utf8')).toBe(encodePoints(points));
});

it('is cut back to where a checkpoint was taken, never filled up', async () => {
  const text = encodePoints(points);
  writeFileSync(path, text);
  const one = Buffer.byteLength(encodePoints(points.slice(0, 1)));
  await truncateMetrics(path, one);
  expect((await readPoints(path)).points).toEqual(points.slice(0, 1));
  await truncateMetrics(path, 1e6);
  expect(readFileSync(path).length).toBe(one);
});

it('groups points into curves and writes CSV that a spreadsheet reads', () => {
  const [loss] = toCurves(points, ['loss']);
  expect(loss).toEqual({
    name: 'loss',
    steps: Float64Array.of(1, 2, 3),
    values: Float64Array.of(0.1 + 0.2, NaN, 5e-324),
  });
  expect(toCsv(points.slice(1, 3))).toBe('step,name,value\n2,loss,NaN\n2,"a,""b""",-Infinity\n');
});
