/** @file The first thing anyone sees: the workbench opens on its welcome page and answers the keyboard. */
import { expect, test } from './support/workbench';

test('the workbench opens on the welcome page', async ({ openWorkbench }) => {
  const { page } = await openWorkbench();
  await expect(page).toHaveTitle(/Monge/);
  await expect(page.getByText('Drop data')).toBeVisible();
});

test('the command palette opens by keyboard and closes with Escape', async ({ openWorkbench }) => {
  const { page } = await openWorkbench();
  await expect(page.getByText('Drop data')).toBeVisible();
  await page.keyboard.press('ControlOrMeta+k');
  const palette = page.getByRole('dialog', { name: /command/i });
  await expect(palette).toBeVisible();
  await expect(palette.getByRole('combobox').or(palette.getByRole('textbox'))).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
});
