/** @file Steering as a person uses it: two sets of texts, maps, a strength that is slid, a sweep whose texts are read, maps out and in again. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { barriers } from './support/axe';
import { setNumber } from './support/flows';
import { expect, test } from './support/workbench';

const goTo = (page: Page, view: string) =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click();
const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });
const texts = (page: Page) => page.locator('[data-columns]');
/** The words of a column, row by row. */
const column = (page: Page, place: number) =>
  page.locator(`[data-column="${place}"] [role=group]`).allTextContents();
const settled = (page: Page) =>
  expect(texts(page)).toHaveAttribute('data-running', 'false', { timeout: 60_000 });

/** Clicks the dot at a strength, wherever it lies in the upper plot. */
async function clickDot(page: Page, lambda: number): Promise<void> {
  const canvas = page.getByRole('region', { name: 'λ sweep' }).locator('canvas');
  const { x, y, width, height } = (await canvas.boundingBox())!;
  const across = x + 46 + (width - 66) * (lambda / 1.5);
  for (let down = 8; down < height / 2; down += 5) {
    await page.mouse.move(across, y + down);
    if (await canvas.evaluate((one) => one.classList.contains('over'))) {
      await page.mouse.down();
      await page.mouse.up();
      return;
    }
  }
  throw new Error(`no dot at λ ${lambda}`);
}

test('texts are steered to football: two columns differ, the sweep is read, the maps leave and come back', async ({
  openWorkbench,
}) => {
  const { page } = await openWorkbench();
  await goTo(page, 'Steer');

  await test.step('the sample pair stands on both sides, and unsteered words come', async () => {
    await page.getByRole('button', { name: /sample pair/ }).click();
    await expect(page.getByRole('group', { name: 'Texts you want' })).toContainText('football.jsonl');
    await expect(page.getByRole('group', { name: 'Texts you have' })).toContainText('400 texts');
    await expect(texts(page)).toHaveAttribute('data-columns', '1');
    await settled(page);
    // Between two questions nothing runs either, so that the words may still be on their way.
    await expect
      .poll(async () => (await column(page, 0)).map((one) => one.trim().length > 6), { timeout: 30_000 })
      .toEqual([true, true, true]);
  });

  await test.step('maps are fitted and swept', async () => {
    await setNumber(page, /^Copies/, '4');
    const lambdas = page.getByRole('complementary').getByLabel(/^λ/).first();
    await lambdas.fill('0:1:0.5');
    await lambdas.press('Enter');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(texts(page)).toHaveAttribute('data-columns', '2', { timeout: 90_000 });
    await expect(page.locator('[data-points]').first()).toHaveAttribute('data-points', '4', {
      timeout: 90_000,
    });
    await expect(page.getByRole('region', { name: 'Headline numbers' })).toContainText(/presence at λ 1\.00/);
  });

  await test.step('from the same random numbers other words come, and with λ they change back', async () => {
    await settled(page);
    const [plain, steered] = [await column(page, 0), await column(page, 1)];
    expect(steered).not.toEqual(plain);
    await expect(texts(page)).toContainText(/of \d+ tokens differ/);
    await expect(page.locator('[data-column="1"] .first').first()).toBeVisible();
    const slider = page.getByRole('slider', { name: 'Strength λ', exact: true });
    await slider.focus();
    await slider.press('Home');
    await settled(page);
    await expect.poll(() => column(page, 1), { timeout: 60_000 }).toEqual(plain);
  });

  await test.step('a dot of the sweep opens the texts of its strength', async () => {
    await clickDot(page, 0.5);
    await expect(tab(page, 'Sweep')).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByRole('region', { name: 'Texts of a strength' })).toContainText('λ 0.50');
    await expect(page.getByRole('table', { name: 'Texts of this strength' }).getByRole('row')).toHaveCount(
      5,
      {
        timeout: 30_000,
      },
    );
  });

  await test.step('units and layers are there, and nobody is kept out', async () => {
    await tab(page, 'Units').click();
    const unit = page.getByRole('group', { name: 'Unit view' });
    await expect(unit).not.toHaveAttribute('data-unit', '', { timeout: 30_000 });
    const before = await unit.getAttribute('data-unit');
    await page.getByRole('button', { name: 'Next unit' }).click();
    await expect(unit).not.toHaveAttribute('data-unit', before ?? '', { timeout: 30_000 });
    expect(await barriers(page), 'Units').toEqual([]);
    await tab(page, 'Layers').click();
    await expect(page.getByRole('application', { name: /^Layers/ })).toHaveAttribute('data-rows', '4');
    expect(await barriers(page), 'Layers').toEqual([]);
  });

  await test.step('the maps leave as a file and steer again when it is brought back', async () => {
    await tab(page, 'Steer').click();
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: /Maps with recipe/ }).click(),
    ]);
    const path = join(test.info().outputDir, 'maps.safetensors');
    await file.saveAs(path);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('menuitem', { name: /Steer with a file of maps/ }).click(),
    ]);
    await chooser.setFiles(path);
    await expect(page.getByText('maps of maps.safetensors', { exact: true })).toBeVisible({
      timeout: 30_000,
    });
    const slider = page.getByRole('slider', { name: 'Strength λ', exact: true });
    await slider.fill('1');
    const plain = await column(page, 0);
    await expect.poll(() => column(page, 1), { timeout: 60_000 }).not.toEqual(plain);
    await settled(page);
    expect(await barriers(page), 'Steer').toEqual([]);
  });
});
