/** @file The shell as a whole: one window, files passed on, one question before a run is stopped, an orderly end. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('electron', () => import('./testing/fake-electron'));
import { toPage, toShell } from './channels';
import { Shell } from './shell';
import * as fake from './testing/fake-electron';

let folder = '';

function openShell(): { window: fake.BrowserWindow; fromPage: (channel: string, payload?: unknown) => void } {
  const shell = new Shell('file:///app/out/main/index.js');
  shell.listen();
  shell.open();
  const window = fake.BrowserWindow.made.at(-1)!;
  const event = { sender: window.webContents, senderFrame: { url: 'app://monge/', parent: null } };
  return { window, fromPage: (channel, payload) => void fake.ipcMain.emit(channel, event, payload) };
}

const sentTo = (window: fake.BrowserWindow, channel: string) =>
  window.webContents.send.mock.calls
    .filter(([name]) => name === channel)
    .map(([, value]) => value as unknown);

beforeEach(() => {
  vi.clearAllMocks();
  fake.app.removeAllListeners();
  fake.ipcMain.removeAllListeners();
  fake.children.length = 0;
  fake.BrowserWindow.made.length = 0;
  fake.nativeTheme.removeAllListeners();
  folder = mkdtempSync(join(tmpdir(), 'monge-shell-'));
  vi.spyOn(process, 'argv', 'get').mockReturnValue(['monge']);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('opening', () => {
  it('shows one window on our own page, in the colour of the theme, once it has something to show', () => {
    const { window } = openShell();
    expect(window.options).toMatchObject({ show: false, backgroundColor: '#101318' });
    expect(window.loadURL).toHaveBeenCalledWith('app://monge/');
    window.emit('ready-to-show');
    expect(window.show).toHaveBeenCalledOnce();
  });

  it('keeps the runs of an installed application among the documents, unless told otherwise', () => {
    vi.stubEnv('MONGE_RUNS', '');
    openShell();
    vi.stubEnv('MONGE_RUNS', folder);
    openShell();
    vi.unstubAllEnvs();
    const folders = fake.utilityProcess.fork.mock.calls.map(
      ([, args]) => (JSON.parse(args[0]!) as { runsFolder: string }).runsFolder,
    );
    expect(folders).toEqual([join('/home/person', 'Monge', 'runs'), folder]);
  });

  it('starts the engine beside it and connects the page when it asks', () => {
    const { window, fromPage } = openShell();
    expect(fake.children).toHaveLength(1);
    fromPage(toShell.requestEngine);
    expect(window.webContents.postMessage).toHaveBeenCalledWith(toPage.enginePort, null, [expect.anything()]);
  });

  it('passes a command chosen from the menu to the page', () => {
    const { window, fromPage } = openShell();
    fromPage(toShell.setMenu, [{ id: 'run.start', title: 'Run', keys: '', menu: 'Run' }]);
    const template = fake.Menu.buildFromTemplate.mock.lastCall![0] as {
      label: string;
      submenu: { click(): void }[];
    }[];
    template.find((menu) => menu.label === 'Run')!.submenu[0]!.click();
    expect(sentTo(window, toPage.command)).toEqual(['run.start']);
  });
});

describe('files the system asks to open', () => {
  it('wait for the page, and arrive once', () => {
    const { window, fromPage } = openShell();
    const event = fake.fakeEvent();
    fake.app.emit('open-file', event, '/data/moons.csv');
    expect(event.defaultPrevented).toBe(true);
    expect(sentTo(window, toPage.openPaths)).toEqual([]);
    fromPage(toShell.requestEngine);
    fromPage(toShell.requestEngine);
    expect(sentTo(window, toPage.openPaths)).toEqual([['/data/moons.csv']]);
  });

  it('come from a second start too, relative to its folder; options and missing files do not count', () => {
    writeFileSync(join(folder, 'a.csv'), '1,2\n');
    const { window, fromPage } = openShell();
    fromPage(toShell.requestEngine);
    fake.app.emit('second-instance', {}, ['monge', '--inspect', 'a.csv', 'missing.csv'], folder);
    expect(window.focus).toHaveBeenCalledOnce();
    expect(sentTo(window, toPage.openPaths)).toEqual([[join(folder, 'a.csv')]]);
  });
});

describe('a run that is active', () => {
  it('shows on the task bar and keeps the machine awake, until it ends', () => {
    const { window, fromPage } = openShell();
    fromPage(toShell.setProgress, 0.25);
    fromPage(toShell.setProgress, 0.5);
    expect(window.setProgressBar.mock.calls).toEqual([[0.25], [0.5]]);
    expect(fake.powerSaveBlocker.start).toHaveBeenCalledOnce();
    fromPage(toShell.setProgress, null);
    expect(window.setProgressBar).toHaveBeenLastCalledWith(-1);
    expect(fake.powerSaveBlocker.stop).toHaveBeenCalledExactlyOnceWith(7);
  });

  /** A window with a run, and the person's answer to the question that closing it asks. */
  function closeWithRun(response: number) {
    const { window, fromPage } = openShell();
    const closed = vi.fn();
    window.on('closed', closed);
    fromPage(toShell.setProgress, 0.5);
    fake.dialog.showMessageBox.mockResolvedValueOnce({ response });
    window.close();
    return { window, closed };
  }

  it('is not lost by closing: the window asks once and stays on a no', async () => {
    const { window, closed } = closeWithRun(0);
    window.close();
    await Promise.resolve();
    expect(fake.dialog.showMessageBox).toHaveBeenCalledOnce();
    expect(closed).not.toHaveBeenCalled();
  });

  it('is stopped by closing on a yes', async () => {
    const { closed } = closeWithRun(1);
    await vi.waitFor(() => expect(closed).toHaveBeenCalledOnce());
  });

  it('does not hold a window that has nothing running', () => {
    const { window } = openShell();
    const closed = vi.fn();
    window.on('closed', closed);
    window.close();
    expect(closed).toHaveBeenCalledOnce();
    expect(fake.dialog.showMessageBox).not.toHaveBeenCalled();
  });
});

describe('an engine that cannot stay up', () => {
  it('is explained in its own words, and tried again on a yes', async () => {
    vi.useFakeTimers();
    openShell();
    for (let death = 0; death < 7; death += 1) {
      const child = fake.children.at(-1)!;
      child.emit('message', { type: 'failed', detail: { code: 'runs-folder', what: 'cannot be written' } });
      child.emit('exit', 1);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    vi.useRealTimers();
    const [, question] = fake.dialog.showMessageBox.mock.calls[0] as unknown as [unknown, { detail: string }];
    expect(question.detail).toBe('runs-folder: cannot be written');
    // The fake answers with the first button, Try again.
    expect(fake.children).toHaveLength(8);
  });
});

describe('quitting', () => {
  it('waits until the engine has saved', async () => {
    openShell();
    const event = fake.fakeEvent();
    fake.app.emit('will-quit', event);
    expect(event.defaultPrevented).toBe(true);
    expect(fake.app.quit).not.toHaveBeenCalled();
    fake.children[0]!.emit('exit', 0);
    await vi.waitFor(() => expect(fake.app.quit).toHaveBeenCalledOnce());
    const second = fake.fakeEvent();
    fake.app.emit('will-quit', second);
    expect(second.defaultPrevented).toBe(false);
  });
});
