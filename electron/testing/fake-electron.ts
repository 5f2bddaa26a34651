/** @file A small stand-in for the `electron` module: it records what the shell asks for and lets a test act as the system. */
import { EventEmitter } from 'node:events';
import { vi } from 'vitest';

export class FakeChild extends EventEmitter {
  readonly postMessage = vi.fn();
  readonly kill = vi.fn(() => this.emit('exit', 1));
}

/** Every engine process that was started, oldest first. */
export const children: FakeChild[] = [];

export const utilityProcess = {
  fork: vi.fn((_script: string, _args: string[], _options: unknown) => {
    const child = new FakeChild();
    children.push(child);
    return child;
  }),
};

export class MessageChannelMain {
  static made: MessageChannelMain[] = [];
  readonly port1 = { side: 'engine' };
  readonly port2 = { side: 'page' };
  constructor() {
    MessageChannelMain.made.push(this);
  }
}

export class FakeContents extends EventEmitter {
  destroyed = false;
  openHandler: ((details: { url: string }) => { action: string }) | null = null;
  readonly send = vi.fn();
  readonly postMessage = vi.fn();
  readonly reload = vi.fn();
  isDestroyed(): boolean {
    return this.destroyed;
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler;
  }
}

export class BrowserWindow extends EventEmitter {
  static made: BrowserWindow[] = [];
  readonly webContents = new FakeContents();
  readonly setProgressBar = vi.fn();
  readonly setBackgroundColor = vi.fn();
  readonly loadURL = vi.fn(async () => undefined);
  readonly show = vi.fn();
  readonly focus = vi.fn();
  readonly restore = vi.fn();
  readonly isMinimized = vi.fn(() => false);
  readonly isDestroyed = vi.fn(() => false);
  constructor(readonly options: Record<string, unknown>) {
    super();
    BrowserWindow.made.push(this);
  }
  /** Like the real one: `close` can be held, `closed` cannot. */
  close(): void {
    const event = fakeEvent();
    this.emit('close', event);
    if (!event.defaultPrevented) this.emit('closed');
  }
}

/** An event whose default action a listener may prevent. */
export function fakeEvent(): { defaultPrevented: boolean; preventDefault(): void } {
  return {
    defaultPrevented: false,
    preventDefault() {
      this.defaultPrevented = true;
    },
  };
}

class FakeApp extends EventEmitter {
  isPackaged = true;
  readonly quit = vi.fn();
  readonly enableSandbox = vi.fn();
  readonly addRecentDocument = vi.fn();
  readonly requestSingleInstanceLock = vi.fn(() => true);
  readonly getVersion = vi.fn(() => '0.1.0');
  readonly getPath = vi.fn(() => '/home/person');
  isReady(): boolean {
    return true;
  }
  async whenReady(): Promise<void> {
    return undefined;
  }
}

export const app = new FakeApp();
export const ipcMain = new EventEmitter();
export const shell = { openExternal: vi.fn(async () => undefined) };
export const protocol = { registerSchemesAsPrivileged: vi.fn(), handle: vi.fn() };
export const session = {
  defaultSession: {
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
  },
};
export const nativeTheme = Object.assign(new EventEmitter(), { shouldUseDarkColors: true });
export const dialog = { showMessageBox: vi.fn(async () => ({ response: 0 })) };
export const powerSaveBlocker = { start: vi.fn(() => 7), stop: vi.fn() };
export const Menu = {
  buildFromTemplate: vi.fn((template: unknown) => template),
  setApplicationMenu: vi.fn(),
};
