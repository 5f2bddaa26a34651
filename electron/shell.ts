/** @file The shell's wiring: window, engine, menu and the system's events, each in its own file. */
import { app, dialog, protocol, session } from 'electron';
import type { BrowserWindow, WebContents } from 'electron';
import { securityHeaders } from '../main/server/content-security';
import { Activity } from './activity';
import { serveApp } from './app-protocol';
import { toPage } from './channels';
import { EngineProcess } from './engine-process';
import { listenToPage } from './ipc';
import { setMenu } from './menu';
import { OpenPaths, pathsFromArguments } from './open-paths';
import { places } from './places';
import type { Places } from './places';
import { appOrigin, denyPermissions, openExternal } from './security';
import { twoButtons } from './two-buttons';
import { openWindow } from './window';

export class Shell {
  readonly #places: Places;
  readonly #engine: EngineProcess;
  readonly #activity = new Activity();
  readonly #openPaths = new OpenPaths();
  readonly #own = developmentAddress() ?? appOrigin;
  #window: BrowserWindow | null = null;
  #engineClosed = false;

  /** @param entry address of the built shell; the other built files lie around it */
  constructor(entry: string) {
    this.#places = places(entry);
    this.#engine = new EngineProcess(this.#places.engineScript, this.#places.engine, (reason) =>
      this.#askAgain(reason),
    );
  }

  /** Takes the system's events. Runs before the app is ready: a Mac sends `open-file` that early. */
  listen(): void {
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.#receive([path]);
    });
    app.on('second-instance', (_event, argv, folder) => {
      this.#focus();
      this.#receive(pathsFromArguments(argv, folder, app.isPackaged));
    });
    app.on('activate', () => {
      if (!this.#window && app.isReady()) this.#openWindow();
    });
    app.on('window-all-closed', () => app.quit());
    app.on('will-quit', (event) => {
      if (this.#engineClosed) return;
      event.preventDefault();
      void this.#engine.close().then(() => {
        this.#engineClosed = true;
        app.quit();
      });
    });
  }

  /** Starts the engine and opens the window, once the app is ready. */
  open(): void {
    denyPermissions(session.defaultSession, this.#own);
    serveApp(protocol, this.#places.renderer, securityHeaders);
    setMenu([], () => undefined, process.platform);
    this.#listenToPage();
    this.#receive(pathsFromArguments(process.argv, process.cwd(), app.isPackaged));
    this.#engine.start();
    this.#openWindow();
  }

  #openWindow(): void {
    const window = openWindow(`${this.#own}/`, this.#own, this.#places.preload);
    this.#window = window;
    this.#activity.guard(window);
    // A page that loads anew has to ask again, for its port and for waiting files.
    window.webContents.on('did-start-loading', () => {
      this.#openPaths.listen(null);
      this.#engine.forgive();
    });
    window.webContents.on('render-process-gone', () => {
      this.#activity.clear();
      if (!window.isDestroyed()) window.webContents.reload();
    });
    window.on('closed', () => {
      this.#window = null;
      this.#activity.clear();
      this.#openPaths.listen(null);
    });
  }

  #listenToPage(): void {
    listenToPage(
      {
        requestEngine: (event) => {
          this.#engine.connect(event.sender);
          this.#openPaths.listen((paths) => this.#send(event.sender, toPage.openPaths, paths));
        },
        setMenu: (event, items) =>
          setMenu(items, (id) => this.#send(event.sender, toPage.command, id), process.platform),
        setProgress: (_event, fraction) => {
          if (this.#window) this.#activity.set(this.#window, fraction);
        },
        openExternal: (_event, address) => openExternal(address),
      },
      this.#own,
    );
  }

  #askAgain(reason: string | null): void {
    if (!this.#window) return;
    void dialog
      .showMessageBox(this.#window, { ...engineStopped, ...(reason ? { detail: reason } : {}) })
      .then(({ response }) => {
        if (response === tryAgain) this.#engine.forgive();
      });
  }

  #send(page: WebContents, channel: string, value: unknown): void {
    if (!page.isDestroyed()) page.send(channel, value);
  }

  #receive(paths: readonly string[]): void {
    for (const path of paths) app.addRecentDocument(path);
    this.#openPaths.add(paths);
  }

  #focus(): void {
    if (!this.#window) return;
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.focus();
  }
}

/** The address of the development server; a packaged app has none, whatever its environment says. */
function developmentAddress(): string | null {
  const address = process.env.ELECTRON_RENDERER_URL;
  return app.isPackaged || !address ? null : address.replace(/\/+$/, '');
}

const tryAgain = 0;

const engineStopped = twoButtons(['Try again', 'Not now'], 1, {
  type: 'error',
  message: 'The engine keeps stopping',
  detail: 'Runs are safe up to their last checkpoint. The log of each run lies in its folder.',
});
