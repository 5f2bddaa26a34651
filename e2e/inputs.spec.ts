/** @file What a run is given beside its data: the pairs of an earlier run, chosen in the inspector, taken back and used. */
import { setNumber } from './support/flows';
import { expect, test } from './support/workbench';

test('a run trains on the pairs of an earlier one', async ({ openWorkbench }) => {
  const { page } = await openWorkbench();
  const pairs = page.getByRole('combobox', { name: 'Pairs of a run' });
  const run = page.getByRole('button', { name: 'Run', exact: true });
  const numbers = page.getByRole('region', { name: 'Numbers' });

  await page.getByRole('button', { name: /^Two moons/ }).click();
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Flows' }).click();
  await setNumber(page, /^pool/i, '256');
  await setNumber(page, /^steps/i, '200');
  await expect(pairs.getByRole('option')).toHaveText(['New pairs']);
  await run.click();
  await expect(pairs.getByRole('option')).toHaveText(['New pairs', /^run 1/], { timeout: 60_000 });

  await pairs.selectOption({ index: 1 });
  await expect(page.getByRole('status').filter({ hasText: 'differs from the shown run' })).toBeVisible();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(pairs).toHaveValue('');
  await pairs.selectOption({ index: 1 });
  await run.click();
  await expect(page.getByRole('button', { name: /Shown run: run 2/ })).toBeVisible();
  await page.getByText('Where it came from').click();
  const provenance = page.getByRole('region', { name: 'Provenance' });
  await expect(provenance).toContainText(/pairs\s*run 1 .* · [0-9a-f]{12}/);
  await expect(numbers).toContainText('curvature', { timeout: 60_000 });
});
