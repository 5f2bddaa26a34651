/** @file Steps that several Flows specs share, in the words of a person using the panel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { stream } from '../../native-models';
import { expect } from './workbench';

/** Writes a CSV of eight Gaussian blobs on a circle of radius 2 and returns its path. */
export function writeEightGaussians(folder: string, rows: number): string {
  const noise = stream(11, 'e2e-blobs').normal(new Float32Array(2 * rows));
  const lines = Array.from({ length: rows }, (_, row) => {
    const angle = ((row % 8) / 8) * 2 * Math.PI;
    const x = 2 * Math.cos(angle) + 0.25 * noise[2 * row]!;
    const y = 2 * Math.sin(angle) + 0.25 * noise[2 * row + 1]!;
    return `${x.toFixed(5)},${y.toFixed(5)}`;
  });
  const path = join(folder, 'blobs.csv');
  writeFileSync(path, `x,y\n${lines.join('\n')}\n`);
  return path;
}

/** The stage of the Flows panel: its data attributes say what is drawn right now. */
export function stage(page: Page): Locator {
  return page.getByRole('region', { name: 'Particles' }).locator('[data-checksum]').first();
}

export async function stageChecksum(page: Page): Promise<string> {
  return (await stage(page).getAttribute('data-checksum')) ?? '';
}

export async function stageStep(page: Page): Promise<number> {
  return Number(await stage(page).getAttribute('data-step'));
}

/** Waits until the drawn particles differ from `before`, and returns the new checksum. */
export async function particlesChange(page: Page, before: string): Promise<string> {
  await expect.poll(() => stageChecksum(page), { timeout: 60_000 }).not.toBe(before);
  return stageChecksum(page);
}

/** Changes a numeric setting in the inspector by its title. */
export async function setNumber(page: Page, title: string | RegExp, value: string): Promise<void> {
  const field = page.getByRole('complementary').getByLabel(title).first();
  await field.fill(value);
  await field.press('Enter');
}
