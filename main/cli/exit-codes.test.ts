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

/** All sources of these folders that are no tests, by their paths. */
function* sources(...folders: string[]): Generator<[path: string, source: string]> {
  for (const folder of folders)
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing'))
        yield [`${folder}/${name}`, readFileSync(`${folder}/${name}`, 'utf8')];
}

it('a setting that does not fit the data is bad input, also where only the run finds it', () => {
  const atSettings = new Map<string, string | undefined>();
  for (const [path, source] of sources('main/methods', 'main/tables', 'main/transport')) {
    // What a query or an export is asked is no part of a run.
    if (/[/\\](queries|export)[/\\]/.test(path)) continue;
    for (const [, code, blame] of source.matchAll(
      /code: '([a-z-]+)',\s*(?:blame: '(\w+)',)?[^;{]*where: \{ key: '\w+' \}/g,
    ))
      atSettings.set(code!, blame);
  }
  expect([...atSettings.keys()]).toEqual(
    expect.arrayContaining(['known-map-missing', 'network-needs-images', 'labels-missing']),
  );
  expect([...atSettings].filter(([, blame]) => blame !== 'input')).toEqual([]);
});

it('every place that throws a code blames the same', () => {
  const blames = new Map<string, Set<string>>();
  for (const [, source] of sources('main', 'native-models'))
    for (const [, code, blame] of source.matchAll(/code: '([a-z-]+)',(?:\s*blame: '(\w+)')?/g))
      blames.set(code!, (blames.get(code!) ?? new Set()).add(blame ?? 'by the moment'));
  expect(blames.size).toBeGreaterThan(100);
  expect([...blames].filter(([, found]) => found.size > 1)).toEqual([]);
});
