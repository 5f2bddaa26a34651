/** @file What the desktop's shell offers the page in its window. */

/** One row of the view's command table, as far as the menu needs it. */
export interface MenuItem {
  id: string;
  title: string;
  /** The shortcut as the view writes it, for example `Mod+Shift+P`; empty for none. */
  keys?: string;
  /** Title of the menu it belongs to. */
  menu: string;
}

/** What happens to the engine process, told to the page so that it can say so. */
export type EngineState =
  | { state: 'stopped'; exitCode: number; restartInMilliseconds: number }
  /** Too many quick deaths: nothing more is tried until the page asks for the engine again. */
  | { state: 'gave-up'; exitCode: number }
  /** Running again after a stop; `resumed` names the interrupted runs that went on and from where. */
  | { state: 'restarted'; resumed: { run: string; step: number }[] };

/** `window.monge` in the desktop window. */
export interface MongeBridge {
  readonly kind: 'electron';
  /** Asks for a new port to the engine; it arrives as a window message `{ type: 'monge:engine-port' }`. */
  requestEngine(): void;
  /** The path of a dropped or chosen file; empty for a file that exists only in the page. */
  pathForFile(file: File): string;
  /** Replaces the native menu's commands by the view's own table. */
  setMenu(items: readonly MenuItem[]): void;
  /** Called with a command's id when it is chosen from the native menu. Returns the way to stop listening. */
  onCommand(listener: (id: string) => void): () => void;
  /** Called with files the system asked to open: a second start, a double click, the dock. */
  onOpenPaths(listener: (paths: string[]) => void): () => void;
  onEngineState(listener: (state: EngineState) => void): () => void;
  /** Share of the active run that is done, from 0 to 1; null when no run is active. */
  setProgress(fraction: number | null): void;
  /** Opens a page of the fixed list of sites in the person's browser. */
  openExternal(address: string): void;
}
