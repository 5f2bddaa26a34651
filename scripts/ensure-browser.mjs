/** @file Finds a Chrome, Chromium or Edge for the browser specs, or gets one where that is possible. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { packageFile, run } from './run.mjs';

const commands = [
  'google-chrome',
  'google-chrome-stable',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
  'microsoft-edge-stable',
  'msedge',
];

/** Where installers put the browsers that are not on PATH. */
function standardPlaces(platform, env) {
  if (platform === 'darwin') {
    return [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ];
  }
  if (platform === 'win32') {
    const folders = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(Boolean);
    return folders.flatMap((folder) => [
      join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(folder, 'Chromium', 'Application', 'chrome.exe'),
      join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]);
  }
  return ['/opt/google/chrome/chrome', '/snap/bin/chromium'];
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Looks for a browser without installing anything.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {NodeJS.Platform} [platform]
 * @returns {string | null} its path, or null. Throws when $MONGE_BROWSER names no program: a wish is not ignored.
 */
export function findBrowser(env = process.env, platform = process.platform) {
  if (env.MONGE_BROWSER) {
    if (executable(env.MONGE_BROWSER)) return env.MONGE_BROWSER;
    throw new Error(`MONGE_BROWSER names no program that can be started: ${env.MONGE_BROWSER}`);
  }
  const suffix = platform === 'win32' ? '.exe' : '';
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const onPath = commands.flatMap((name) => folders.map((folder) => join(folder, name + suffix)));
  return [...onPath, ...standardPlaces(platform, env)].find(executable) ?? null;
}

/** The browser Playwright keeps in its own cache, when it was downloaded before and really starts here. */
async function playwrightBrowser() {
  const { chromium } = await import('@playwright/test');
  const path = chromium.executablePath();
  if (!path || !executable(path)) return null;
  const { code } = await run(path, ['--version'], { capture: true, milliseconds: 30_000 });
  return code === 0 ? path : null;
}

/**
 * Finds a browser, else gets one: Playwright's download first, then apt where this user may install.
 * @returns {Promise<{ path: string, how: string } | { path: null, reason: string }>}
 */
export async function ensureBrowser() {
  const found = findBrowser();
  if (found) return { path: found, how: 'found on this machine' };
  const cached = await playwrightBrowser();
  if (cached) return { path: cached, how: "Playwright's own" };

  console.error('No Chrome, Chromium or Edge found; downloading Chromium through Playwright …');
  const download = await run(
    process.execPath,
    [packageFile('@playwright/test', 'cli.js'), 'install', 'chromium'],
    { capture: true, milliseconds: 600_000, env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' } },
  );
  const downloaded = download.code === 0 ? await playwrightBrowser() : null;
  if (downloaded) return { path: downloaded, how: 'downloaded by Playwright' };

  const apt = '/usr/bin/apt-get';
  if (process.getuid?.() !== 0 || !executable(apt)) {
    return {
      path: null,
      reason: 'no Chrome, Chromium or Edge here, the download failed, and this user may not install one',
    };
  }
  console.error('The download did not give a browser that starts; installing chromium through apt …');
  const quiet = { capture: true, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await run(apt, ['update', '-q'], quiet);
  const install = await run(apt, ['install', '-y', '-q', 'chromium', 'libvulkan1'], quiet);
  const installed = findBrowser() ?? (await playwrightBrowser());
  if (installed) return { path: installed, how: 'installed through apt' };
  return {
    path: null,
    reason: `neither the download nor apt gave a browser:\n${install.output.slice(-400)}`,
  };
}
