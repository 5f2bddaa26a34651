/** @file The main job, as a person does it: drop a table, run Flows, watch, stop, come back, resume, take the results along. */
import { readFile } from 'node:fs/promises';
import { decodeModel } from '../native-models';
import { dropFiles } from './support/drop-files';
import {
  particlesChange,
  setNumber,
  stage,
  stageChecksum,
  stageStep,
  writeEightGaussians,
} from './support/flows';
import { expect, test } from './support/workbench';

test('a dropped CSV becomes a trained flow that survives a reload', async ({ openWorkbench }) => {
  test.setTimeout(300_000);
  const { page, home } = await openWorkbench();
  await expect(page.getByRole('main', { name: 'Welcome' })).toBeVisible();

  await test.step('drop the file and see its preview', async () => {
    await dropFiles(page, [writeEightGaussians(home, 4000)]);
    const preview = page.getByRole('region', { name: 'Data preview' });
    await expect(preview).toBeVisible();
    await expect(preview).toContainText('4,000');
    await expect(preview.getByRole('row').nth(2)).toBeVisible();
  });

  await test.step('choose Flows and run', async () => {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Flows' }).click();
    await setNumber(page, /^pool/i, '512');
    await setNumber(page, /^steps/i, '1000000');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
  });

  await test.step('the loss moves and the particles change', async () => {
    await expect.poll(() => stageStep(page), { timeout: 60_000 }).toBeGreaterThan(0);
    const loss = page.getByRole('region', { name: 'Loss' });
    const count = async () => Number(await loss.locator('[data-points]').first().getAttribute('data-points'));
    const before = await count();
    await expect.poll(count, { timeout: 30_000 }).toBeGreaterThan(before);
    await particlesChange(page, await stageChecksum(page));
  });

  await test.step('the evaluations slider re-integrates at once', async () => {
    const slider = page.getByRole('slider', { name: 'Function evaluations' });
    await slider.focus();
    await slider.press('Home');
    await expect(stage(page)).toHaveAttribute('data-evaluations', '1');
    const coarse = await stageChecksum(page);
    await slider.press('End');
    await expect(stage(page)).toHaveAttribute('data-evaluations', '64');
    await particlesChange(page, coarse);
  });

  await test.step('stop', async () => {
    await page.getByRole('button', { name: 'Stop' }).first().click();
    await expect(page.getByRole('button', { name: 'Resume' }).first()).toBeVisible({ timeout: 30_000 });
  });

  await test.step('reload, find the run, resume it', async () => {
    await page.reload();
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Runs' }).click();
    const row = page.getByRole('list', { name: 'Runs' }).getByRole('listitem').first();
    await expect(row).toContainText(/stopped/i);
    await row.getByRole('button').first().click();
    await page.getByRole('button', { name: 'Open run' }).click();
    await expect.poll(() => stageStep(page)).toBeGreaterThan(0);
    const stoppedAt = await stageStep(page);
    await page.getByRole('button', { name: 'Resume' }).first().click();
    await expect.poll(() => stageStep(page), { timeout: 60_000 }).toBeGreaterThan(stoppedAt);
    await page.getByRole('button', { name: 'Stop' }).first().click();
    await expect(page.getByRole('button', { name: 'Resume' }).first()).toBeVisible({ timeout: 30_000 });
  });

  await test.step('export the picture and the model', async () => {
    await page.getByRole('button', { name: 'Export Particles' }).click();
    const [picture] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'PNG' }).click(),
    ]);
    const png = await readFile(await picture.path());
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.length).toBeGreaterThan(5_000);

    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Runs' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export ONNX' }).click(),
    ]);
    expect(file.suggestedFilename()).toMatch(/\.onnx$/);
    const model = decodeModel(new Uint8Array(await readFile(await file.path())));
    expect(model.graph?.output?.map((output) => output.name)).toContain('velocity');
  });
});
