/** @file Drops a folder on the window through the browser itself: script cannot make the entries of a folder. */
import type { Page } from '@playwright/test';

/** Drags the folder at `path` over the middle of the window and lets it go. */
export async function dropFolder(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize() ?? { width: 800, height: 600 };
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
  await session.detach();
}

/** Drops a folder with a model; a browser, which is not told paths and cannot send one, is told its path in the dialog it offers. */
export async function dropModelFolder(page: Page, path: string, host: 'server' | 'electron'): Promise<void> {
  await dropFolder(page, path);
  if (host === 'electron') return;
  await page.getByRole('region', { name: 'Notices' }).getByRole('button', { name: 'Open a path…' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Path' }).fill(path);
  await page.keyboard.press('Enter');
}
