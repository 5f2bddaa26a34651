/** @file What the figures of the model lab share: hooks of the graph, units and points, a second model, and a line for the shell. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { dropFiles } from './support/drop-files';
import { engineEnvironment, root } from './support/server';
import { writeTinyGguf } from './support/tiny-gguf';
import { expect, test } from './support/workbench';

const map = (page: Page) => page.getByRole('application', { name: /^Layer by token map/ });
const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });
const tree = (page: Page) => page.getByRole('tree', { name: 'Hooks by block' });
const field = (page: Page) => page.getByRole('textbox', { name: 'Choose hooks' });
const goTo = (page: Page, view: string) =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click();

async function openTinyModel(page: Page): Promise<void> {
  await goTo(page, 'Model');
  await page.getByRole('button', { name: 'Try the tiny model' }).click();
  await expect(map(page)).toBeVisible({ timeout: 60_000 });
}

test('hooks are chosen by a click in the graph, and sought out there from the tree', async ({
  openWorkbench,
}) => {
  const { page } = await openWorkbench();
  await goTo(page, 'Model');
  const roles = page.getByRole('region', { name: 'Hooks that a language model has' });
  await expect(roles).toContainText('resid_post: The state after the block');
  await openTinyModel(page);
  await tab(page, 'Graph').click();
  const boxes = page.getByRole('tree', { name: /^Boxes of/ });
  const boxOf = (hook: string) => boxes.getByRole('treeitem', { name: new RegExp(`hook ${hook}(,|$)`) });

  await test.step('a ring of the graph', async () => {
    await boxes.getByRole('treeitem', { name: /^block blocks\.0/ }).click();
    await expect(boxOf('resid_post:0')).toHaveAccessibleName(/resid_post:0, resid_pre:1, chosen$/);
    await expect(boxOf('norm_attn_in:0')).toHaveAccessibleName(/not chosen$/);
    await boxOf('norm_attn_in:0').locator('[data-port]').click();
    await expect(boxOf('norm_attn_in:0')).toHaveAccessibleName(/hook norm_attn_in:0, chosen$/);
    await expect(field(page)).toHaveValue('norm_attn_in:0,resid_post:*');
    await expect(
      tree(page)
        .getByRole('treeitem', { name: /^norm_attn_in/ })
        .first(),
    ).toBeChecked();
    await page.keyboard.press('h');
    await expect(field(page)).toHaveValue('resid_post:*');
  });

  await test.step('a hook of the tree', async () => {
    await tree(page)
      .getByText('block 2')
      .or(tree(page).getByText(/^blocks 1/))
      .first()
      .click();
    await tree(page).getByText('block 2').click();
    await tree(page)
      .getByRole('treeitem', { name: /^mlp_out/ })
      .last()
      .click();
    await expect(boxOf('mlp_out:2')).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByRole('status', { name: 'Hooks of the chosen box' })).toContainText('mlp_out:2');
  });

  await test.step('the setting of Capture, there and back', async () => {
    await field(page).fill('resid_mid:1-2');
    await goTo(page, 'Capture');
    const setting = page.getByRole('textbox', { name: 'Hooks' });
    await expect(setting).toHaveValue('resid_mid:1-2');
    await setting.fill('resid_post:3');
    await setting.press('Tab');
    await goTo(page, 'Model');
    await expect(field(page)).toHaveValue('resid_post:3');
  });
});

test('units and points stand under the map, on one hook and one text with it', async ({ openWorkbench }) => {
  const { page } = await openWorkbench();
  await openTinyModel(page);
  await dropFiles(page, [join(root, 'samples', 'sentences.jsonl')]);
  await expect(page.getByRole('table', { name: 'Rows' })).toContainText('Sorrin');
  await goTo(page, 'Model');
  await page.getByRole('button', { name: 'capture texts' }).click();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const cloud = page.locator('[data-projector]');
  await expect(cloud).toHaveAttribute('data-points', '2000', { timeout: 90_000 });
  await goTo(page, 'Model');
  await expect(page.getByRole('combobox', { name: 'Capture that is linked' })).toBeVisible();
  await expect(cloud).toHaveAttribute('data-points', '2000');
  const source = page.getByRole('combobox', { name: 'Stored vectors' });
  const texts = page.getByRole('list', { name: /largest activation/ }).getByRole('listitem');

  await test.step('a row of the map and a hook of the tree choose the vectors, and back', async () => {
    await map(page).focus();
    for (const key of ['End', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    const lit = tree(page).getByRole('treeitem', { name: /^resid_post/, selected: true });
    await expect(lit).toHaveAttribute('data-hook', await source.inputValue());
    await source.selectOption('resid_post:0');
    await map(page).press('Escape');
    await source.selectOption('resid_post:3');
    await expect(lit).toHaveAttribute('data-hook', 'resid_post:3');
  });

  await test.step('a unit is a direction of the map, a text of it the text', async () => {
    await page.getByRole('button', { name: 'In the map' }).click();
    await expect(page.getByRole('heading', { name: /^Cosine to unit \d+/ })).toBeVisible();
    await expect(texts.first()).toBeVisible();
    await texts.first().getByRole('button').click();
    const read = page.getByRole('textbox', { name: 'Text to look at' });
    await expect(read).not.toHaveValue(/^The road to Velmora/);
  });

  await test.step('a text and its point mark each other', async () => {
    await page.mouse.move(5, 5);
    const figure = page.getByRole('region', { name: 'Projector' });
    await texts.nth(1).hover();
    const row = await texts.nth(1).getAttribute('data-row');
    await expect(figure).toContainText(`row ${(Number(row) + 1).toLocaleString('en')} `);
  });
});

test('a second model is compared where the difference is shown', async ({ openWorkbench }) => {
  const { page, home } = await openWorkbench();
  await openTinyModel(page);
  await page.getByRole('radio', { name: 'Δ model' }).click();
  await expect(page.getByText('or drop one here')).toBeVisible();
  const picked = page.getByLabel('Other model file');
  await picked.setInputFiles(join(root, 'samples', 'velocity-mlp.onnx'));
  await expect(page.getByRole('region', { name: 'Notices' })).toContainText('is no language model');
  await picked.setInputFiles(await writeTinyGguf(home));
  await expect(page.getByRole('heading', { name: /^Difference to tiny-lm\.gguf/ })).toBeVisible({
    timeout: 60_000,
  });
  await expect(page).toHaveTitle(/^tiny-lm –/);
});

test('what was generated is copied as a command that gives the same words', async ({
  openWorkbench,
  host,
}) => {
  test.skip(host !== 'server', 'the clipboard of the desktop window is the machine’s own');
  const { page, home } = await openWorkbench();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await openTinyModel(page);
  await tab(page, 'Generate').click();
  await page.getByRole('textbox', { name: 'Prompt' }).fill("Hugo's road to");
  await page.getByRole('textbox', { name: 'Seed' }).fill('5');
  await page.getByRole('button', { name: 'Generate', exact: true }).last().click();
  await expect(page.getByText('the model ended')).toBeVisible();
  const said = await page.getByRole('group', { name: /^Generated text/ }).textContent();
  await page.getByRole('button', { name: 'Copy as command' }).click();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  expect(line).toMatch(/^npx monge run generate --model \S+ --prompt 'Hugo'\\''s road to' /);
  const monge = `'${process.execPath}' '${join(root, 'bin', 'monge.mjs')}'`;
  execFileSync('sh', ['-c', line.replace('npx monge', monge)], {
    cwd: home,
    env: engineEnvironment(home),
    stdio: 'pipe',
  });
  const runs = join(home, 'runs');
  const folder = readdirSync(runs).find((name) => name.includes('generate'))!;
  const written = JSON.parse(readFileSync(join(runs, folder, 'artifacts', 'generation.json'), 'utf8')) as {
    text: string;
  }[];
  expect(written[0]!.text.trim()).toBe(said?.trim());
});
