/** @file The lab of a model of images as a person uses it: drop a ViT, drop pictures, click a patch, change layers, keep a recipe. */
import { readFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { barriers } from './support/axe';
import { dropFiles } from './support/drop-files';
import { dropModelFolder } from './support/drop-folder';
import { writePicture, writeTinyVit } from './support/tiny-vit';
import { expect, test } from './support/workbench';

const figure = (page: Page, name: string) =>
  page.getByRole('application', { name: new RegExp(`^${name}, arrow keys`) });
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

async function exported(page: Page, name: string, kind: string): Promise<Buffer> {
  await page.getByRole('button', { name: `Export ${name}` }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: kind, exact: true }).click(),
  ]);
  return readFile(await file.path());
}

/** Pixels of what is drawn, as one text. */
const pixels = (page: Page, name: string) =>
  figure(page, name)
    .locator('canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

/** Clicks at shares of the figure. */
async function clickAt(page: Page, name: string, across: number, down: number): Promise<void> {
  const { width, height } = (await figure(page, name).boundingBox())!;
  await figure(page, name).click({ position: { x: across * width, y: down * height } });
}

async function openModel(page: Page, home: string, host: 'server' | 'electron'): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Model' }).click();
  await dropModelFolder(page, writeTinyVit(home), host);
  await expect(page.getByRole('heading', { name: 'Drop a picture' })).toBeVisible({ timeout: 60_000 });
}

test('patches of a dropped picture are seen as colours, by likeness and by who reads them', async ({
  openWorkbench,
  host,
}) => {
  const { page, home } = await openWorkbench({ opensHome: true });
  await openModel(page, home, host);
  await dropFiles(page, [writePicture(join(home, 'meadow.png'))]);
  const colours = figure(page, 'Patch colours');
  await expect(colours).toHaveAttribute('data-hook', 'resid_post:3');
  await expect(colours).toHaveAttribute('data-patches', '64');
  await expect(region(page, 'Patch colours')).toContainText(
    '64 patches of meadow.png · class token left out',
  );
  await expect(page.getByText('240 × 160 → to 64 × 64 pixels, bilinear')).toBeVisible();

  await test.step('a click chooses a patch, and everything else is held against it', async () => {
    await clickAt(page, 'Patch colours', 0.4, 0.4);
    const likeness = figure(page, 'Likeness to a patch');
    await expect(likeness).toHaveAttribute('data-hook', 'resid_post:3');
    await expect(likeness).not.toHaveAttribute('data-target', '-1');
    await expect(figure(page, 'Attention over the picture')).not.toHaveAttribute('data-reader', 'class');
    await expect(region(page, 'Attention over the picture')).toContainText(
      /what the patch at row \d, column \d reads/,
    );
    await page.getByRole('radio', { name: 'Class token' }).click();
    await expect(figure(page, 'Attention over the picture')).toHaveAttribute('data-reader', 'class');
  });

  await test.step('layers, roles, heads and opacity change what is drawn', async () => {
    const before = await pixels(page, 'Patch colours');
    await page.getByRole('slider', { name: 'Layer' }).fill('1');
    await expect(colours).toHaveAttribute('data-hook', 'resid_post:1');
    await expect(figure(page, 'Attention over the picture')).toHaveAttribute('data-layer', '1');
    await expect.poll(() => pixels(page, 'Patch colours')).not.toBe(before);
    await page.getByRole('combobox', { name: 'Role' }).selectOption('mlp_act');
    await expect(colours).toHaveAttribute('data-hook', 'mlp_act:1');
    const mean = await pixels(page, 'Attention over the picture');
    await expect(page.getByRole('radio', { name: /^Head \d/ })).toHaveCount(4);
    await page.getByRole('radio', { name: 'Head 2' }).click();
    await expect(region(page, 'Attention over the picture')).toContainText('Block 1, head 2');
    await expect.poll(() => pixels(page, 'Attention over the picture')).not.toBe(mean);
    await page.getByRole('slider', { name: 'Opacity' }).fill('1');
  });

  await test.step('the keyboard reaches every patch', async () => {
    await colours.press('ArrowRight');
    await colours.press('Enter');
    await expect(figure(page, 'Likeness to a patch')).not.toHaveAttribute('data-target', '-1');
    expect(await barriers(page)).toEqual([]);
  });

  await test.step('every figure leaves as a picture, a drawing and a table', async () => {
    const columns = {
      'Patch colours': /^row,column,red,green,blue,component 1/,
      'Likeness to a patch': /^row,column,cosine/,
      'Attention over the picture': /^row,column,head 0,head 1/,
    };
    for (const [name, heading] of Object.entries(columns)) {
      expect((await exported(page, name, 'PNG')).subarray(1, 4).toString()).toBe('PNG');
      expect((await exported(page, name, 'SVG')).toString()).toMatch(/<image [^>]*data:image\/png[^]*<rect/);
      const lines = (await exported(page, name, 'CSV')).toString().trim().split('\r\n');
      expect(lines[0]).toMatch(heading);
      expect(lines).toHaveLength(name.startsWith('Attention') ? 66 : 65);
    }
  });
});

