import { expect, test } from './support/workbench';
const shot = (page, name) => page.screenshot({ path: `/tmp/e-shots/${name}.png` });
const goTo = (page, view) => page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click();
test('look', async ({ openWorkbench }) => {
  test.setTimeout(400_000);
  const { page } = await openWorkbench({ viewport: { width: 1280, height: 800 }, expectErrors: /.*/ });
  await goTo(page, 'Steer');
  await page.waitForTimeout(800);
  await shot(page, '1-empty');
  await page.getByRole('button', { name: /sample pair/ }).click();
  await page.waitForTimeout(4000);
  await shot(page, '2-sample');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForTimeout(5000);
  await shot(page, '3-running');
  await page.waitForTimeout(25000);
  await shot(page, '4-later');
  await page.waitForTimeout(30000);
  await shot(page, '5-done');
  for (const tab of ['Units', 'Sweep', 'Layers', 'Claims']) {
    await page.getByRole('tab', { name: tab }).click();
    await page.waitForTimeout(2500);
    await shot(page, `6-${tab}`);
  }
});
