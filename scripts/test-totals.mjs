/** @file Adds the results of both test runners into the one line that ends `npm test`. */

/** @typedef {{ passed: number, failed: number, skipped: number }} Totals */

/**
 * @param {any} report vitest's JSON report, or null when it wrote none
 * @param {number} code its exit code
 * @returns {Totals} A file that does not load counts as one failure, and so does an unexplained bad exit.
 */
export function vitestTotals(report, code) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return admit(
    {
      passed: report.numPassedTests,
      failed: report.numFailedTests + unloaded,
      skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
    },
    code,
  );
}

/**
 * @param {any} report Playwright's JSON report, or null when it wrote none
 * @param {number} code its exit code
 * @returns {Totals} A test that passed only on a second try counts as passed; errors outside tests as failures.
 */
export function playwrightTotals(report, code) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const { expected, flaky, unexpected, skipped } = report.stats;
  const outside = unexpected === 0 ? (report.errors?.length ?? 0) : 0;
  return admit({ passed: expected + flaky, failed: unexpected + outside, skipped }, code);
}

/** A runner that ends badly is never a pass, whatever its report says. */
function admit(totals, code) {
  return code !== 0 && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
}

/** @param {Totals[]} parts */
export function addTotals(parts) {
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** @param {Totals} totals */
export function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
