/** @file Collects what a person would find in the console: errors, uncaught exceptions, policy violations. */
import type { Page } from '@playwright/test';

/** Starts watching; the returned list grows as errors happen. */
export async function watchForErrors(page: Page): Promise<string[]> {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => errors.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('crash', () => errors.push('the page crashed'));
  // Chromium reports most violations in the console as well; report-only ones and workers' come this way alone.
  await page.exposeFunction('mongeReportViolation', (text: string) => errors.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report: unknown = Reflect.get(window, 'mongeReportViolation');
      if (typeof report === 'function') {
        Reflect.apply(report, window, [
          `${event.violatedDirective} refused ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`,
        ]);
      }
    });
  });
  return errors;
}
