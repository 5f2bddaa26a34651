/** @file `app://monge/…` serves one folder and nothing above it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Protocol } from 'electron';

vi.mock('electron', () => import('./testing/fake-electron'));
import { protocol } from './testing/fake-electron';
import { securityHeaders } from '../main/server/content-security';
import { fileForAddress, registerAppScheme, serveApp } from './app-protocol';

const folder = '/built/renderer';

describe('the file behind an address', () => {
  it.each([
    ['app://monge/', 'index.html'],
    ['app://monge', 'index.html'],
    ['app://monge/assets/a%20b.js?v=1#top', 'assets/a b.js'],
  ])('%s is %s', (address, file) => {
    expect(fileForAddress(folder, address)).toBe(join(folder, file));
  });

  it.each([
    'app://monge/../package.json',
    'app://monge/assets/../../secret',
    'app://monge/%2e%2e/package.json',
    'app://monge/%2e%2e%2fpackage.json',
    'app://monge/..%2fpackage.json',
    'app://monge/%252e%252e/package.json',
    'app://monge/..%5cpackage.json',
    'app://monge/C:/Windows/win.ini',
    'app://monge/a%00.html',
    'app://monge/%ff',
    'app://other/index.html',
    'file:///etc/passwd',
  ])('%s is refused', (address) => {
    expect(fileForAddress(folder, address)).toBeNull();
  });
});

describe('the handler', () => {
  let place = '';
  let handle: (request: Request) => Promise<Response>;
  const get = (url: string, method = 'GET') => handle({ url, method } as Request);

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'monge-protocol-'));
    await mkdir(join(place, 'renderer'));
    await writeFile(join(place, 'renderer', 'index.html'), '<title>Monge</title>');
    await writeFile(join(place, 'secret.html'), 'secret');
    serveApp(protocol as unknown as Protocol, join(place, 'renderer'), securityHeaders);
    const call = protocol.handle.mock.calls[0] as [string, typeof handle];
    expect(call[0]).toBe('app');
    handle = call[1];
  });

  afterAll(() => rm(place, { recursive: true }));

  it('answers with the file, its type and the page policy', async () => {
    const answer = await get('app://monge/');
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('<title>Monge</title>');
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    for (const [name, value] of Object.entries(securityHeaders)) expect(answer.headers.get(name)).toBe(value);
  });

  it('allows no script but the built ones', async () => {
    const policy = (await get('app://monge/')).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe/);
  });

  it.each([
    ['app://monge/../secret.html', 'GET', 403],
    ['app://monge/%2e%2e/secret.html', 'GET', 403],
    ['app://monge/missing.html', 'GET', 404],
    ['app://monge/', 'POST', 405],
  ])('%s by %s is %i', async (address, method, status) => {
    const answer = await get(address, method);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('secret');
    expect(answer.headers.get('content-security-policy')).toBe(securityHeaders['content-security-policy']);
  });

  it('is a secure, standard scheme, registered before the app is ready', () => {
    registerAppScheme();
    const [schemes] = protocol.registerSchemesAsPrivileged.mock.calls[0] as [object[]];
    expect(schemes).toMatchObject([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
  });
});
