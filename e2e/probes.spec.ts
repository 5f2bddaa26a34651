/** @file Probes as a person uses them: six sample tasks, a cell of the matrix, its scores and worst items, another block, cosines, a figure as a file. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, test } from './support/workbench';

const matrix = (page: Page) => page.getByRole('application', { name: /^Matrix/ });

test('six sample tasks become a matrix whose cells, blocks and directions can be looked into', async ({
  openWorkbench,
}) => {
  test.setTimeout(180_000);
  const { page } = await openWorkbench({ viewport: { width: 1280, height: 800 } });

  await test.step('take the sample tasks with the tiny model, and run', async () => {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Probes' }).click();
    await expect(page.getByText('Drop two or more task files (statement, label)')).toBeVisible();
    await page.getByRole('button', { name: 'Take the six sample tasks' }).click();
    await expect(page.getByText('6 tasks chosen')).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText('The model is tiny-lm')).toBeVisible();
    const form = page.getByRole('complementary', { name: 'Inspector' });
    const bootstrap = form.getByRole('textbox', { name: 'Bootstrap' });
    await bootstrap.fill('100');
    await bootstrap.press('Enter');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(matrix(page)).toHaveAttribute('data-tasks', '6', { timeout: 60_000 });
    await expect(page.getByRole('region', { name: 'Numbers' })).toContainText('in-task AUC', {
      timeout: 90_000,
    });
  });

  await test.step('click a cell: larger than, tried on smaller than, is turned round', async () => {
    await expect(matrix(page)).toHaveAttribute('data-is', 'whole', { timeout: 30_000 });
    const box = (await matrix(page).boundingBox())!;
    const figure = page.getByRole('region', { name: 'Matrix', exact: true });
    // The fourth column of six; its rows are found by what the figure says of the cell under the pointer.
    const x = box.x + 0.68 * box.width;
    let y = box.y + 0.2 * box.height;
    for (let step = 0; step < 16; step++) {
      await page.mouse.move(x, y);
      if ((await figure.textContent())?.includes('larger-than → smaller-than:')) break;
      y += 0.03 * box.height;
    }
    await page.mouse.click(x, y);
    await expect(matrix(page)).toHaveAttribute('data-cell', '2,3');
    expect(Number(await matrix(page).getAttribute('data-value'))).toBeLessThan(0.4);
    const cell = page.getByRole('region', { name: 'Cell' });
    await expect(cell.locator('[data-pair]')).toHaveAttribute('data-pair', 'larger-than smaller-than');
    await expect(cell.locator('[data-plots]')).toHaveAttribute('data-plots', '2');
    const worst = page.getByRole('region', { name: 'List of worst items' });
    await expect(worst.getByRole('button', { name: /is smaller than/ }).first()).toBeVisible();
  });

  await test.step('another block answers at once, with nothing running', async () => {
    const before = await matrix(page).getAttribute('data-place');
    await page.getByRole('slider', { name: 'Block' }).press(before?.includes(' 0 ') ? 'End' : 'Home');
    await expect(matrix(page)).not.toHaveAttribute('data-place', before ?? '');
    await expect(matrix(page)).toHaveAttribute('data-is', 'whole', { timeout: 30_000 });
    await expect(page.getByRole('button', { name: 'Stop' }).first()).toBeDisabled();
    await page.getByRole('button', { name: 'Best block' }).click();
  });

  await test.step('arrow keys walk; cosines stand in the same grid', async () => {
    await matrix(page).focus();
    await page.keyboard.press('ArrowLeft');
    await expect(matrix(page)).toHaveAttribute('data-cell', '2,2');
    await page.getByRole('radio', { name: 'Cosine' }).click();
    await expect(matrix(page)).toHaveAttribute('data-measure', 'cosine');
  });

  await test.step('export the matrix', async () => {
    await page.getByRole('button', { name: 'Export Matrix' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'SVG' }).click(),
    ]);
    const svg = await readFile(await file.path(), 'utf8');
    expect(svg).toContain('Cosine of directions');
    expect(svg).toContain('smaller-than');
  });

  await test.step('a statement opens in the lab at its block', async () => {
    const statement = page.getByRole('region', { name: 'List of worst items' }).getByRole('button').first();
    const text = (await statement.locator('span').first().textContent())!;
    await statement.click();
    await expect(page.getByRole('textbox', { name: 'Text to look at' })).toHaveValue(text);
    await expect(page.getByRole('application', { name: /Layer by token map/ })).toBeVisible({
      timeout: 30_000,
    });
  });

  await test.step('a direction goes to Steer, which sweeps it instead of maps that it fits', async () => {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Probes' }).click();
    await page.getByRole('button', { name: 'Use direction' }).click();
    await page.getByRole('menuitem', { name: 'Shift along it with Steer' }).click();
    const maps = page.getByRole('complementary', { name: 'Inspector' }).getByLabel('Maps').first();
    await expect(maps).toContainText('direction.', { timeout: 30_000 });
  });
});
