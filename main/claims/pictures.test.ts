/** @file Pictures beside a results page: copied where a run left one, named on the page, left out where there is none. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resultsPage } from './page';
import { copyPictures } from './pictures';
import type { ClaimRecord } from '../contract/claims';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'monge-pictures-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const arm = (label: string, runs: string[]) => ({ recipe: 'Images', label, config: {}, runs, numbers: [] });
const record = {
  id: 'M1',
  verdict: 'holds',
  sentence: 'It is so.',
  seeds: [0],
  arms: [arm('with', ['one', 'two']), arm('without', ['three'])],
  tests: [],
  data: [],
  machine: { processor: 'p', cores: 2, threads: 2, memory: '1 GB', system: 's' },
  versions: {},
  finished: '2026-01-01T00:00:00Z',
  seconds: 1,
  quick: false,
  command: 'monge claims',
} as unknown as ClaimRecord;

it('are copied from the first seed of each arm and shown under the arms', async () => {
  const artifacts = join(folder, 'runs', 'one', 'artifacts');
  mkdirSync(artifacts, { recursive: true });
  writeFileSync(join(artifacts, 'samples.png'), 'picture');
  const page = join(folder, 'docs', 'flows.md');
  const pictures = await copyPictures(page, [record], join(folder, 'runs'));
  expect(pictures).toEqual({ one: 'flows/M1-1.png' });
  expect(readFileSync(join(folder, 'docs', 'flows', 'M1-1.png'), 'utf8')).toBe('picture');
  const claim = { statement: 'So it is', source: 'us', gate: true };
  const text = resultsPage([{ method: 'flows', record, claim }], pictures);
  expect(text).toContain('![with](flows/M1-1.png)');
  expect(text).not.toContain('![without]');
  expect(resultsPage([{ method: 'flows', record, claim }])).not.toContain('![');
});

it('come with a command that names files, not where they lie on this machine', () => {
  const path = join(folder, 'digits.gz');
  const given = {
    ...record,
    data: [{ name: 'images', path, sha256: 'a'.repeat(64) }],
    command: `npx monge claims flows --data images=${path}`,
  };
  const claim = { statement: 'So it is', source: 'us', gate: true };
  const text = resultsPage([{ method: 'flows', record: given, claim }]);
  expect(text).toContain('npx monge claims flows --data images=digits.gz');
  expect(text).not.toContain(folder);
});
