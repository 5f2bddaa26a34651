/** @file What the window may do, and above all what it may not. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Session, WebContents } from 'electron';

vi.mock('electron', () => import('./testing/fake-electron'));
import { FakeContents, fakeEvent, session, shell } from './testing/fake-electron';
import { confine, denyPermissions, isAllowedExternal, isOwnAddress, webPreferences } from './security';

beforeEach(() => vi.clearAllMocks());

describe('the window', () => {
  it('runs its page in a sandbox, apart from the preload, without Node', () => {
    expect(webPreferences('/preload.cjs')).toMatchObject({
      preload: '/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
    });
  });
});

describe('an own address', () => {
  it.each(['app://monge/', 'app://monge/index.html', 'app://monge/assets/a.js?x#y'])('is %s', (address) => {
    expect(isOwnAddress(address)).toBe(true);
  });

  it.each([
    'app://monge.evil.example/',
    'app://evil/',
    'app://user@monge/',
    'https://monge/',
    'file:///etc/passwd',
    'about:blank',
    'not an address',
    undefined,
  ])('is not %s', (address) => {
    expect(isOwnAddress(address)).toBe(false);
  });
});

describe('a link out', () => {
  it.each(['https://arxiv.org/abs/1234.56789', 'https://github.com/onnx/onnx'])('may be %s', (address) => {
    expect(isAllowedExternal(address)).toBe(true);
  });

  it.each([
    'http://arxiv.org/',
    'https://arxiv.org.evil.example/',
    'https://evil.example/arxiv.org',
    'https://arxiv.org@evil.example/',
    'https://arxiv.org:8443/',
    'javascript:alert(1)',
    'file:///bin/sh',
  ])('may not be %s', (address) => {
    expect(isAllowedExternal(address)).toBe(false);
  });
});

describe('a confined page', () => {
  function confined(): FakeContents {
    const contents = new FakeContents();
    confine(contents as unknown as WebContents);
    return contents;
  }

  it('opens no second window; an allowed link goes to the browser of the person', () => {
    const contents = confined();
    expect(contents.openHandler?.({ url: 'https://arxiv.org/abs/1' })).toEqual({ action: 'deny' });
    expect(contents.openHandler?.({ url: 'https://evil.example/' })).toEqual({ action: 'deny' });
    expect(shell.openExternal.mock.calls).toEqual([['https://arxiv.org/abs/1']]);
  });

  it.each(['will-navigate', 'will-redirect'])('stays where it is on %s', (name) => {
    const contents = confined();
    const away = { ...fakeEvent(), url: 'https://evil.example/' };
    const home = { ...fakeEvent(), url: 'app://monge/index.html' };
    contents.emit(name, away);
    contents.emit(name, home);
    expect([away.defaultPrevented, home.defaultPrevented]).toEqual([true, false]);
    expect(shell.openExternal).not.toHaveBeenCalled();
  });

  it('has no frames of its own and no web views', () => {
    const contents = confined();
    const frame = { ...fakeEvent(), url: 'app://monge/', isMainFrame: false };
    const view = fakeEvent();
    contents.emit('will-frame-navigate', frame);
    contents.emit('will-attach-webview', view);
    expect([frame.defaultPrevented, view.defaultPrevented]).toEqual([true, true]);
  });
});

describe('permissions', () => {
  it('are refused, except copying text from our own page', () => {
    const { defaultSession } = session;
    denyPermissions(defaultSession as unknown as Session);
    const request = defaultSession.setPermissionRequestHandler.mock.calls[0]![0] as (
      contents: null,
      permission: string,
      answer: (granted: boolean) => void,
      details: { requestingUrl: string },
    ) => void;
    const check = defaultSession.setPermissionCheckHandler.mock.calls[0]![0] as (
      contents: null,
      permission: string,
      origin: string,
    ) => boolean;
    const device = defaultSession.setDevicePermissionHandler.mock.calls[0]![0] as () => boolean;

    const asked = (permission: string, requestingUrl: string) => {
      const answer = vi.fn();
      request(null, permission, answer, { requestingUrl });
      return answer.mock.calls[0]![0] as boolean;
    };
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'clipboard-read',
      'usb',
      'openExternal',
    ]) {
      expect(asked(permission, 'app://monge/')).toBe(false);
      expect(check(null, permission, 'app://monge')).toBe(false);
    }
    expect(asked('clipboard-sanitized-write', 'app://monge/')).toBe(true);
    expect(asked('clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
    expect(device()).toBe(false);
  });
});
