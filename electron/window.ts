/** @file The one window: its size, its ground colour before the first paint, and its page. */
import { BrowserWindow, nativeTheme } from 'electron';
import { confine, webPreferences } from './security';

/** The view's own background in both themes, so that the window never flashes. */
const ground = { dark: '#101318', light: '#f6f7f9' };

function groundColour(): string {
  return nativeTheme.shouldUseDarkColors ? ground.dark : ground.light;
}

/**
 * Opens the workbench window on `address`, shown once the page has something to show.
 * @param own origin the page may stay in
 */
export function openWindow(address: string, own: string, preload: string): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Monge',
    width: 1440,
    height: 900,
    minWidth: 960,
    minHeight: 600,
    show: false,
    backgroundColor: groundColour(),
    webPreferences: webPreferences(preload),
  });
  confine(window.webContents, own);
  const follow = () => window.setBackgroundColor(groundColour());
  nativeTheme.on('updated', follow);
  window.once('closed', () => nativeTheme.off('updated', follow));
  window.once('ready-to-show', () => window.show());
  void window.loadURL(address);
  return window;
}
