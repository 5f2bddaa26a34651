/** @file What the window may do: show its own pages. Navigation, pop-ups, permissions and devices are refused. */
import { shell } from 'electron';
import type { Session, WebContents, WebPreferences } from 'electron';

/** The scheme and host of the built pages. */
export const appOrigin = 'app://monge';

/** Sites a link may lead to, in the person's own browser: where papers and this project's tools are described. */
const externalHosts = new Set(['arxiv.org', 'doi.org', 'onnxruntime.ai', 'onnx.ai', 'github.com']);

/** The settings of the one window; all but `navigateOnDragDrop` are defaults today and are written so they stay. */
export function webPreferences(preload: string): WebPreferences {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    webviewTag: false,
    navigateOnDragDrop: false,
  };
}

/** Whether an address belongs to the pages this shell serves. Origins are compared part by part: the URL class gives app:// none. */
export function isOwnAddress(address: string | undefined, own: string = appOrigin): boolean {
  const url = parse(address);
  const expected = parse(own);
  if (!url || !expected || url.username || url.password) return false;
  return url.protocol === expected.protocol && url.host === expected.host;
}

/** Whether a link may be handed to the person's browser: https, and a site of the fixed list. */
export function isAllowedExternal(address: string): boolean {
  const url = parse(address);
  if (!url || url.protocol !== 'https:' || url.port !== '' || url.username || url.password) return false;
  return externalHosts.has(url.hostname);
}

/** Opens an allowed link outside; anything else does nothing. */
export function openExternal(address: string): void {
  if (isAllowedExternal(address)) void shell.openExternal(new URL(address).href);
}

/** Keeps a page where it is: no other page, no second window, no embedded web view. */
export function confine(contents: WebContents, own: string = appOrigin): void {
  contents.setWindowOpenHandler(({ url }) => {
    openExternal(url);
    return { action: 'deny' };
  });
  contents.on('will-frame-navigate', (details) => {
    if (!details.isMainFrame || !isOwnAddress(details.url, own)) details.preventDefault();
  });
  contents.on('will-navigate', (details) => {
    if (isOwnAddress(details.url, own)) return;
    details.preventDefault();
    openExternal(details.url);
  });
  contents.on('will-redirect', (details) => {
    if (!isOwnAddress(details.url, own)) details.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Refuses every permission and device, except writing text to the clipboard from the page's own copy buttons. */
export function denyPermissions(session: Session, own: string = appOrigin): void {
  const granted = (permission: string, address: string | undefined) =>
    permission === 'clipboard-sanitized-write' && isOwnAddress(address, own);
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(granted(permission, details.requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, origin) => granted(permission, origin));
  session.setDevicePermissionHandler(() => false);
}

function parse(address: string | undefined): URL | null {
  return address !== undefined && URL.canParse(address) ? new URL(address) : null;
}
