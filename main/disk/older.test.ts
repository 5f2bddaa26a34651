/** @file Records of the version before inputs had kinds: read in today's form, with the settings that became inputs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withoutFormerSettings } from './older';
import { readRecord, writeRecord } from './record';

let folder: string;
beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'monge-older-')), '20260901-1200-flows-abcd');
  mkdirSync(folder);
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

/** As version 0.1.0 wrote it, with fewer settings. */
const older = `{
  "id": "20260901-1200-flows-abcd",
  "name": "run 3 · sinkhorn",
  "method": "flows",
  "status": "stopped",
  "config": {
    "coupling": "sinkhorn",
    "poolSize": 512,
    "pairLog": " /runs/20260831-0900-flows-0001 ",
    "extractorModel": "/models/inception.onnx",
    "steps": 2000
  },
  "seed": 7,
  "data": [
    {
      "input": "data",
      "name": "rings.csv",
      "path": "/data/rings.csv",
      "sha256": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
      "rows": 1200,
      "roles": { "y": "ignore" }
    }
  ],
  "device": { "asked": "auto", "used": "cpu", "threads": 2 },
  "versions": { "monge": "0.1.0", "onnxruntime": "1.30.0" },
  "created": "2026-09-01T12:00:00.000Z",
  "started": "2026-09-01T12:00:01.000Z",
  "finished": "2026-09-01T12:00:31.000Z",
  "seconds": 30.5,
  "progress": { "stage": "training", "step": 800, "steps": 2000, "secondsLeft": null, "stepsPerSecond": 90 },
  "metrics": { "loss": 0.5, "sharpness": "NaN" },
  "snapshots": [0, 500],
  "artifacts": ["pairs-0.bin"],
  "notices": [],
  "error": null,
  "command": "npx monge run flows --data /data/rings.csv --set 'pairLog=/runs/a b' --set steps=2000 --seed 7",
  "notes": ""
}`;
const put = (text: string) => writeFileSync(join(folder, 'run.json'), text);

const inputs = [
  {
    kind: 'dataset',
    input: 'data',
    name: 'rings.csv',
    path: '/data/rings.csv',
    sha256: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
    rows: 1200,
    roles: { y: 'ignore' },
  },
  {
    kind: 'run',
    input: 'pairs',
    name: '20260831-0900-flows-0001',
    path: '/runs/20260831-0900-flows-0001',
    sha256: '',
  },
  { kind: 'model', input: 'extractor', name: 'inception.onnx', path: '/models/inception.onnx', sha256: '' },
];

it('makes inputs of the data and of paths that were settings, and stays so when it is written again', async () => {
  put(older);
  const record = await readRecord(folder);
  expect(record.inputs).toEqual(inputs);
  expect(record.config).toEqual({ coupling: 'sinkhorn', poolSize: 512, steps: 2000 });
  expect(record.command).toBe(
    "npx monge run flows --data /data/rings.csv --run 'pairs=/runs/a b' --set steps=2000 --seed 7",
  );
  expect(record).toMatchObject({ seed: 7, metrics: { loss: 0.5, sharpness: NaN }, snapshots: [0, 500] });
  await writeRecord(folder, record);
  expect(await readRecord(folder)).toEqual(record);
});

it('makes no input of an empty path, nor of a setting of that name of another method', async () => {
  put(older.replace('" /runs/20260831-0900-flows-0001 "', '""').replace('/models/inception.onnx', ' '));
  expect((await readRecord(folder)).inputs).toEqual(inputs.slice(0, 1));
  put(older.replace('"flows"', '"conformal"').replace('"steps": 2000', '"modelFile": "m.onnx"'));
  const { config, inputs: given } = await readRecord(folder);
  expect(given.slice(1)).toEqual([
    { kind: 'model', input: 'model', name: 'm.onnx', path: 'm.onnx', sha256: '' },
  ]);
  expect(config).toHaveProperty('pairLog');
});

it('refuses what is no record of either version', async () => {
  for (const text of [
    '[]',
    'null',
    '{}',
    older.replace('"data": [', '"rows": ['),
    older.replace('1200', '"x"'),
  ]) {
    put(text);
    await expect(readRecord(folder), text.slice(0, 20)).rejects.toMatchObject({ code: 'run-corrupt' });
  }
});

it('names the flag for a setting that is an input now', () => {
  expect(withoutFormerSettings('flows', { steps: 5, pairLog: '', extractorModel: ' ' })).toEqual({
    steps: 5,
  });
  expect(withoutFormerSettings('conformal', { pairLog: 'x' })).toEqual({ pairLog: 'x' });
  expect(() => withoutFormerSettings('flows', { pairLog: '/runs/1' })).toThrow(
    expect.objectContaining({
      detail: expect.objectContaining({ code: 'setting-is-input', expected: '--run pairs=PATH' }) as unknown,
    }),
  );
});
