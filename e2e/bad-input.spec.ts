/** @file Broken files and impossible settings, as a person meets them: plain words that name the place, and the workbench goes on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { malformedFiles } from '../main/data/testing/malformed';
import { dropFiles } from './support/drop-files';
import { setNumber, writeEightGaussians } from './support/flows';
import { expect, test } from './support/workbench';

/** What a person should read for each file: its name, and where in it. */
const broken = [
  { name: 'CSV row too short', words: [/short\.csv/, /line 3/i] },
  { name: 'IDX cut in its data', words: [/data-images-idx3-ubyte/, /too early/i, /byte 116/] },
  { name: 'PNG named CSV', words: [/picture\.csv/, /not text/i, /byte 0/] },
  { name: 'empty CSV', words: [/empty\.csv/, /no content/i] },
];

test('broken files are named in plain words, and a good one opens afterwards', async ({
  openWorkbench,
}, info) => {
  const { page, home } = await openWorkbench();
  await expect(page.getByRole('main', { name: 'Welcome' })).toBeVisible();
  const folder = join(home, 'downloads');
  mkdirSync(folder);
  const notices = page.getByRole('region', { name: 'Notices' });

  for (const { name, words } of broken) {
    await test.step(name, async () => {
      const file = malformedFiles.find((one) => one.name === name)!;
      const path = join(folder, file.fileName);
      writeFileSync(path, file.bytes());
      await dropFiles(page, [path]);
      const message = notices.getByRole('alert').filter({ hasText: file.fileName });
      await expect(message).toBeVisible();
      for (const word of words) await expect(message).toContainText(word);
      await expect(message).not.toContainText(/undefined|\[object|internal|at Object/);
      await page.screenshot({ path: info.outputPath(`${file.fileName}.png`) });
      await expect(page.getByRole('main', { name: 'Welcome' })).toBeVisible();
    });
  }

  await test.step('a good file opens', async () => {
    await dropFiles(page, [writeEightGaussians(home, 800)]);
    const preview = page.getByRole('region', { name: 'Data preview' });
    await expect(preview).toContainText('800');
    await expect(preview.getByRole('row').nth(2)).toBeVisible();
  });
});

test('a setting out of range is told at its field, and nothing runs', async ({ openWorkbench }, info) => {
  const { page, home } = await openWorkbench();
  await expect(page.getByRole('main', { name: 'Welcome' })).toBeVisible();
  await dropFiles(page, [writeEightGaussians(home, 800)]);
  await expect(page.getByRole('region', { name: 'Data preview' })).toContainText('800');
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Flows' }).click();
  await setNumber(page, /^pool/i, '128');

  await setNumber(page, /^learning rate/i, '7');
  const inspector = page.getByRole('complementary');
  const field = inspector.getByLabel(/^learning rate/i).first();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(inspector.getByRole('alert')).toContainText(/1/);
  await page.screenshot({ path: info.outputPath('out-of-range.png') });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(field).toBeFocused();
  await expect(page.getByRole('region', { name: 'Notices' }).getByRole('alert')).toHaveCount(0);
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Runs' }).click();
  await expect(page.getByRole('list', { name: 'Runs' }).getByRole('listitem')).toHaveCount(0);
});
