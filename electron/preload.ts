/** @file The only bridge into the page: one frozen object, no Electron API, and the engine's port passed on. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { toPage, toShell } from './channels';
import type { EngineState, MongeBridge } from '../main/contract/desktop';

ipcRenderer.on(toPage.enginePort, (event) => {
  window.postMessage({ type: 'monge:engine-port' }, location.origin, event.ports);
});

const bridge: MongeBridge = Object.freeze({
  kind: 'electron' as const,
  requestEngine: () => ipcRenderer.send(toShell.requestEngine),
  pathForFile: (file: File) => webUtils.getPathForFile(file),
  setMenu: (items) => ipcRenderer.send(toShell.setMenu, items),
  onCommand: (listener) => listen<string>(toPage.command, listener),
  onOpenPaths: (listener) => listen<string[]>(toPage.openPaths, listener),
  onEngineState: (listener) => listen<EngineState>(toPage.engineState, listener),
  setProgress: (fraction) => ipcRenderer.send(toShell.setProgress, fraction),
  openExternal: (address) => ipcRenderer.send(toShell.openExternal, address),
} satisfies MongeBridge);

contextBridge.exposeInMainWorld('monge', bridge);

/** Passes on the value alone: the event would hand the page an Electron object. */
function listen<T>(channel: string, listener: (value: T) => void): () => void {
  const receive = (_event: unknown, value: T) => listener(value);
  ipcRenderer.on(channel, receive);
  return () => ipcRenderer.removeListener(channel, receive);
}
