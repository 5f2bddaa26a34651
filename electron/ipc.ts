/** @file Messages from the page: taken only from our own top frame, and only when they have the agreed shape. */
import { ipcMain } from 'electron';
import type { IpcMainEvent } from 'electron';
import * as v from 'valibot';
import { toShell } from './channels';
import type { MenuItem } from '../main/contract/desktop';
import { isOwnAddress } from './security';

const shortText = v.pipe(v.string(), v.maxLength(200));

const payloads = {
  [toShell.requestEngine]: v.undefined_(),
  [toShell.setMenu]: v.pipe(
    v.array(v.object({ id: shortText, title: shortText, keys: v.optional(shortText), menu: shortText })),
    v.maxLength(500),
  ),
  [toShell.setProgress]: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  [toShell.openExternal]: v.pipe(v.string(), v.maxLength(2000)),
} as const;

export interface ShellHandlers {
  requestEngine(event: IpcMainEvent): void;
  setMenu(event: IpcMainEvent, items: MenuItem[]): void;
  setProgress(event: IpcMainEvent, fraction: number | null): void;
  openExternal(event: IpcMainEvent, address: string): void;
}

/** Listens to the page. A message from another origin, another frame or of another shape is dropped and logged. */
export function listenToPage(handlers: ShellHandlers, ownOrigin: string): void {
  listen(toShell.requestEngine, ownOrigin, (event) => handlers.requestEngine(event));
  listen(toShell.setMenu, ownOrigin, (event, items) => handlers.setMenu(event, items));
  listen(toShell.setProgress, ownOrigin, (event, fraction) => handlers.setProgress(event, fraction));
  listen(toShell.openExternal, ownOrigin, (event, address) => handlers.openExternal(event, address));
}

function listen<C extends keyof typeof payloads>(
  channel: C,
  ownOrigin: string,
  handle: (event: IpcMainEvent, payload: v.InferOutput<(typeof payloads)[C]>) => void,
): void {
  ipcMain.on(channel, (event, payload: unknown) => {
    const frame = event.senderFrame;
    // A frame that is gone is null; an embedded one has a parent.
    if (!frame || frame.parent !== null || !isOwnAddress(frame.url, ownOrigin)) {
      console.warn(`monge: refused ${channel} from ${frame?.url ?? 'a closed frame'}`);
      return;
    }
    const parsed = v.safeParse(payloads[channel], payload);
    if (!parsed.success) {
      console.warn(`monge: refused ${channel}: ${parsed.issues[0].message}`);
      return;
    }
    handle(event, parsed.output);
  });
}
