/** @file A study as a person meets it: begun beside Run, stopped, gone on with after a reload, its best trial promoted; and a large one looked through. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { barriers } from './support/axe';
import { setNumber } from './support/flows';
import { expect, test } from './support/workbench';

const goTo = (page: Page, view: string) =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view, exact: true }).click();
const trials = (page: Page) => page.getByRole('status', { name: 'Trials' });
const figure = (page: Page) => page.getByRole('application', { name: /^Trials/ });

test('a study of flows is begun beside Run, stopped, gone on with after a reload, and its best trial promoted', async ({
  openWorkbench,
}) => {
  test.setTimeout(240_000);
  const { page } = await openWorkbench();
  await page
    .getByRole('button', { name: /Two moons/ })
    .first()
    .click();
  await goTo(page, 'Flows');
  await setNumber(page, /^Steps/, '30');
  await page.getByRole('button', { name: 'Sweep this' }).click();
  await expect(page.getByRole('button', { name: 'Start 12 trials on this machine' })).toBeVisible();
  expect(await barriers(page), 'an empty study').toEqual([]);

  await page.getByRole('button', { name: 'Start 12 trials on this machine' }).click();
  await expect(trials(page)).toContainText(/\d complete/, { timeout: 120_000 });
  await page.getByRole('button', { name: 'Stop', exact: true }).last().click();
  await expect(page.getByRole('button', { name: 'Resume', exact: true }).last()).toBeVisible({
    timeout: 60_000,
  });

  await page.reload();
  await expect(figure(page)).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Resume', exact: true }).last().click();
  await expect(trials(page)).toContainText(/[2-9] complete/, { timeout: 120_000 });
  await page.getByRole('button', { name: 'Stop', exact: true }).last().click();
  await expect(page.getByRole('button', { name: 'Resume', exact: true }).last()).toBeVisible({
    timeout: 60_000,
  });

  await page.getByRole('button', { name: 'Promote best' }).click();
  await expect(page.getByText(/Flows · trial|trial \d+/).first()).toBeVisible({ timeout: 30_000 });
});

test('a study of 50,000 trials opens at once; a brush selects, and a trial lights everywhere', async ({
  openWorkbench,
}) => {
  const { page, home } = await openWorkbench();
  const id = '20261201-0000-bowl-study-0001';
  const folder = join(home, 'runs', 'studies', id);
  await mkdir(join(folder, 'trials'), { recursive: true });
  await writeFile(join(folder, 'journal.jsonl'), largeJournal(id, 50_000));

  const started = Date.now();
  await goTo(page, 'Sweep');
  // Looked for at every frame: the pauses of an expectation are as long as what is measured.
  await page.waitForFunction(() => document.querySelector('[data-trials="50000"]') !== null, null, {
    polling: 'raf',
    timeout: 20_000,
  });
  const seconds = (Date.now() - started) / 1000;
  console.log(`50,000 trials opened in ${seconds.toFixed(2)} s`);
  expect(seconds, 'seconds to open').toBeLessThan(test.info().config.workers > 1 ? 8 : 4);
  await expect(trials(page)).toContainText('45,000 complete');
  await expect(trials(page)).toContainText('5,000 diverged');

  const canvas = figure(page).locator('canvas').last();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  // The first axis, its upper half.
  await page.mouse.move(x + 70, y + height * 0.2);
  await page.mouse.down();
  await page.mouse.move(x + 70, y + height * 0.5, { steps: 4 });
  await page.mouse.up();
  const selected = page.getByRole('status', { name: 'Selected' });
  await expect(selected).not.toHaveText('50,000 of 50,000 trials selected');
  await expect(selected).toContainText('of 50,000 trials selected');
  await page.getByRole('button', { name: 'Clear the brush on learningRate' }).click();
  await expect(selected).toHaveText('50,000 of 50,000 trials selected');

  await figure(page).focus();
  await page.keyboard.press('ArrowRight');
  await expect(figure(page)).toHaveAttribute('data-hovered', '0');
  await page.mouse.move(x + width / 2, y + height - 60);
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    (async () => {
      await page.getByRole('button', { name: /Export study/ }).click();
      await page.getByRole('menuitem', { name: 'Trials as CSV' }).click();
    })(),
  ]);
  expect(file.suggestedFilename()).toBe(`${id}.csv`);
  expect(await barriers(page), 'a large study').toEqual([]);
});

/** A study of the flows with made-up trials, a tenth of them diverged. */
function largeJournal(id: string, count: number): string {
  const space = {
    learningRate: { type: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
    width: { type: 'int', low: 16, high: 256, scale: 'log' },
    coupling: { type: 'categorical', choices: ['independent', 'sinkhorn', 'exact'] },
  };
  const definition = {
    ...{ name: 'Large', method: 'flows', data: {}, settings: {}, space, trials: count, seeds: [0], seed: 0 },
    sampler: { kind: 'random', options: {} },
    pruner: { kind: 'none', options: {} },
    objectives: [{ metric: 'loss', direction: 'minimize' }],
    launcher: { kind: 'local', options: {} },
  };
  const at = '2026-12-01T00:00:00.000Z';
  const lines: object[] = [{ op: 'study', format: 1, id, created: at, definition }];
  for (let trial = 0; trial < count; trial++) {
    const share = ((trial * 7919) % count) / count;
    const point = {
      learningRate: 1e-4 * 1000 ** share,
      width: 16 + (trial % 241),
      coupling: space.coupling.choices[trial % 3],
    };
    const diverged = trial % 10 === 9;
    const loss = 1 + (share - 0.4) ** 2 + 0.001 * (trial % 17);
    lines.push({ op: 'asked', trial, point, origin: 'sampler' });
    lines.push({
      ...{
        op: 'ended',
        trial,
        state: diverged ? 'diverged' : 'complete',
        values: [diverged ? null : loss],
        at,
      },
      reason: diverged ? 'the loss left the numbers' : null,
    });
  }
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}
