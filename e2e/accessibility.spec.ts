/** @file Nobody is kept out: axe finds no serious barrier in any view, light or dark, and the main job is done by keyboard alone. */
import type { Page } from '@playwright/test';
import { barriers } from './support/axe';
import { setNumber, stage, stageChecksum, stageStep } from './support/flows';
import { expect, test } from './support/workbench';

function goTo(page: Page, view: string): Promise<void> {
  return page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click();
}

for (const colourScheme of ['dark', 'light'] as const) {
  test(`no view has a serious barrier in ${colourScheme}`, async ({ openWorkbench }) => {
    test.setTimeout(300_000);
    const { page } = await openWorkbench({ colourScheme });
    const check = async (view: string) => expect(await barriers(page), view).toEqual([]);

    await expect(page.getByRole('button', { name: 'Two moons' })).toBeVisible();
    await check('welcome');
    await page.getByRole('button', { name: 'Two moons' }).click();
    await expect(page.getByRole('region', { name: 'Data preview' }).getByRole('row').nth(2)).toBeVisible();
    await check('data');

    await goTo(page, 'Flows');
    await expect(page.getByRole('region', { name: 'Particles' })).toBeVisible();
    await check('Flows before a run');
    await setNumber(page, /^pool/i, '256');
    await setNumber(page, /^steps/i, '200');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.getByRole('region', { name: 'Numbers' })).toContainText('curvature', {
      timeout: 120_000,
    });
    await page.getByRole('button', { name: 'Pairs', exact: true }).click();
    await check('Flows after a run');
    for (const tab of ['Coupling', 'Curves', 'Claims']) {
      await page.getByRole('tab', { name: tab }).click();
      await expect(page.getByRole('tabpanel', { name: tab })).toBeVisible();
      await check(`Flows, ${tab}`);
    }

    await goTo(page, 'Probes');
    await check('Probes before a run');
    await page.getByRole('button', { name: 'Take the six sample tasks' }).click();
    await expect(page.getByText('6 tasks chosen')).toBeVisible({ timeout: 30_000 });
    await setNumber(page, /^bootstrap/i, '100');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect(page.locator('[data-is=whole]').first()).toBeVisible({ timeout: 120_000 });
    await expect(page.getByRole('region', { name: 'List of worst items' }).locator('li').first()).toBeVisible(
      {
        timeout: 60_000,
      },
    );
    await check('Probes after a run');
    for (const tab of ['Directions', 'Layers', 'Mixtures', 'Claims']) {
      await page.getByRole('tab', { name: tab }).click();
      await check(`Probes, ${tab}`);
    }

    await goTo(page, 'Model');
    await check('model before one is opened');
    await page.getByRole('button', { name: /^Velocity network/ }).click();
    await page.getByRole('treeitem', { name: /^block layer2/ }).click();
    await expect(page.getByRole('treeitem', { name: /^expanded block layer2/ })).toBeVisible();
    await check('model with a chosen block');
    await page.getByRole('button', { name: 'Profile', exact: true }).click();
    await expect(page.getByRole('img', { name: /^Colour scale/ })).toBeVisible({ timeout: 60_000 });
    await check('model after a profile');

    await goTo(page, 'Steer');
    await expect(page.getByRole('region', { name: 'Texts to steer by' })).toBeVisible();
    await check('Steer before a run');
    await page.getByRole('button', { name: /sample pair/ }).click();
    await expect(page.getByRole('listbox', { name: /^Hooks by block/ })).toBeVisible({ timeout: 60_000 });
    await expect(page.locator('[data-columns]')).toHaveAttribute('data-running', 'false', {
      timeout: 60_000,
    });
    await check('Steer with texts and a model');
    for (const tab of ['Units', 'Sweep', 'Layers', 'Steer']) {
      await page.getByRole('tab', { name: tab }).click();
      await check(`Steer, ${tab}`);
    }

    await goTo(page, 'Runs');
    await expect(page.getByRole('list', { name: 'Runs' }).getByRole('listitem').first()).toBeVisible();
    await check('runs');
    await page.keyboard.press('ControlOrMeta+k');
    await expect(page.getByRole('dialog', { name: 'Commands' })).toBeVisible();
    await check('palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await check('shortcuts');
  });
}

/** Presses Tab until the focus is on what `name` matches, and holds that the focus can be seen there. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 120; presses += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const labels = (element as HTMLInputElement).labels ?? [];
      const label = [...labels].map((one) => one.textContent).join(' ');
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      return {
        name: element.getAttribute('aria-label') ?? (label || element.textContent?.trim() || ''),
        visible: outlineStyle !== 'none' || boxShadow !== 'none',
      };
    });
    if (!name.test(focus.name)) continue;
    expect(focus.visible, `visible focus on “${focus.name}”`).toBe(true);
    return;
  }
  throw new Error(`Tab never reaches ${name.source}`);
}

test('a sample is opened, run, scrubbed, exported and maximised without a pointer', async ({
  openWorkbench,
}) => {
  test.setTimeout(240_000);
  const { page } = await openWorkbench();
  await expect(page.getByRole('button', { name: 'Two moons' })).toBeVisible();

  await test.step('open the sample and run', async () => {
    await tabTo(page, /^Two moons/);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('region', { name: 'Data preview' })).toBeVisible();
    await tabTo(page, /^Run$/);
    await page.keyboard.press('Enter');
    await expect.poll(() => stageStep(page), { timeout: 120_000 }).toBeGreaterThan(0);
    await page.keyboard.press('ControlOrMeta+.');
    await expect(page.getByRole('button', { name: 'Resume' }).first()).toBeVisible({ timeout: 60_000 });
  });

  await test.step('move time and evaluations with the arrow keys', async () => {
    const atEnd = await stageChecksum(page);
    await tabTo(page, /^Time$/);
    await page.keyboard.press('Home');
    await expect.poll(() => stageChecksum(page)).not.toBe(atEnd);
    await tabTo(page, /^Function evaluations$/);
    await page.keyboard.press('ArrowLeft');
    await expect(stage(page)).toHaveAttribute('data-evaluations', '2', { timeout: 30_000 });
  });

  await test.step('maximise the figure with F, restore it with Escape', async () => {
    await tabTo(page, /^Particles, arrow keys pan/);
    await page.keyboard.press('f');
    await expect(page.getByRole('button', { name: 'Restore Particles' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Maximise Particles' })).toBeVisible();
  });

  await test.step('open and leave the export menu and the dialogs', async () => {
    await tabTo(page, /^Export Loss$/);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'PNG' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('menuitem', { name: 'PNG' })).toBeHidden();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
  });
});