test('colours fitted on one picture are shown of another, and a recipe draws the same pixels again', async ({
  openWorkbench,
  host,
}) => {
  const { page, home } = await openWorkbench({ opensHome: true });
  await openModel(page, home, host);
  await dropFiles(page, [
    writePicture(join(home, 'meadow.png')),
    writePicture(join(home, 'mirror.png'), [160, 160], true),
  ]);
  const colours = region(page, 'Patch colours');
  await expect(colours).toContainText('64 patches of mirror.png');
  const fit = page.getByRole('combobox', { name: 'Fitted on' });
  await fit.selectOption({ label: 'meadow.png' });
  await expect(colours).toContainText('64 patches of meadow.png');
  await fit.selectOption({ label: 'all 2 pictures' });
  await expect(colours).toContainText('128 patches of 2 pictures');
  const drawn = (await exported(page, 'Patch colours', 'CSV')).toString();
  const [kept] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Keep' }).click(),
  ]);
  const recipe = join(home, 'recipe.json');
  await kept.saveAs(recipe);
  await fit.selectOption({ label: 'this picture' });
  await page.getByRole('slider', { name: 'Layer' }).fill('0');
  await page.getByLabel('Recipe file').setInputFiles(recipe);
  await expect(colours).toContainText('the pixels of the recipe');
  await expect(figure(page, 'Patch colours')).toHaveAttribute('data-hook', 'resid_post:3');
  expect((await exported(page, 'Patch colours', 'CSV')).toString()).toBe(drawn);
});

test('what is no picture, and no recipe, is said and leaves the rest standing', async ({
  openWorkbench,
  host,
}) => {
  const { page, home } = await openWorkbench({ opensHome: true });
  await openModel(page, home, host);
  const good = writePicture(join(home, 'meadow.png'));
  await dropFiles(page, [good]);
  await expect(figure(page, 'Patch colours')).toHaveAttribute('data-patches', '64');
  await dropFiles(page, [good], undefined, (bytes) => bytes.subarray(0, 400));
  await expect(page.getByText('corrupt-image')).toBeAttached();
  // The header says 2³¹ − 1 pixels across.
  await dropFiles(page, [good], undefined, (bytes) => {
    const changed = Buffer.from(bytes);
    changed.writeUInt32BE(2 ** 31 - 1, 16);
    return changed;
  });
  await expect(page.getByText('image-too-large')).toBeAttached();
  const none = join(home, 'none.json');
  writeFileSync(none, '{}');
  await page.getByLabel('Recipe file').setInputFiles(none);
  await expect(page.getByText('recipe-malformed')).toBeAttached();
  await page.getByRole('combobox', { name: 'Fitted on' }).selectOption({ label: 'this picture' });
  await expect(figure(page, 'Patch colours')).toHaveAttribute('data-patches', '64');
});
