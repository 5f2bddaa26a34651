/** @file The model lab as a person uses it: drop a model, look inside, let it write, capture texts, choose points, take figures along. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { barriers } from './support/axe';
import { dropFiles } from './support/drop-files';
import { dropFolder } from './support/drop-folder';
import { root } from './support/server';
import { writeTinyGguf } from './support/tiny-gguf';
import { expect, test } from './support/workbench';

const map = (page: Page) => page.getByRole('application', { name: /^Layer by token map/ });
const lens = (page: Page) => page.getByRole('region', { name: 'Logit lens' });
const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });
const goTo = (page: Page, view: string) =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click();

/** Where a cell lies in the window: shares of the map, which begins right of the names of its rows. */
async function place(page: Page, across: number, down: number): Promise<[number, number]> {
  const { x, y, width, height } = (await map(page).boundingBox())!;
  return [x + 60 + across * (width - 70), y + 30 + down * (height - 120)];
}

async function openTinyModel(page: Page): Promise<void> {
  await goTo(page, 'Model');
  await page.getByRole('button', { name: 'Try the tiny model' }).click();
  await expect(map(page)).toBeVisible({ timeout: 60_000 });
}

async function exported(page: Page, figure: string, kind: string): Promise<Buffer> {
  await page.getByRole('button', { name: `Export ${figure}` }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: kind, exact: true }).click(),
  ]);
  return readFile(await file.path());
}

test('a text is seen layer by token, followed by its lens, and every hook passes', async ({
  openWorkbench,
}) => {
  const { page } = await openWorkbench();
  await openTinyModel(page);

  await test.step('every hook certifies itself', async () => {
    const numbers = page.getByRole('region', { name: 'Headline numbers' });
    await expect(numbers).toContainText(/all pass\s*55\s*\/ 55/, { timeout: 60_000 });
    await expect(page.getByRole('region', { name: 'Needs a look' })).toContainText('Every hook passes.');
  });

  await test.step('a typed text is read after a moment', async () => {
    const before = await map(page).getAttribute('data-tokens');
    await page.getByRole('textbox', { name: 'Text to look at' }).fill('Hugo is a tailor.');
    await expect(map(page)).not.toHaveAttribute('data-tokens', before ?? '');
    await expect(map(page)).toHaveAttribute('data-rows', '5');
  });

  await test.step('the pointer moves the lens, a click pins, a second one compares', async () => {
    await page.mouse.move(...(await place(page, 0.45, 0.5)));
    await expect(map(page)).toContainText(/block \d · token/);
    const followed = lens(page).locator('[data-position]');
    const before = Number(await followed.getAttribute('data-position'));
    await page.mouse.move(...(await place(page, 0.05, 0.5)));
    await expect.poll(() => followed.getAttribute('data-position').then(Number)).toBeLessThan(before);
    await page.mouse.click(...(await place(page, 0.2, 0.5)));
    await page.mouse.click(...(await place(page, 0.7, 0.9)));
    await expect(map(page)).toContainText('Δ to the pinned cell');
    await expect(page.getByRole('treeitem', { name: /resid_post/, selected: true })).toBeVisible();
    await map(page).press('Escape');
    await expect(map(page)).not.toContainText('Δ to the pinned cell');
  });

  await test.step('cosine to a token, and the difference to another text', async () => {
    const title = (words: RegExp) => page.getByRole('heading', { name: words });
    await page.getByRole('radio', { name: 'Cosine' }).click();
    await expect(title(/^Cosine to “ Velmora”/)).toBeVisible();
    await page.getByRole('radio', { name: 'Δ text' }).click();
    await page.getByRole('textbox', { name: 'Other text' }).fill('Hugo the tailor has a long house.');
    await expect(title(/^Difference to the other text/)).toBeVisible();
    await page.getByRole('radio', { name: 'Norm' }).click();
    await page.getByRole('radio', { name: 'Entropy' }).click();
    await page.getByRole('radio', { name: 'KL', exact: true }).click();
  });

  await test.step('the map leaves as a picture, a drawing and a table', async () => {
    const figure = 'Layer by token map';
    expect((await exported(page, figure, 'PNG')).subarray(1, 4).toString()).toBe('PNG');
    expect((await exported(page, figure, 'SVG')).toString()).toMatch(/^<svg[^]*<\/svg>\s*$/);
    const table = (await exported(page, figure, 'CSV')).toString().trim().split('\n');
    expect(table[0]).toMatch(/^hook,position,token,/);
    expect(table.length).toBe(1 + 5 * Number(await map(page).getAttribute('data-tokens')));
  });
});

test('who reads whom, what the file holds, how it is computed, and words with what else was likely', async ({
  openWorkbench,
}) => {
  const { page } = await openWorkbench();
  await openTinyModel(page);

  await tab(page, 'Attention').click();
  await expect(page.getByRole('radio', { name: /^Head \d/ })).toHaveCount(4);
  const pattern = page.getByRole('region', { name: 'Attention pattern' });
  await expect(pattern).toContainText('Block 0, head 0');
  await page.getByRole('radio', { name: /^Head 2/ }).click();
  await expect(pattern).toContainText('Block 0, head 2');

  await tab(page, 'Tensors').click();
  await page.getByRole('searchbox', { name: 'Filter tensors' }).fill('q_proj');
  await expect(page.getByRole('list', { name: 'Tensors' }).getByRole('listitem')).toHaveCount(4);
  await tab(page, 'Graph').click();
  await expect(page.getByRole('treeitem', { name: /blocks\.3/ })).toBeVisible();

  await tab(page, 'Generate').click();
  await page.getByRole('textbox', { name: 'Prompt' }).fill('The road to');
  await page.getByRole('button', { name: 'Generate', exact: true }).last().click();
  const said = page.getByRole('group', { name: /^Generated text/ });
  await expect.poll(async () => (await said.textContent())?.trim().length ?? 0).toBeGreaterThan(5);
  await expect(page.getByText('the model ended')).toBeVisible();
  await said.press('ArrowRight');
  await expect(page.getByText(/nats\)/)).toBeVisible();
});

