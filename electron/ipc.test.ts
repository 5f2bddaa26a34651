/** @file Messages are taken from our own top frame only, and only in the agreed shape. */
import { beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('electron', () => import('./testing/fake-electron'));
import { toShell } from './channels';
import { listenToPage } from './ipc';
import { appOrigin } from './security';
import { ipcMain } from './testing/fake-electron';

const handlers = { requestEngine: vi.fn(), setMenu: vi.fn(), setProgress: vi.fn(), openExternal: vi.fn() };
const own = { senderFrame: { url: 'app://monge/index.html', parent: null } };
const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);

beforeEach(() => {
  vi.clearAllMocks();
  ipcMain.removeAllListeners();
  listenToPage(handlers, appOrigin);
});

const strangers = {
  'another site': { url: 'https://evil.example/', parent: null },
  'another host of our scheme': { url: 'app://evil/', parent: null },
  'a frame inside our page': { url: 'app://monge/', parent: {} },
  'a blank page': { url: 'about:blank', parent: null },
  'a frame that is gone': null,
};

describe('the sender', () => {
  it('is our own page', () => {
    ipcMain.emit(toShell.requestEngine, own, undefined);
    expect(handlers.requestEngine).toHaveBeenCalledWith(own);
  });

  it.each(Object.entries(strangers))('is not %s', (_name, senderFrame) => {
    ipcMain.emit(toShell.requestEngine, { senderFrame }, undefined);
    ipcMain.emit(toShell.setProgress, { senderFrame }, 0.5);
    ipcMain.emit(toShell.setMenu, { senderFrame }, []);
    ipcMain.emit(toShell.openExternal, { senderFrame }, 'https://arxiv.org/');
    for (const handler of Object.values(handlers)) expect(handler).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledTimes(4);
  });
});

describe('the payload', () => {
  it('arrives as the table of commands, without anything else in it', () => {
    ipcMain.emit(toShell.setMenu, own, [{ id: 'a', title: 'A', keys: '', menu: 'File', click: 'rm' }]);
    expect(handlers.setMenu).toHaveBeenCalledWith(own, [{ id: 'a', title: 'A', keys: '', menu: 'File' }]);
  });

  it.each([[null], [0], [1]])('may be progress %s', (fraction) => {
    ipcMain.emit(toShell.setProgress, own, fraction);
    expect(handlers.setProgress).toHaveBeenCalledWith(own, fraction);
  });

  it.each([
    [toShell.setProgress, 1.5],
    [toShell.setProgress, Number.NaN],
    [toShell.setProgress, '0.5'],
    [toShell.setMenu, 'menu'],
    [toShell.setMenu, [{ id: 1, title: 'A', menu: 'File' }]],
    [toShell.openExternal, { href: 'https://arxiv.org/' }],
    [toShell.requestEngine, { script: '/tmp/x.js' }],
  ])('of another shape is dropped: %s %j', (channel, payload) => {
    ipcMain.emit(channel, own, payload);
    for (const handler of Object.values(handlers)) expect(handler).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledOnce();
  });
});
