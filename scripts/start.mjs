/** @file `npm start`: builds what is stale, then opens the workbench in Electron or, without it, in the browser. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildIfStale } from './build-if-stale.mjs';
import { downloadElectron, resolveElectron } from './electron-binary.mjs';
import { root } from './run.mjs';

const wantsDesktop = process.argv.includes('--desktop');
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--desktop');

/** The program that opens an address in the person's browser, or null where there is nobody to look. */
function opener() {
  if (process.env.CI || process.env.MONGE_NO_OPEN) return null;
  if (process.platform === 'darwin') return ['open'];
  // `start` takes its first quoted argument as a title; explorer takes the address alone.
  if (process.platform === 'win32') return ['explorer.exe'];
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? ['xdg-open'] : null;
}

function openAddress(address) {
  const command = opener();
  if (!command) return;
  const child = spawn(command[0], [...command.slice(1), address], { stdio: 'ignore', detached: true });
  child.on('error', () => console.log('No browser could be opened; open the address above yourself.'));
  child.unref();
}

function follow(child) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.on('close', (code, signal) => {
    process.exitCode = signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : (code ?? 1);
  });
}

function startElectron(path) {
  console.log(`Opening the desktop window: Electron is installed (${path}).`);
  follow(spawn(path, [root, ...passedOn], { stdio: 'inherit', cwd: process.cwd() }));
}

function startServer(reason) {
  console.log(`Opening in the browser (server mode): ${reason}.`);
  const child = spawn(process.execPath, [join(root, 'bin', 'monge.mjs'), 'serve', ...passedOn], {
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  let text = '';
  let opened = false;
  child.stdout.on('data', (piece) => {
    process.stdout.write(piece);
    if (opened) return;
    text += piece;
    const address = /https?:\/\/\S+/.exec(text)?.[0];
    // Only a whole line holds the whole token.
    if (!address || !text.slice(text.indexOf(address)).includes('\n')) return;
    opened = true;
    openAddress(address);
  });
  follow(child);
}

await buildIfStale();
let electron = resolveElectron();
if (!electron.path && wantsDesktop) {
  await downloadElectron();
  electron = resolveElectron();
}
if (electron.path) startElectron(electron.path);
else startServer(electron.reason);
