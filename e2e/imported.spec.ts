/** @file An exported ONNX decoder in the lab: a folder opened by its path, seen layer by token, certified, written on. */
import { ExportFolders } from '../main/inference/imported/testing';
import { expect, test } from './support/workbench';

test('an exported decoder is looked into like any other, and says what it does not have', async ({
  openWorkbench,
  host,
}) => {
  test.skip(host !== 'server', 'the desktop window is dropped a folder, whose path it is told');
  const { page, home } = await openWorkbench();
  const folders = new ExportFolders(home);
  const open = async (path: string) => {
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByRole('combobox', { name: /Search commands/ }).fill('open a path');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: /Open a path/ });
    await dialog.getByRole('textbox', { name: 'Path' }).fill(path);
    await dialog.getByRole('button', { name: 'Open', exact: true }).click();
    await expect(dialog).toBeHidden({ timeout: 60_000 });
  };
  const map = page.getByRole('application', { name: /^Layer by token map/ });
  const hooks = page.getByRole('tree', { name: 'Hooks by block' });

  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Model' }).click();
  await test.step('with a tokenizer', async () => {
    await open(await folders.of('decoders/qwen3.fused', { below: 'onnx' }));
    await expect(map).toBeVisible({ timeout: 60_000 });
    await page.getByRole('textbox', { name: 'Text to look at' }).fill('the sea and the river and an end');
    await expect(page.getByRole('region', { name: 'Headline numbers' })).toContainText(/27\s*\/ 27/, {
      timeout: 60_000,
    });
    await hooks.getByRole('treeitem', { name: /^block 0/ }).click();
    await expect(hooks.getByRole('treeitem', { name: /pattern.*stays inside/ })).toBeVisible();
    await page.getByRole('tab', { name: 'Graph', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'main_graph' }).first()).toBeVisible();
  });
  await test.step('without one', async () => {
    await open(await folders.of('roles/llama.export', { tokenizer: false }));
    await expect(page.getByRole('note').first()).toContainText('Texts are ids of tokens here');
    await expect(map).toBeVisible({ timeout: 60_000 });
  });
});
