/** @file Images: MNIST's IDX files dropped on the window train a flow whose sample grid appears. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dropFiles } from './support/drop-files';
import { setNumber } from './support/flows';
import { root } from './support/server';
import { expect, test } from './support/workbench';

const folder = join(root, '..', 'shared', 'data', 'images');
const images = join(folder, 'mnist-t3k-images-idx3-ubyte.gz');
const labels = join(folder, 'mnist-t3k-labels-idx1-ubyte.gz');

test('MNIST becomes a sample grid', async ({ openWorkbench }) => {
  test.skip(!existsSync(images), 'SKIPPED: ../shared/data/images is not here, so there is no MNIST to drop');
  test.setTimeout(300_000);
  const { page } = await openWorkbench();
  await expect(page.getByRole('main', { name: 'Welcome' })).toBeVisible();

  await dropFiles(page, [images, labels]);
  const preview = page.getByRole('region', { name: 'Data preview' });
  await expect(preview).toContainText('3,000');
  await expect(preview).toContainText('28');
  // The labels file of the same drop belongs to the images.
  await expect(page.getByRole('combobox', { name: 'Role of label' })).toHaveValue('label');

  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Flows' }).click();
  await setNumber(page, /^pool/i, '256');
  await setNumber(page, /^steps/i, '300');
  await page.getByRole('button', { name: 'Run', exact: true }).click();

  const grid = page.getByRole('region', { name: 'Samples' });
  await expect(grid).toBeVisible({ timeout: 60_000 });
  const drawn = grid.locator('[data-checksum]').first();
  await expect(drawn).toBeVisible({ timeout: 60_000 });
  const first = await drawn.getAttribute('data-checksum');
  await expect.poll(() => drawn.getAttribute('data-checksum'), { timeout: 120_000 }).not.toBe(first);
});
