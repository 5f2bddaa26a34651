/** @file Everything the commands and views share, made once per page. */
import type { EngineClient } from '../engine/client';
import { findShell, type MongeShell } from '../engine/shell';
import { copyText } from './files';
import type { Folder } from './image-folder';
import { Notices } from './notices.svelte';
import { Opener } from './opener.svelte';
import { Runs } from './runs.svelte';
import type { Settings } from './settings.svelte';
import { UndoHistory } from './undo.svelte';
import { Workspace } from './workspace.svelte';

export type DialogName = 'palette' | 'shortcuts' | 'connect' | 'path' | 'about';

export class AppState {
  readonly engine: EngineClient;
  readonly shell: MongeShell | null = findShell();
  readonly settings: Settings;
  readonly notices = new Notices();
  readonly undo = new UndoHistory();
  readonly runs: Runs;
  readonly workspace: Workspace;
  readonly opener: Opener;
  dialog = $state<DialogName | null>(null);
  inspectorShown = $state(true);
  /** Opens the file picker; set by the shell component that owns the input element. */
  pickFiles: () => void = () => {};
  /** The same for a folder. */
  pickFolder: () => void = () => {};

  constructor(engine: EngineClient, settings: Settings) {
    this.engine = engine;
    this.settings = settings;
    this.runs = new Runs(engine, this.notices);
    this.workspace = new Workspace(engine, this.runs, this.notices, this.undo);
    const askForPath = () => void (this.dialog = 'path');
    this.opener = new Opener(engine, this.shell, this.workspace, this.notices, askForPath);
    engine.on('notice', ({ level, text }) => this.notices.add({ level, text }));
  }

  /** Opens dropped or picked files and folders; shows the first, unless nothing could be opened. */
  async open(files: readonly File[], folders: readonly Folder[] = []): Promise<void> {
    const opened = await this.opener.openFiles(files, folders);
    if (opened[0]) this.workspace.show(opened[0]);
    if (opened.length > 1) this.notices.info(`Opened ${opened.length} files; the others are under recent.`);
  }

  /** Opens files that lie on the engine's machine, as the desktop's shell names them. */
  async openPaths(paths: readonly string[]): Promise<void> {
    for (const path of [...paths].reverse()) {
      try {
        this.workspace.show(await this.engine.api.openPath(path));
      } catch (thrown) {
        this.notices.fail(`Could not open ${path}`, thrown);
      }
    }
  }

  async copy(text: string, what: string): Promise<void> {
    if (await copyText(text)) this.notices.info(`Copied ${what}`);
    else this.notices.add({ level: 'warn', text: 'The browser did not allow copying.' });
  }
}
