/** @file Sets as a person makes them: drop a table, pick two targets, run, see the region, change the level, click a point, take the report. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { dropFiles } from './support/drop-files';
import { writeBentErrors } from './support/tables';
import { expect, test } from './support/workbench';

const stage = (page: Page) => page.getByRole('region', { name: 'Regions' }).locator('[data-stage=conformal]');

/** The areas of the shown sets, in the order of the scores. */
async function areas(page: Page): Promise<number[]> {
  const text = (await stage(page).getAttribute('data-area')) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

test('a dropped table becomes sets whose level can be changed without fitting again', async ({
  openWorkbench,
}) => {
  test.setTimeout(300_000);
  const { page, home } = await openWorkbench();
  await expect(page.getByRole('main', { name: 'Welcome' })).toBeVisible();

  await test.step('drop the table and pick two targets', async () => {
    await dropFiles(page, [writeBentErrors(home, 1200)]);
    await expect(page.getByRole('region', { name: 'Data preview' })).toContainText('1,200');
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Sets' }).click();
    const form = page.getByRole('complementary', { name: 'Inspector' });
    await form.getByRole('button', { name: 'Edit Targets' }).click();
    const text = form.getByLabel('Targets as text');
    await text.fill('north');
    await text.press('Enter');
    await form.getByRole('checkbox', { name: /^east/ }).check();
    await expect(form.getByRole('list', { name: 'Targets, named' })).toContainText(/north.*east/);
    await form.getByRole('button', { name: 'Close Targets' }).click();
    await form.getByRole('textbox', { name: 'Repeats' }).fill('2');
    await form.getByRole('textbox', { name: 'Repeats' }).press('Enter');
  });

  await test.step('run, and see the regions of the first test row', async () => {
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(stage(page)).toHaveAttribute('data-regions', /[1-9]/, { timeout: 120_000 });
    await expect(page.getByRole('region', { name: 'Numbers' })).toContainText('coverage', {
      timeout: 120_000,
    });
  });

  await test.step('a smaller level makes every set larger, with nothing running', async () => {
    await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeDisabled({ timeout: 120_000 });
    const before = await areas(page);
    expect(before.length).toBeGreaterThan(1);
    const slider = page.getByRole('slider', { name: 'Miscoverage α' });
    await slider.focus();
    for (let press = 0; press < 30; press++) await slider.press('ArrowLeft');
    await expect.poll(async () => (await areas(page))[0] ?? 0).toBeGreaterThan(before[0]!);
    const after = await areas(page);
    before.forEach((area, k) => expect(after[k]!).toBeGreaterThan(area));
    await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeDisabled();
  });

  await test.step('below what the calibration rows can vouch for, a set is everything and says so', async () => {
    const slider = page.getByRole('slider', { name: 'Miscoverage α' });
    await slider.press('Home');
    await expect(page.getByText(/a set is everything/).first()).toBeVisible();
    for (let press = 0; press < 200; press++) await slider.press('ArrowRight');
    await expect(stage(page)).toHaveAttribute('data-regions', /[1-9]/);
  });

  await test.step('clicking a point shows the set of its row', async () => {
    const before = await stage(page).getAttribute('data-row');
    const box = (await stage(page).boundingBox())!;
    for (const [x, y] of [
      [0.35, 0.6],
      [0.45, 0.7],
      [0.55, 0.6],
      [0.5, 0.5],
      [0.6, 0.7],
      [0.4, 0.75],
      [0.52, 0.65],
      [0.48, 0.8],
    ] as const) {
      await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
      await page.waitForTimeout(300);
      if ((await stage(page).getAttribute('data-row')) !== before) break;
    }
    await expect(stage(page)).not.toHaveAttribute('data-row', before ?? '');
  });

  await test.step('export the report', async () => {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const [report] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: /^Report/ }).click(),
    ]);
    const html = await readFile(await report.path(), 'utf8');
    expect(html).toContain('Conformal sets for north, east');
    expect(html.match(/<svg/g)!.length).toBeGreaterThanOrEqual(2);
  });
});
