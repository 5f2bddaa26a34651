/** @file Everything the commands and views share, made once per page. */
import type { InputInfo, MethodInfo, MongeBridge } from '../../main/rpc/contract';
import type { EngineClient } from '../engine/client';
import { findShell } from '../engine/shell';
import { copyText } from './files';
import type { Folder } from './image-folder';
import { Notices } from './notices.svelte';
import { Opener } from './opener.svelte';
import { Runs } from './runs.svelte';
import { Sweeps } from './sweeps.svelte';
import type { Settings } from './settings.svelte';
import { UndoHistory } from './undo.svelte';
import { Workspace } from './workspace.svelte';

/** An input and the method that it is an input of. */
export interface InputOfMethod {
  method: MethodInfo;
  input: InputInfo;
}

export type DialogName = 'palette' | 'shortcuts' | 'connect' | 'path' | 'about';

export class AppState {
  readonly engine: EngineClient;
  readonly shell: MongeBridge | null = findShell();
  readonly settings: Settings;
  readonly notices = new Notices();
  readonly undo = new UndoHistory();
  readonly runs: Runs;
  readonly sweeps: Sweeps;
  readonly workspace: Workspace;
  readonly opener: Opener;
  dialog = $state<DialogName | null>(null);
  /** The input that the path asked for is for; without one it is shown. */
  pathFor = $state.raw<InputOfMethod | null>(null);
  inspectorShown = $state(true);
  /** Opens the file picker; set by the shell component that owns the input element. */
  pickFiles: () => void = () => {};
  /** The same for a folder. */
  pickFolder: () => void = () => {};

  constructor(engine: EngineClient, settings: Settings) {
    this.engine = engine;
    this.settings = settings;
    this.runs = new Runs(engine, this.notices);
    this.sweeps = new Sweeps(engine, this.notices);
    this.workspace = new Workspace(engine, this.runs, this.notices, this.undo);
    this.opener = new Opener(engine, this.shell, this.workspace, this.notices, () => this.askForPath());
    engine.on('notice', ({ level, text }) => this.notices.add({ level, text }));
  }

  /** Asks for a path on the engine's machine, to show what lies there or to give it to a method. */
  askForPath(input: InputOfMethod | null = null): void {
    this.pathFor = input;
    this.dialog = 'path';
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

  /** Makes a study of the method at hand about its present settings, and shows it. */
  async sweepThis(): Promise<void> {
    const { method, draft } = this.workspace;
    if (!method) return;
    await draft.resolve();
    const made = await this.sweeps.suggest(method.id, this.workspace.dataFor(method), { ...draft.resolved });
    if (made) this.workspace.go('sweep');
  }

  async copy(text: string, what: string): Promise<void> {
    if (await copyText(text)) this.notices.info(`Copied ${what}`);
    else this.notices.add({ level: 'warn', text: 'The browser did not allow copying.' });
  }
}
