/** @file The desktop shell as its preload offers it; absent in a browser. */

export interface ShellMenuItem {
  id: string;
  title: string;
  /** For example `Mod+Enter`; Mod is Command on a Mac and Control elsewhere. */
  keys: string;
  menu: string;
}

/** What happens to the engine process on the desktop. */
export type ShellEngineState =
  | { state: 'stopped'; exitCode: number; restartInMilliseconds: number }
  | { state: 'gave-up'; exitCode: number }
  | { state: 'restarted'; resumed: { run: string; step: number }[] };

export interface MongeShell {
  kind: 'electron';
  /** Asks for a new engine port; it arrives as a window message with `data.type === 'monge:engine-port'`. */
  requestEngine(): void;
  /** The path of a dropped or picked file on this machine; empty for a file that exists only in the page. */
  pathForFile(file: File): string;
  setMenu(items: readonly ShellMenuItem[]): void;
  onCommand(listener: (id: string) => void): () => void;
  /** Files the system asked to open: a second start, a double click, the dock. */
  onOpenPaths(listener: (paths: string[]) => void): () => void;
  onEngineState(listener: (state: ShellEngineState) => void): () => void;
  /** Progress on the task bar from 0 to 1; null takes it away. */
  setProgress(fraction: number | null): void;
}

/** The shell when this page runs inside the desktop application. */
export function findShell(): MongeShell | null {
  const candidate: unknown = Reflect.get(window, 'monge');
  if (typeof candidate !== 'object' || candidate === null) return null;
  return 'kind' in candidate && candidate.kind === 'electron' ? (candidate as MongeShell) : null;
}
