/** @file What must be seen is seen: the stage in every window size, both moons, and a run dropped onto another. */
import type { Page } from '@playwright/test';
import { setNumber, stage } from './support/flows';
import { expect, test } from './support/workbench';

const views = (page: Page) => page.getByRole('navigation', { name: 'Views' });
const runButton = (page: Page) => page.getByRole('button', { name: 'Run', exact: true });

for (const [what, width, height] of [
  ['a laptop', 1280, 800],
  ['a laptop at 200 % zoom', 640, 400],
  ['a desk screen', 1920, 1080],
] as const) {
  test(`the figures keep their room on ${what}`, async ({ openWorkbench }, testInfo) => {
    const { page } = await openWorkbench({ viewport: { width, height } });
    await page.getByRole('button', { name: 'Two moons' }).click();
    const figures = {
      Data: page.getByRole('region', { name: 'Points' }),
      Flows: page.getByRole('region', { name: 'Particles' }),
      Steer: page.getByRole('region', { name: 'Generation' }),
    };
    for (const [view, figure] of Object.entries(figures)) {
      await views(page).getByRole('button', { name: view }).click();
      await expect(figure).toBeVisible();
      const box = (await figure.boundingBox())!;
      expect(box.height, `height of the figure of ${view}`).toBeGreaterThan(180);
      expect(box.width, `width of the figure of ${view}`).toBeGreaterThan(280);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(beyond, `pixels of ${view} beyond the window`).toBeLessThanOrEqual(0);
      await testInfo.attach(view, { body: await page.screenshot(), contentType: 'image/png' });
    }
  });
}

for (const [width, height] of [
  [1280, 800],
  [1920, 1080],
] as const) {
  test(`a matrix of probes and its cell keep their room at ${width} × ${height}`, async ({
    openWorkbench,
  }, testInfo) => {
    test.setTimeout(180_000);
    const { page } = await openWorkbench({ viewport: { width, height } });
    await views(page).getByRole('button', { name: 'Probes' }).click();
    await page.getByRole('button', { name: 'Take the six sample tasks' }).click();
    await expect(page.getByText('6 tasks chosen')).toBeVisible({ timeout: 30_000 });
    await setNumber(page, /^bootstrap/i, '100');
    await runButton(page).click();
    await expect(page.locator('[data-is=whole]').first()).toBeVisible({ timeout: 120_000 });
    for (const [name, least] of [
      ['Matrix', 300],
      ['Cell', 300],
      ['Transfer', 180],
      ['Block by position', 180],
      ['Worst items', 180],
    ] as const) {
      const box = (await page.getByRole('region', { name, exact: true }).boundingBox())!;
      expect(box.height, `height of ${name}`).toBeGreaterThan(least);
      expect(box.x + box.width, `right end of ${name}`).toBeLessThanOrEqual(width);
      expect(box.y + box.height, `lower end of ${name}`).toBeLessThanOrEqual(height);
    }
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(beyond, 'pixels beyond the window').toBeLessThanOrEqual(0);
    await testInfo.attach('probes', { body: await page.screenshot(), contentType: 'image/png' });
  });
}

test('a run dragged from the list onto the stage is overlaid on every figure', async ({ openWorkbench }) => {
  test.setTimeout(240_000);
  const { page } = await openWorkbench();
  await page.getByRole('button', { name: 'Two moons' }).click();
  await views(page).getByRole('button', { name: 'Flows' }).click();
  await setNumber(page, /^pool/i, '256');
  await setNumber(page, /^steps/i, '100');
  for (const coupling of ['Sinkhorn', 'Independent']) {
    await page
      .getByRole('complementary')
      .getByRole('combobox', { name: 'Coupling' })
      .selectOption({ label: coupling });
    await runButton(page).click();
    const name = new RegExp(`Shown run: run \\d+ · ${coupling}`, 'i');
    await expect(page.getByRole('button', { name })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('region', { name: 'Numbers' })).toContainText('curvature', {
      timeout: 120_000,
    });
  }
  await expect(stage(page)).toHaveAttribute('data-compared', '0');

  await views(page).getByRole('button', { name: 'Runs' }).click();
  const first = page.getByRole('list', { name: 'Runs' }).getByRole('listitem').filter({ hasText: 'run 1' });
  const row = (await first.boundingBox())!;
  const flows = (await views(page).getByRole('button', { name: 'Flows' }).boundingBox())!;
  await page.mouse.move(row.x + row.width / 2, row.y + row.height / 2);
  await page.mouse.down();
  // Dragged over the rail the run opens the panel; let go there it lies over the figures.
  await page.mouse.move(flows.x + flows.width / 2, flows.y + flows.height / 2, { steps: 8 });
  await expect(stage(page)).toBeVisible();
  await page.mouse.move(600, 300, { steps: 4 });
  await page.mouse.up();
  await expect(stage(page)).toHaveAttribute('data-compared', '1', { timeout: 30_000 });
  for (const figure of ['Particles', 'Loss', 'Curvature per path']) {
    await expect(page.getByRole('list', { name: `Legend of ${figure}` })).toContainText('run 1');
  }
});
