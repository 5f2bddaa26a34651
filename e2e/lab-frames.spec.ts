/** @file Frame times of the lab's large figures, printed: a map of 1,024 tokens and a projector of 100,000 points. Minutes long, so only where asked for. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { stream } from '../native-models';
import { dropFiles } from './support/drop-files';
import { framesWhilePanning } from './support/frame-times';
import { writeTinyGguf } from './support/tiny-gguf';
import { expect, test } from './support/workbench';

/** Longer than this and the figure stands still under the hand. */
const frozen = 500;
const map = (page: Page) => page.getByRole('application', { name: /^Layer by token map/ });

async function measure(
  what: string,
  page: Page,
  figure: Locator,
  by: 'drag' | 'wheel' = 'drag',
): Promise<void> {
  const { frames, median, most, longest } = await framesWhilePanning(page, figure, { by });
  const words = `${frames} frames, median ${median.toFixed(1)} ms, 95 % ${most.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`;
  console.log(`${what}: ${words}`);
  test.info().annotations.push({ type: 'frames while panning', description: `${what}: ${words}` });
  expect(most).toBeLessThan(frozen);
}

test.skip(
  !process.env.MONGE_FRAMES,
  'SKIPPED without MONGE_FRAMES=1: 100,000 texts take a minute to capture',
);

test('a map of 1,024 tokens and a projector of 100,000 points follow the hand', async ({ openWorkbench }) => {
  test.setTimeout(600_000);
  const { page, home } = await openWorkbench();
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Model' }).click();
  await dropFiles(page, [await writeTinyGguf(home, 2048)]);
  await expect(map(page)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('region', { name: 'Headline numbers' })).toContainText(/55\s*\/ 55/, {
    timeout: 120_000,
  });

  await test.step('the map', async () => {
    // Three tokens a word.
    await page.getByRole('textbox', { name: 'Text to look at' }).fill('x1 '.repeat(341) + '.');
    await expect.poll(() => map(page).getAttribute('data-tokens').then(Number)).toBeGreaterThan(1000);
    const tokens = await map(page).getAttribute('data-tokens');
    await measure(`map of ${tokens} tokens, pointer moving`, page, map(page));
    for (let press = 0; press < 6; press++) await map(page).press('+');
    await expect(map(page)).not.toHaveAttribute('data-shown', `0-${tokens}`);
    await measure(`map of ${tokens} tokens, zoomed, wheel sideways`, page, map(page), 'wheel');
  });

  await test.step('the projector', async () => {
    const drawn = stream(5, 'e2e-frames').uniform(new Float32Array(100_000));
    const words = ['road', 'salt', 'comet', 'match', 'tailor'];
    const lines = Array.from(drawn, (at, k) =>
      JSON.stringify({ text: `${words[k % 5]!} ${Math.floor(at * 1e4)}`, concept: words[k % 5]! }),
    );
    const path = join(home, 'many.jsonl');
    writeFileSync(path, `${lines.join('\n')}\n`);
    await dropFiles(page, [path]);
    await expect(page.getByRole('table', { name: 'Rows' })).toContainText('road', { timeout: 60_000 });
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Model' }).click();
    await page.getByRole('textbox', { name: 'Choose hooks' }).fill('resid_post:3');
    await page.getByRole('button', { name: 'Capture these…' }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const cloud = page.locator('[data-projector]');
    await expect(cloud).toHaveAttribute('data-points', '100000', { timeout: 400_000 });
    await measure('projector of 100,000 points', page, cloud);
  });
});
