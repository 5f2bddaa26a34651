/** @file Adding a method is a folder and a line: the template is put into a copy of the sources, built, and used from the command line. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageFile, root, run } from './run.mjs';

const NOT_COPIED = ['.git', '.cache', 'node_modules', 'out', 'dist', 'runs', 'test-results'];
const copy = mkdtempSync(join(tmpdir(), 'monge-template-'));
const registry = join(copy, 'main', 'methods', 'index.ts');

function monge(...args: string[]) {
  const env = { MONGE_HOME: join(copy, 'home'), MONGE_RUNS: join(copy, 'runs'), MONGE_NO_BUILD: '1' };
  return run(process.execPath, [join(copy, 'bin', 'monge.mjs'), ...args], { cwd: copy, env, capture: true });
}

beforeAll(async () => {
  cpSync(root, copy, { recursive: true, filter: (path) => !NOT_COPIED.includes(relative(root, path)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // What CONTRIBUTING says: the folder, and its line in the registry with the import that it needs.
  cpSync(join(copy, 'scripts/method-template/linear-probe'), join(copy, 'main/methods/linear-probe'), {
    recursive: true,
  });
  const list = readFileSync(registry, 'utf8')
    .replace('flows, conformal', 'flows, conformal, linearProbe')
    .replace("from './flows';", "from './flows';\nimport { linearProbe } from './linear-probe';");
  writeFileSync(registry, list);
  const built = await run(process.execPath, [packageFile('electron-vite', 'bin/electron-vite.js'), 'build'], {
    cwd: copy,
    capture: true,
  });
  expect(built.code, built.output).toBe(0);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

it('passes the rules of the house where it lies', async () => {
  const cruised = await run(
    process.execPath,
    [
      packageFile('dependency-cruiser', 'bin/dependency-cruise.mjs'),
      ...['--config', '.dependency-cruiser.mjs', 'main/methods/linear-probe'],
    ],
    { cwd: copy, capture: true },
  );
  expect(cruised.code, cruised.output).toBe(0);
});

it('is listed with its settings', async () => {
  const { output } = await monge('methods', 'linear-probe');
  for (const word of ['label', 'steps', 'learningRate']) expect(output).toContain(word);
});

it('runs on a labelled table and reports its numbers', async () => {
  const given = ['--set', 'label=label', '--set', 'steps=300', '--json'];
  const { code, output } = await monge('run', 'linear-probe', '--data', 'samples/two-moons.csv', ...given);
  expect(code, output).toBe(0);
  const line = JSON.parse(output.trim().split('\n').at(-1)!) as { metrics: Record<string, number> };
  expect(line.metrics.accuracy).toBeGreaterThan(0.8);
});

it('ends with 2 where the table has no such column', async () => {
  const { code } = await monge(
    'run',
    'linear-probe',
    '--data',
    'samples/two-moons.csv',
    '--set',
    'label=none',
  );
  expect(code).toBe(2);
});
