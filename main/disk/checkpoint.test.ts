/** @file A checkpoint is whole or absent: every state a crash can leave between two file operations is read back. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint, recoverCheckpoint, writeCheckpoint, type StoredCheckpoint } from './checkpoint';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'monge-checkpoint-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const state = (step: number): StoredCheckpoint => ({
  step,
  metricsBytes: 10 * step,
  json: { best: 0.1 * step, name: 'ε', nested: [null, true] },
  arrays: {
    weights: { data: Float32Array.of(step, -0, 1e-40), shape: [3] },
    counter: { data: Uint32Array.of(4294967295), shape: [] },
  },
});
const at = (name: string) => join(folder, name);

it('gives back what was written, bit for bit, and replaces it', async () => {
  expect(await readCheckpoint(folder)).toBeNull();
  await writeCheckpoint(folder, state(1));
  await writeCheckpoint(folder, state(2));
  expect(await readCheckpoint(folder)).toEqual(state(2));
  expect(readdirSync(folder)).toEqual(['checkpoint']);
});

/** The folder as it is just after each step of replacing state 1 by state 2, and the step a reader must find. */
const crashes: [moment: string, found: number, arrange: () => void][] = [
  ['before anything', 1, () => rmSync(at('checkpoint.next'), { recursive: true })],
  ['with an empty new folder', 1, () => emptied('checkpoint.next')],
  [
    'with only the arrays, half written',
    1,
    () => (
      rmSync(at('checkpoint.next/state.json')),
      truncateSync(at('checkpoint.next/arrays.safetensors'), 30)
    ),
  ],
  ['with the state half written', 1, () => truncateSync(at('checkpoint.next/state.json'), 20)],
  ['with the new one complete', 1, () => undefined],
  ['after the old one moved away', 2, () => renameSync(at('checkpoint'), at('checkpoint.old'))],
  [
    'after the new one moved in',
    2,
    () => (
      renameSync(at('checkpoint'), at('checkpoint.old')),
      renameSync(at('checkpoint.next'), at('checkpoint'))
    ),
  ],
  [
    'with the old one half removed',
    2,
    () => (
      renameSync(at('checkpoint'), at('checkpoint.old')),
      renameSync(at('checkpoint.next'), at('checkpoint')),
      rmSync(at('checkpoint.old/state.json'))
    ),
  ],
  [
    'with the new one lost and the old one left',
    1,
    () => (renameSync(at('checkpoint'), at('checkpoint.old')), emptied('checkpoint.next')),
  ],
];

function emptied(name: string): void {
  rmSync(at(name), { recursive: true });
  mkdirSync(at(name));
}

describe('a crash', () => {
  it.each(crashes)('%s leaves step %i', async (_moment, found, arrange) => {
    await writeCheckpoint(folder, state(2));
    cpSync(at('checkpoint'), at('checkpoint.next'), { recursive: true });
    await writeCheckpoint(join(folder), state(1));
    // Writing clears what an earlier crash left, so the interrupted replacement is laid out again.
    const other = mkdtempSync(join(tmpdir(), 'monge-checkpoint-'));
    await writeCheckpoint(other, state(2));
    cpSync(join(other, 'checkpoint'), at('checkpoint.next'), { recursive: true });
    rmSync(other, { recursive: true });
    arrange();

    expect(await readCheckpoint(folder)).toEqual(state(found));
    expect(await recoverCheckpoint(folder)).toEqual(state(found));
    expect(readdirSync(folder)).toEqual(['checkpoint']);
    await writeCheckpoint(folder, state(3));
    expect(await readCheckpoint(folder)).toEqual(state(3));
  });

  it('during the first checkpoint leaves none', async () => {
    mkdirSync(at('checkpoint.next'));
    writeFileSync(at('checkpoint.next/arrays.safetensors'), 'half');
    expect(await recoverCheckpoint(folder)).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('damage', () => {
  it.each([
    [
      'a flipped bit in the arrays',
      () => writeFileSync(at('checkpoint/arrays.safetensors'), 'zzz', { flag: 'r+' }),
    ],
    ['a missing file', () => rmSync(at('checkpoint/arrays.safetensors'))],
    ['a state of something else', () => writeFileSync(at('checkpoint/state.json'), '{"format":2}')],
    ['a state that is null', () => writeFileSync(at('checkpoint/state.json'), 'null')],
  ])('%s is told, not taken for a fresh start', async (_what, damage) => {
    await writeCheckpoint(folder, state(1));
    damage();
    await expect(readCheckpoint(folder)).rejects.toMatchObject({ code: 'checkpoint-corrupt' });
    expect(existsSync(at('checkpoint'))).toBe(true);
  });

  it('refuses a state that JSON would change', async () => {
    const bad = { ...state(1), json: { loss: [1, NaN] } };
    await expect(writeCheckpoint(folder, bad)).rejects.toMatchObject({
      code: 'checkpoint-invalid',
      detail: { where: { key: 'json.loss.1' } },
    });
  });
});