test('texts are captured, seen unit by unit and as a cloud, and a lasso makes a data set of them', async ({
  openWorkbench,
}) => {
  const { page } = await openWorkbench();
  await openTinyModel(page);
  await expect(page.getByRole('region', { name: 'Headline numbers' })).toContainText('all pass', {
    timeout: 60_000,
  });
  await dropFiles(page, [join(root, 'samples', 'sentences.jsonl')]);
  await expect(page.getByRole('table', { name: 'Rows' })).toContainText('Sorrin');
  await goTo(page, 'Model');
  await page.getByRole('button', { name: 'Capture these…' }).click();
  await page.getByRole('button', { name: 'Run', exact: true }).click();

  const units = page.getByRole('group', { name: 'Unit browser' });
  const cloud = page.locator('[data-projector]');
  await expect(cloud).toHaveAttribute('data-points', '2000', { timeout: 90_000 });
  await expect(page.getByRole('region', { name: 'Numbers' })).toContainText('2,000');

  await test.step('units are stepped through, with the texts that light them', async () => {
    await expect(
      page.getByRole('list', { name: /largest activation/ }).getByRole('listitem'),
    ).not.toHaveCount(0);
    const first = await units.getAttribute('data-unit');
    await page.getByRole('button', { name: 'Next unit' }).click();
    await expect(units).not.toHaveAttribute('data-unit', first ?? '');
    await page.getByRole('combobox', { name: 'Order of the units' }).selectOption({ label: 'by kurtosis' });
    await expect(units).toHaveAttribute('data-order', 'kurtosis');
  });

  await test.step('points in a lasso get a name and become a data set', async () => {
    await page.getByRole('radio', { name: 'Select with a lasso' }).click();
    const { x, y, width, height } = (await cloud.boundingBox())!;
    const corner = (angle: number): [number, number] => [
      x + width * (0.5 + 0.2 * Math.cos(angle)),
      y + height * (0.5 + 0.2 * Math.sin(angle)),
    ];
    await page.mouse.move(...corner(0));
    await page.mouse.down();
    for (let k = 1; k <= 24; k++) await page.mouse.move(...corner((k / 24) * 2 * Math.PI));
    await page.mouse.up();
    const chosen = page.getByRole('group', { name: 'Selected rows' });
    await expect(chosen).toContainText(/[\d,]+ of 2,000/);
    await chosen.getByRole('button', { name: 'Name subset' }).click();
    await chosen.getByRole('textbox', { name: 'Name of the subset' }).fill('middle');
    await chosen.getByRole('button', { name: 'Save' }).click();
    const notice = page.getByRole('region', { name: 'Notices' });
    await notice.getByRole('button', { name: 'Show' }).click();
    await expect(page).toHaveTitle(/^middle/);
    await expect(page.getByRole('table', { name: 'Rows' })).toContainText('text');
  });

  await test.step('the cloud has no barrier', async () => {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Capture' }).click();
    expect(await barriers(page)).toEqual([]);
  });

  await test.step('another method takes it', async () => {
    await goTo(page, 'Tiny LM');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByRole('button', { name: /Shown run: run 2/ })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole('region', { name: 'Notices' }).getByRole('alert')).toHaveCount(0);
    await page.getByRole('button', { name: 'Stop' }).first().click();
  });
});

test('a dropped file opens by itself, a folder says how, and a broken one tells where it was dropped', async ({
  openWorkbench,
  host,
}) => {
  const { page, home } = await openWorkbench();
  await goTo(page, 'Model');
  const zone = page.getByRole('main', { name: 'Model' });
  const good = await writeTinyGguf(home);

  await test.step('a broken file', async () => {
    await dropFiles(page, [good], undefined, (bytes) => bytes.subarray(0, 20_000));
    await expect(zone.getByRole('alert')).toContainText('Could not open tiny-lm.gguf');
    await expect(zone.getByRole('alert')).toContainText(/byte [\d,]+/);
  });
  if (host === 'server')
    await test.step('a folder', async () => {
      await dropFolder(page, join(root, 'samples', 'tiny-lm'));
      const notice = page.getByRole('region', { name: 'Notices' });
      await notice.getByRole('button', { name: 'Open a path…' }).click();
      await expect(page.getByRole('dialog', { name: /Open a path/ })).toBeVisible();
      await page.keyboard.press('Escape');
    });
  await test.step('a good file', async () => {
    await dropFiles(page, [good]);
    await expect(map(page)).toBeVisible({ timeout: 60_000 });
    await expect(page).toHaveTitle(/^tiny-lm\.gguf/);
    await expect(page.getByRole('radio', { name: 'Δ precision' })).toBeEnabled();
  });
});

for (const colourScheme of ['dark', 'light'] as const)
  test(`no side of the lab has a barrier in ${colourScheme}`, async ({ openWorkbench }) => {
    const { page } = await openWorkbench({ colourScheme });
    await openTinyModel(page);
    await expect(page.getByRole('region', { name: 'Headline numbers' })).toContainText('all pass', {
      timeout: 60_000,
    });
    await page.mouse.click(...(await place(page, 0.4, 0.4)));
    for (const side of ['Heat map', 'Graph', 'Tensors', 'Attention', 'Generate']) {
      await tab(page, side).click();
      await expect(page.getByRole('tabpanel', { name: side })).toBeVisible();
      expect.soft(await barriers(page), side).toEqual([]);
    }
  });
