/** @file Finds Electron's binary without importing `electron`, whose index would download it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile, run } from './run.mjs';

function executableName(platform) {
  if (platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron';
  return platform === 'win32' ? 'electron.exe' : 'electron';
}

/**
 * Electron's executable, or the reason why the desktop window cannot open here.
 * @param {{ env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform, user?: number, packageFolder?: string }} [host]
 * @returns {{ path: string } | { path: null, reason: string }}
 */
export function resolveElectron(host = {}) {
  const env = host.env ?? process.env;
  const platform = host.platform ?? process.platform;
  const user = host.user ?? process.getuid?.() ?? -1;
  const path = binaryPath(env, platform, host.packageFolder ?? packageFile('electron', ''));
  if (!path) {
    const help = '`npm start -- --desktop` downloads it';
    return { path: null, reason: `Electron's binary is not installed (${help})` };
  }
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) {
    return { path: null, reason: 'there is no display for the Electron window' };
  }
  if (platform === 'linux' && user === 0) {
    return { path: null, reason: 'Electron keeps its sandbox and therefore does not run as root' };
  }
  return { path };
}

function binaryPath(env, platform, packageFolder) {
  const overridden = env.ELECTRON_OVERRIDE_DIST_PATH;
  const named = join(packageFolder, 'path.txt');
  const name = existsSync(named) ? readFileSync(named, 'utf8').trim() : executableName(platform);
  const path = join(overridden || join(packageFolder, 'dist'), name);
  return existsSync(path) ? path : null;
}

/** Downloads Electron's binary with the package's own installer, which checks its hash. Only on request. */
export async function downloadElectron() {
  const { code } = await run(process.execPath, [packageFile('electron', 'install.js')]);
  return code === 0;
}
