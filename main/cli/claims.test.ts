/** @file `monge claims` on a stand-in method: tables, JSON, progress, exit codes, data, stops, the results page. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { multiplying, seen } from '../claims/testing/claims-method';
import type { ClaimRecord } from '../contract/engine';
import { workbench, type Workbench } from '../runs/testing/workbench';
import type { CliHost, EngineRequest } from './host';
import { openForeignFiles } from '../jobs/foreign-kinds';
import { runCommandLine } from './main';

let bench: Workbench;

beforeEach(() => {
  bench = workbench([multiplying]);
  seen.log = [];
  seen.during = null;
});
afterEach(() => bench.clean());

async function monge(
  line: string,
  { terminal = false, signal }: { terminal?: boolean; signal?: string } = {},
) {
  const printed: string[] = [];
  const told: string[] = [];
  const listeners = new Set<(name: 'SIGINT' | 'SIGTERM') => void>();
  const requests: EngineRequest[] = [];
  const host: CliHost = {
    print: (text) => void printed.push(text),
    tell: (text) => void told.push(text),
    terminal,
    environment: { MONGE_RUNS: bench.runs, MONGE_HOME: join(bench.folder, 'home') },
    onSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async openEngine(request) {
      requests.push(request);
      return bench.engine();
    },
    openForeign: () => openForeignFiles(null),
    rendererFolder: bench.folder,
    samplesFolder: 'samples',
    loadBench: null,
  };
  if (signal)
    seen.during = (name) => {
      if (name === signal) listeners.forEach((listener) => listener('SIGINT'));
    };
  const code = await runCommandLine(['claims', ...line.split(' ').filter(Boolean)], host);
  return { code, out: printed.join('\n'), told: told.join(''), requests, listening: listeners.size };
}

describe('monge claims', () => {
  it('prints verdict, numbers and comparisons, and ends with 1 where a gate fails', async () => {
    const { code, out, told, requests, listening } = await monge('multiplying --quick --only A1,A2,A3');
    expect(code).toBe(1);
    expect(requests).toEqual([{ runsFolder: bench.runs, transport: 'port', threads: undefined }]);
    expect(out).toContain('A1  holds (5 seeds');
    expect(out).toMatch(/PRODUCTS\s+curvature\n\s+factor 1\s+1\.02 ± 0\.016/);
    expect(out).toMatch(
      /κ: factor 3 > factor 2\s+holds\s+1\.02\s+\[1\.0\d+, 1\.0\d+\]\s+0\.03125\s+0\.03125\s+5 of 5/,
    );
    expect(out).toMatch(/κ: factor 2 > factor 3\s+FAILS/);
    expect(out.split('\n').slice(-4).join('\n')).toMatch(
      /A1\s+holds[^\n]*\n.*A2\s+FAILS[^\n]*\n.*A3\s+reported/,
    );
    expect(told).toContain('A1 · 3 of 17 trainings done · Products, factor 1, seed 1');
    expect(listening).toBe(0);
  });

  it.each([
    ['what holds', 'multiplying --quick --only A1', 0],
    ['what is only reported', 'multiplying --quick --only A3', 0],
    ['what fails', 'multiplying --quick --only A2', 1],
    ['a training that fails', 'multiplying --quick --only A5', 1],
    ['missing data', 'multiplying --quick --only A4', 0],
    ['an unknown claim', 'multiplying --only A9', 2],
    ['an unknown method', 'dividing', 2],
    ['data that nobody needs', 'multiplying --data images=x.csv', 2],
    ['no number of seeds', 'multiplying --seeds 0', 2],
    ['a method without claims', 'counting', 0],
  ])('%s has its exit code', async (_what, line, code) => {
    expect((await monge(line)).code).toBe(code);
  });

  it('says what is missing and how to give it, and takes it', async () => {
    expect((await monge('multiplying --quick --only A4')).out).toContain(
      'not run: needs A table (--data table=FILE)',
    );
    const { out } = await monge(`multiplying --quick --only A4 --data table=${bench.csv} --json`);
    const { claims } = JSON.parse(out) as { claims: ClaimRecord[] };
    expect(claims[0]!.data[0]!.path).toBe(bench.csv);
    expect(claims[0]!.arms[0]!.runs).toHaveLength(1);
  });

  it('ends with one JSON object', async () => {
    const { code, out } = await monge('multiplying --quick --seeds 2 --json');
    expect(code).toBe(1);
    const { stopped, claims } = JSON.parse(out) as {
      stopped: boolean;
      claims: (ClaimRecord & { method: string })[];
    };
    expect(stopped).toBe(false);
    expect(claims.map(({ method, id, verdict }) => `${method} ${id} ${verdict}`)).toEqual([
      'multiplying A1 reported',
      'multiplying A2 fails',
      'multiplying A3 reported',
      'multiplying A4 not run',
      'multiplying A5 not run',
    ]);
  });

  it('stops at a signal and goes on with the same line', async () => {
    const { code, told } = await monge('multiplying --quick --only A1', { signal: '2/1' });
    expect(code).toBe(130);
    expect(told).toContain('finished trainings are not repeated');
    const before = seen.log.length;
    seen.during = null;
    const again = await monge('multiplying --quick --only A1');
    expect(again.code).toBe(0);
    expect(seen.log.length - before).toBe(15 - 4);
  });

  it('updates one line on a terminal', async () => {
    const { told } = await monge('multiplying --quick --only A3', { terminal: true });
    expect(told).toContain('\r\u001b[2KA3 · 1 of 2 trainings done · Products, factor 4, seed 1');
    expect(told.endsWith('\n')).toBe(true);
  });

  it('lists the claims with their last results without running any', async () => {
    await monge('multiplying --quick --only A1');
    const before = seen.log.length;
    const { code, out } = await monge('--list');
    expect(code).toBe(0);
    expect(out).toMatch(/multiplying\s+A1\s+gate\s+holds \(quick\)/);
    expect(out).toMatch(/multiplying\s+A4\s+gate\s+not run\s+data is needed\s+--data table=FILE/);
    expect(seen.log).toHaveLength(before);
    expect(JSON.parse((await monge('--list --json')).out)).toHaveLength(1);
  });
});

describe('the results page', () => {
  it('has machine, seeds, numbers per seed and the line that repeats, and replaces only its own kind', async () => {
    const page = join(bench.folder, 'docs', 'results.md');
    const { told } = await monge(`multiplying --quick --out ${page}`);
    expect(told).toContain(page);
    const text = readFileSync(page, 'utf8');
    expect(text).toMatch(/Machine: .+ cores \(1 threads used\).+monge 0\.0\.0/);
    expect(text).toContain('| A2 | two exceeds three | gate | fails |');
    expect(text).toContain('seeds 0, 1, 2, 3, 4;');
    expect(text).toContain('npx monge claims multiplying --quick --only A1');
    expect(text).toContain('| factor 2 | 2.04 ± 0.032 |');
    expect(text).toContain('| κ: factor 3 > factor 2 | holds | 1, 1.01, 1.02, 1.03, 1.04 |');
    expect(text).toContain('not run: needs A table');
    expect(text).toContain('not run (claim-training-failed)');
    expect((await monge(`multiplying --quick --only A1 --out ${page}`)).code).toBe(0);
    expect(readFileSync(page, 'utf8')).not.toContain('two exceeds three');
    const mine = join(bench.folder, 'mine.md');
    writeFileSync(mine, '# Mine\n');
    const before = seen.log.length;
    const refused = await monge(`multiplying --quick --fresh --only A1 --out ${mine}`);
    expect(seen.log).toHaveLength(before);
    expect([refused.code, refused.told.includes('file-exists')]).toEqual([2, true]);
    expect(readFileSync(mine, 'utf8')).toBe('# Mine\n');
  });

  it('is not written by experiments that were stopped', async () => {
    const page = join(bench.folder, 'results.md');
    await monge(`multiplying --quick --only A1 --out ${page}`, { signal: '1/0' });
    expect(existsSync(page)).toBe(false);
  });
});
