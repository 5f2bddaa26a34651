/** @file `openWorkbench()`: the workbench in a fresh profile and home folder, watched for errors, closed after the spec. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, test as base, chromium, expect } from '@playwright/test';
import type { Page } from '@playwright/test';
import { resolveElectron } from '../../scripts/electron-binary.mjs';
import { findBrowser } from '../../scripts/ensure-browser.mjs';
import { watchForErrors } from './page-errors';
import { engineEnvironment, root, startServer } from './server';
import type { Server } from './server';

export interface WorkbenchOptions {
  /** Where the specs run: Chromium against server mode, or the desktop window. */
  host: 'server' | 'electron';
}

export interface Workbench {
  page: Page;
  /** Folder that stands for the person's own; everything the engine writes lies below it. */
  home: string;
  /** Console errors and policy violations seen so far; the spec fails when any is left at its end. */
  errors: string[];
  /** The engine's server, to kill or to start another; null in the desktop window. */
  server: Server | null;
}

export interface WorkbenchRequest {
  colourScheme?: 'light' | 'dark';
  viewport?: { width: number; height: number };
  /** Whether what lies in `home` may be opened by its path, also from a browser. */
  opensHome?: boolean;
  /** Messages that this spec provokes on purpose, for example by killing the engine. */
  expectErrors?: RegExp;
}

interface Fixtures extends WorkbenchOptions {
  openWorkbench: (request?: WorkbenchRequest) => Promise<Workbench>;
}

const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const test = base.extend<Fixtures>({
  host: ['server', { option: true }],

  openWorkbench: async ({ host }, use) => {
    const closers: (() => Promise<void>)[] = [];
    const opened: { workbench: Workbench; request: WorkbenchRequest }[] = [];
    await use(async (request = {}) => {
      const home = await mkdtemp(join(tmpdir(), 'monge-e2e-'));
      closers.push(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
      const workbench = await (host === 'electron' ? openDesktop : openServer)(home, request, closers);
      opened.push({ workbench, request });
      return workbench;
    });
    // Last opened, first closed: the page before its server, the server before its folder.
    for (const close of closers.reverse()) await close();
    for (const { workbench, request } of opened) {
      const unexpected = workbench.errors.filter((error) => !request.expectErrors?.test(error));
      expect(unexpected, 'console errors and policy violations').toEqual([]);
    }
  },
});

export { expect };

async function openServer(
  home: string,
  request: WorkbenchRequest,
  closers: (() => Promise<void>)[],
): Promise<Workbench> {
  const server = await startServer(home, 0, request.opensHome ? [home] : []);
  closers.push(() => server.close());
  const executablePath = findBrowser() ?? chromium.executablePath();
  const browser = await chromium.launch({ executablePath, args: browserArguments });
  closers.push(() => browser.close());
  const context = await browser.newContext({
    viewport: request.viewport ?? { width: 1440, height: 900 },
    colorScheme: request.colourScheme ?? 'dark',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const errors = await watchForErrors(page);
  await page.goto(server.address);
  return { page, home, errors, server };
}

async function openDesktop(
  home: string,
  request: WorkbenchRequest,
  closers: (() => Promise<void>)[],
): Promise<Workbench> {
  const electron = resolveElectron();
  if (electron.path === null) throw new Error(electron.reason);
  const profile = join(home, 'profile');
  await mkdir(profile);
  const application = await _electron.launch({
    executablePath: electron.path,
    args: [root, `--user-data-dir=${profile}`],
    cwd: home,
    env: engineEnvironment(home),
    colorScheme: request.colourScheme ?? 'dark',
  });
  closers.push(() => application.close());
  const page = await application.firstWindow();
  const errors = await watchForErrors(page);
  // What happened before the watch began is seen by loading once more.
  await page.reload();
  return { page, home, errors, server: null };
}
