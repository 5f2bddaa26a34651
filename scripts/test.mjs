/** @file `npm test`: builds what is stale, runs vitest and then the browser specs, and ends with one line of totals. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale } from './build-if-stale.mjs';
import { ensureBrowser } from './ensure-browser.mjs';
import { packageFile, run } from './run.mjs';
import { addTotals, playwrightTotals, totalsLine, vitestTotals } from './test-totals.mjs';

const browserOnly = process.argv.includes('--e2e');
/** Other arguments go to Playwright with --e2e (a file, `-g name`), else to vitest. */
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--e2e');
const reports = mkdtempSync(join(tmpdir(), 'monge-test-'));

function report(name) {
  try {
    return JSON.parse(readFileSync(join(reports, name), 'utf8'));
  } catch {
    return null;
  }
}

async function runVitest() {
  const { code } = await run(process.execPath, [
    packageFile('vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(reports, 'vitest.json')}`,
    ...passedOn,
  ]);
  return vitestTotals(report('vitest.json'), code);
}

async function runBrowserSpecs() {
  const playwright = packageFile('@playwright/test', 'cli.js');
  const specs = browserOnly ? passedOn : [];
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
    env: { MONGE_BROWSER: browser.path, PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, 'playwright.json') },
  });
  return playwrightTotals(report('playwright.json'), code);
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
  const totals = addTotals(parts);
  console.log(`\n${totalsLine(totals)}`);
  process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
} catch (error) {
  console.log(`\n${totalsLine(failure(error))}`);
  process.exitCode = 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}
