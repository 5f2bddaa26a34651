/** @file Classes: labelled images dropped, a flow trained on their labels, and a class picked in the grid of samples. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { dropFiles } from './support/drop-files';
import { setNumber } from './support/flows';
import { root } from './support/server';
import { expect, test } from './support/workbench';

const folder = join(root, '..', 'shared', 'data', 'images');
const images = join(folder, 'mnist-t3k-images-idx3-ubyte.gz');
const labels = join(folder, 'mnist-t3k-labels-idx1-ubyte.gz');
const digits = [...'0123456789'];

const grid = (page: Page) => page.getByRole('region', { name: 'Samples', exact: true });
const drawn = (page: Page) => grid(page).locator('[data-checksum]').first();
const picture = async (page: Page) => (await drawn(page).getAttribute('data-checksum')) ?? '';
const classButton = (page: Page, name: string) =>
  page.getByRole('radiogroup', { name: 'Class' }).getByRole('radio', { name, exact: true });

/** Waits until every row of the grid is headed as expected and its pictures are others than before. */
async function rowsBecome(page: Page, rows: string[], before: string): Promise<string> {
  await expect(grid(page)).toHaveAccessibleDescription(new RegExp(`Rows: ${rows.join('; ')}\\.`), {
    timeout: 60_000,
  });
  await expect.poll(() => picture(page), { timeout: 60_000 }).not.toBe(before);
  return picture(page);
}

test('a flow of MNIST’s classes shows one class after the other', async ({ openWorkbench }) => {
  test.skip(
    !existsSync(images),
    'SKIPPED: ../shared/data/images is not here, so there are no labelled images',
  );
  test.setTimeout(240_000);
  const { page } = await openWorkbench();
  await expect(page.getByRole('main', { name: 'Welcome' })).toBeVisible();

  await test.step('drop images with their labels, and train on the labels', async () => {
    await dropFiles(page, [images, labels]);
    await expect(page.getByRole('combobox', { name: 'Role of label' })).toHaveValue('label');
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Flows' }).click();
    await page.getByRole('radiogroup', { name: 'Condition' }).getByText('Label').click();
    await setNumber(page, /^pool/i, '256');
    await setNumber(page, /^steps/i, '2000');
    await setNumber(page, /^batch size/i, '16');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByRole('button', { name: /Shown run: run 1/ })).toBeVisible({ timeout: 60_000 });
  });

  await test.step('one row per class', async () => {
    await page.getByRole('tab', { name: 'Samples' }).click();
    await expect(classButton(page, 'All')).toBeChecked({ timeout: 60_000 });
    await rowsBecome(page, digits, '');
    // Once the run has come to rest, what changes in the pictures is what was asked for.
    await expect(drawn(page)).toHaveAttribute('data-step', /^[1-9]\d/, { timeout: 60_000 });
    await page.getByRole('button', { name: 'Stop', exact: true }).first().click();
    await expect(page.getByRole('button', { name: 'Resume' }).first()).toBeVisible({ timeout: 60_000 });
    await expect(grid(page)).toHaveAccessibleDescription(/60 pictures of 28 by 28/, { timeout: 60_000 });
  });

  const sevens = Array.from({ length: 8 }, (_, k) => `7, noise ${k + 1}`);
  const ofSeven = await test.step('only sevens', async () => {
    const before = await picture(page);
    await classButton(page, '7').click();
    await expect(classButton(page, '7')).toBeChecked();
    return rowsBecome(page, sevens, before);
  });

  const guided = await test.step('more guidance', async () => {
    const guidance = page.getByRole('slider', { name: 'Guidance' });
    await guidance.focus();
    for (let presses = 0; presses < 8; presses += 1) await page.keyboard.press('ArrowRight');
    await expect(guidance).toHaveValue('3');
    return rowsBecome(page, sevens, ofSeven);
  });

  await test.step('through the classes by keyboard', async () => {
    await classButton(page, '7').focus();
    await page.keyboard.press('ArrowRight');
    await expect(classButton(page, '8')).toBeFocused();
    const eights = sevens.map((row) => row.replace('7', '8'));
    await rowsBecome(page, eights, guided);
    // One stop of the Tab key for all classes, and the pictures are walked with the arrows.
    const pictures = grid(page).getByRole('application', { name: /arrow keys choose a picture/ });
    await pictures.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await expect(grid(page)).toContainText('8, noise 2 · 1 NFE');
    const nearest = page.getByRole('region', { name: 'Nearest training images' });
    await expect(nearest).toHaveAccessibleDescription(/9 pictures of 28 by 28/, { timeout: 60_000 });
  });
});
