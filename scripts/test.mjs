/** @file `npm test`: builds what is stale, runs vitest and then the browser specs, and ends with times and one line of totals. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale } from './build-if-stale.mjs';
import { ensureBrowser } from './ensure-browser.mjs';
import { packageFile, root, run } from './run.mjs';
import { clockText, playwrightFiles } from './test-clock.mjs';
import { addTotals, playwrightTotals, totalsLine, vitestTotals } from './test-totals.mjs';

const browserOnly = process.argv.includes('--e2e');
/** Everything, heavy tests included: what must hold before a piece of work is called done. */
const full = process.argv.includes('--full');
/** Other arguments go to Playwright with --e2e (a file, `-g name`), else to vitest. */
const passedOn = process.argv.slice(2).filter((argument) => !['--e2e', '--full'].includes(argument));
const started = Date.now();
/** How long each file took. */
const timed = [];
const reports = mkdtempSync(join(tmpdir(), 'monge-test-'));

/** Tests that repeat something do so more often. */
const heavier = full ? { MONGE_TEST_FULL: '1' } : {};

function report(name) {
  try {
    return JSON.parse(readFileSync(join(reports, name), 'utf8'));
  } catch {
    return null;
  }
}

async function runVitest() {
  const { code } = await run(
    process.execPath,
    [
      packageFile('vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--reporter=${join(root, 'scripts', 'test-clock-reporter.mjs')}`,
      `--outputFile.json=${join(reports, 'vitest.json')}`,
      ...(full ? [] : ['--project=!full']),
      ...passedOn,
    ],
    { env: { MONGE_TEST_CLOCK: join(reports, 'clock.json'), ...heavier } },
  );
  timed.push(...(report('clock.json') ?? []));
  return vitestTotals(report('vitest.json'), code);
}

async function runBrowserSpecs() {
  const playwright = packageFile('@playwright/test', 'cli.js');
  const asked = browserOnly ? passedOn : [];
  // Who asks for a spec by name gets all of it.
  const specs = full || asked.length > 0 ? asked : ['--grep-invert', '@full'];
  const browser = await ensureBrowser();
  if (!browser.path) {
    const list = await run(process.execPath, [playwright, 'test', '--list', ...specs], { capture: true });
    const count = Number(/Total: (\d+) test/.exec(list.output)?.[1] ?? 0);
    console.error(`\n${'!'.repeat(78)}\n! BROWSER SPECS SKIPPED (${count}): ${browser.reason}`);
    console.error(`! Set MONGE_BROWSER to the path of a Chrome, Chromium or Edge.\n${'!'.repeat(78)}\n`);
    return { passed: 0, failed: 0, skipped: count };
  }
  console.log(`\nBrowser specs with ${browser.path} (${browser.how})`);
  const { code } = await run(process.execPath, [playwright, 'test', '--reporter=line,json', ...specs], {
    env: {
      MONGE_BROWSER: browser.path,
      PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, 'playwright.json'),
      ...heavier,
    },
  });
  timed.push(...playwrightFiles(report('playwright.json')));
  return playwrightTotals(report('playwright.json'), code);
}

/** The numbers of seven runs, bit for bit as recorded; skipped on a machine of which there is no record. */
async function runGuard() {
  const { code } = await run(process.execPath, [join(root, 'scripts', 'guard.mjs')]);
  return { passed: +(code === 0), failed: +(code === 1 || code > 2), skipped: +(code === 2) };
}

/** One failure with its reason; what passed before it stays counted. */
function failure(error) {
  console.error(error instanceof Error ? error.message : error);
  return { passed: 0, failed: 1, skipped: 0 };
}

try {
  await buildIfStale();
  const parts = [];
  if (!browserOnly) parts.push(await runVitest());
  // A filter for vitest asks for those tests alone.
  if (browserOnly || passedOn.length === 0) parts.push(await runBrowserSpecs().catch(failure));
  if (full && !browserOnly && passedOn.length === 0) parts.push(await runGuard());
  const totals = addTotals(parts);
  console.log(`\n${clockText(timed, (Date.now() - started) / 1000)}\n\n${totalsLine(totals)}`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
} catch (error) {
  console.log(`\n${totalsLine(failure(error))}`);
  process.exitCode = 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}
