/** @file The developer commands' own rules: what counts as a browser, as a failure, as a packed fault. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveElectron } from './electron-binary.mjs';
import { findBrowser } from './ensure-browser.mjs';
import { measureFiles } from './file-lengths.mjs';
import { fingerprint } from './guard/fingerprint.mjs';
import { differences } from './guard/record.mjs';
import { packingFaults } from './packing-faults.mjs';
import { clockText, playwrightFiles } from './test-clock.mjs';
import { addTotals, playwrightTotals, totalsLine, vitestTotals } from './test-totals.mjs';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'monge-scripts-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  return path;
}

describe('finding a browser', () => {
  it('takes the one that was asked for', () => {
    program('chromium');
    const asked = program('my-browser');
    expect(findBrowser({ MONGE_BROWSER: asked, PATH: folder }, 'linux')).toBe(asked);
  });

  it('does not quietly take another when the one asked for is missing', () => {
    program('chromium');
    const missing = join(folder, 'missing');
    expect(() => findBrowser({ MONGE_BROWSER: missing, PATH: folder }, 'linux')).toThrow(missing);
  });

  it('looks on the path', () => {
    const chromium = program('chromium');
    expect(findBrowser({ PATH: folder }, 'linux')).toBe(chromium);
  });

  it('passes over a file that cannot be started', () => {
    writeFileSync(join(folder, 'chromium'), '');
    const edge = program('microsoft-edge');
    expect(findBrowser({ PATH: folder }, 'linux')).toBe(edge);
  });

  it('knows where Windows keeps its browsers', () => {
    const place = join(folder, 'Microsoft', 'Edge', 'Application');
    mkdirSync(place, { recursive: true });
    const edge = program(join('Microsoft', 'Edge', 'Application', 'msedge.exe'));
    expect(findBrowser({ PATH: '', 'PROGRAMFILES(X86)': folder }, 'win32')).toBe(edge);
  });
});

describe("finding Electron's binary", () => {
  const linux = (env: NodeJS.ProcessEnv, user = 1000) =>
    resolveElectron({ env, user, platform: 'linux', packageFolder: folder });

  it('finds the one beside the package, or the one of the override', () => {
    mkdirSync(join(folder, 'dist'));
    const own = program(join('dist', 'electron'));
    expect(linux({ DISPLAY: ':0' })).toEqual({ path: own });
    mkdirSync(join(folder, 'other'));
    const other = program(join('other', 'electron'));
    expect(linux({ DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'other') })).toEqual({
      path: other,
    });
  });

  it('says why there is none', () => {
    expect(linux({ DISPLAY: ':0' })).toMatchObject({
      path: null,
      reason: expect.stringContaining('not installed') as string,
    });
    mkdirSync(join(folder, 'dist'));
    program(join('dist', 'electron'));
    expect(linux({})).toMatchObject({ path: null, reason: expect.stringContaining('display') as string });
    expect(linux({ DISPLAY: ':0' }, 0)).toMatchObject({
      path: null,
      reason: expect.stringContaining('root') as string,
    });
  });
});

describe('the totals', () => {
  const passing = {
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults: [],
  };

  it('add both runners', () => {
    const browser = { stats: { expected: 3, flaky: 0, unexpected: 1, skipped: 0 }, errors: [] };
    const total = addTotals([vitestTotals(passing, 0), playwrightTotals(browser, 1)]);
    expect(totalsLine(total)).toBe('8 passed, 1 failed, 1 skipped');
  });

  it('leave out what is zero, except passed and failed', () => {
    expect(totalsLine({ passed: 2, failed: 0, skipped: 0 })).toBe('2 passed, 0 failed');
  });

  it('count a test file that does not load', () => {
    const unloaded = { ...passing, testResults: [{ status: 'failed', assertionResults: [] }] };
    expect(vitestTotals(unloaded, 1)).toEqual({ passed: 5, failed: 1, skipped: 1 });
  });

  it('never pass a runner that ended badly or wrote no report', () => {
    expect(vitestTotals(passing, 1).failed).toBe(1);
    expect(vitestTotals(null, 1).failed).toBe(1);
    const clean = { stats: { expected: 3, flaky: 0, unexpected: 0, skipped: 0 }, errors: [{}] };
    expect(playwrightTotals(clean, 1).failed).toBe(1);
    expect(playwrightTotals(null, 0).failed).toBe(1);
  });
});

describe('the test clock', () => {
  const spec = (projectName: string, ...durations: number[]) => ({
    tests: [{ projectName, results: durations.map((duration) => ({ duration })) }],
  });

  it('adds the tries and the groups of a spec file, host by host', () => {
    const inner = { specs: [spec('server', 1000), spec('electron', 4000)] };
    const report = { suites: [{ file: 'a.spec.ts', specs: [spec('server', 500, 250)], suites: [inner] }] };
    expect(playwrightFiles(report)).toEqual([
      { project: 'browser', path: 'e2e/a.spec.ts', seconds: 1.75 },
      { project: 'electron', path: 'e2e/a.spec.ts', seconds: 4 },
    ]);
    expect(playwrightFiles(null)).toEqual([]);
  });

  it('tells the time by project and the twenty slowest files', () => {
    const files = Array.from({ length: 25 }, (_, k) => ({
      project: k % 2 === 0 ? 'unit' : 'numeric',
      path: `f${k}.test.ts`,
      seconds: k,
    }));
    const lines = clockText(files, 754.6).split('\n');
    expect(lines.slice(1, 3)).toEqual(['    156.0 s  unit, 13 files', '    144.0 s  numeric, 12 files']);
    expect(lines.slice(4, 6)).toEqual([
      '     24.0 s  f24.test.ts (unit)',
      '     23.0 s  f23.test.ts (numeric)',
    ]);
    expect(lines).toHaveLength(4 + 20 + 1);
    expect(lines.at(-1)).toBe('12 min 34 s in all');
  });
});

describe('file lengths', () => {
  it('name the files over the limit, longest first', () => {
    mkdirSync(join(folder, 'main'));
    writeFileSync(join(folder, 'main', 'short.ts'), 'a\n'.repeat(400));
    writeFileSync(join(folder, 'main', 'long.ts'), 'a\n'.repeat(401));
    writeFileSync(join(folder, 'main', 'data.json'), 'a\n'.repeat(900));
    const { largest, tooLong } = measureFiles({ folder });
    expect(tooLong).toEqual([{ path: join('main', 'long.ts'), lines: 401 }]);
    expect(largest.map((file) => file.lines)).toEqual([401, 400]);
  });
});

describe('a packed application', () => {
  const complete = [
    '/package.json',
    '/out/main/index.js',
    '/out/main/engine.js',
    '/out/main/worker.js',
    '/out/main/foreign.js',
    '/out/main/lane.js',
    '/out/preload/preload.cjs',
    '/out/renderer/index.html',
    '/samples/moons.csv',
    '/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
  ];

  it('has no fault when it holds what it needs', () => {
    expect(packingFaults(complete, 'linux', 'x64')).toEqual([]);
  });

  it.each(complete)('is at fault without %s', (path) => {
    const without = complete.filter((entry) => entry !== path);
    expect(packingFaults(without, 'linux', 'x64')).toHaveLength(1);
  });

  it.each([
    '/node_modules/onnxruntime-node/bin/napi-v6/linux/arm64/libonnxruntime.so.1',
    '/node_modules/onnxruntime-node/bin/napi-v6/win32/x64/onnxruntime.dll',
    '/main/cli/index.ts',
    '/scripts/test.mjs',
  ])('is at fault with %s', (path) => {
    expect(packingFaults([...complete, path], 'linux', 'x64')).toHaveLength(1);
  });
});

describe('the guard of the numbers', () => {
  const metrics = { loss: 0.1 + 0.2, worst: 'NaN' };

  it('finds no difference between equal runs', () => {
    expect(differences({ metrics }, structuredClone({ metrics }))).toEqual([]);
  });

  it('names what changed in the last digit, what is missing and what is new', () => {
    const after = { metrics: { loss: 0.3, slope: 1 } };
    expect(differences({ metrics, files: {} }, after)).toEqual([
      'metrics loss: 0.30000000000000004 → 0.3',
      'metrics worst: NaN → absent',
      'metrics slope: absent → 1',
    ]);
  });

  it('sees one bit of a tensor and one point of a curve, but no time', () => {
    const made = (file: string, content: string | Uint8Array) => writeFileSync(join(folder, file), content);
    for (const name of ['checkpoint', 'artifacts']) mkdirSync(join(folder, name));
    const run = (weight: number, loss: number, seconds: number) => {
      const header = JSON.stringify({ w: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
      const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
      const data = new Uint8Array(Float32Array.of(weight).buffer);
      const bytes = Buffer.concat([length, Buffer.from(header), data]);
      made('checkpoint/arrays.safetensors', bytes);
      made('snapshot.safetensors', bytes);
      made('artifacts/model.onnx', data);
      made('run.json', JSON.stringify({ status: 'done', metrics: { loss, trainSeconds: seconds } }));
      made('metrics.ndjson', `${JSON.stringify({ name: 'loss', step: 1, value: loss })}\n`);
      return fingerprint(folder);
    };
    const first = run(1, 0.5, 7);
    expect(differences(first, run(1, 0.5, 8))).toEqual([]);
    expect(differences(first, run(1 + 2 ** -23, 0.5, 7)).map((line) => line.split(':')[0])).toEqual([
      'checkpoint w',
      'snapshots all',
      'files model.onnx',
    ]);
    expect(differences(first, run(1, 0.5 + 2 ** -53, 7)).map((line) => line.split(':')[0])).toEqual([
      'metrics loss',
      'curves loss',
    ]);
  });
});
