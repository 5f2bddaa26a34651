/** @file What an error does to the exit code: what it says itself, and else the moment it came. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorDetail, type ErrorDetail } from '../../native-models/error';
import { runRecord } from '../rpc/testing';
import { exitCodeOfError, exitCodeOfRun } from './exit-codes';

const afterRun = (error: ErrorDetail) => exitCodeOfRun(runRecord({ status: 'failed', error }), null);

describe('the exit code of an error', () => {
  it.each<[string, Partial<ErrorDetail>, number, number]>([
    ['that says nothing', {}, 2, 1],
    ['that names a file', { where: { file: 'a.csv' } }, 2, 2],
    ['of the input', { blame: 'input' }, 2, 2],
    ['of the machine', { blame: 'machine' }, 1, 1],
    ['of the machine at a file', { blame: 'machine', where: { file: 'run.json' } }, 1, 1],
  ])('%s', (_name, part, before, inside) => {
    const error = { code: 'x', what: 'x', ...part };
    expect([exitCodeOfError(error), afterRun(error)]).toEqual([before, inside]);
  });

  it('is a failure for what is no error of ours', () => {
    const detail = errorDetail(new TypeError('x is not a function'));
    expect([exitCodeOfError(detail), afterRun(detail)]).toEqual([1, 1]);
  });
});

it('every place that throws a code blames the same', () => {
  const blames = new Map<string, Set<string>>();
  for (const folder of ['main', 'native-models'])
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts') || name.includes('testing')) continue;
      const source = readFileSync(`${folder}/${name}`, 'utf8');
      for (const [, code, blame] of source.matchAll(/code: '([a-z-]+)',(?:\s*blame: '(\w+)')?/g))
        blames.set(code!, (blames.get(code!) ?? new Set()).add(blame ?? 'by the moment'));
    }
  expect(blames.size).toBeGreaterThan(100);
  expect([...blames].filter(([, found]) => found.size > 1)).toEqual([]);
});
