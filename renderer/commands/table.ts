/** @file Every command once: the palette, the menus, the shortcuts, their help and the tooltips come from here. */
import type { RunRecord } from '../../main/rpc/contract';
import type { AppState } from '../state/app.svelte';
import { canResume, hasStored, isActive } from '../state/runs.svelte';
import type { ThemeChoice } from '../state/settings.svelte';

export interface ViewCommand {
  /** Stable, dotted: `run.start`. */
  id: string;
  /** As menus and the palette say it. */
  title: string;
  /** For example `Mod+Enter`; Mod is Command on a Mac and Control elsewhere. */
  keys?: string;
  menu: 'File' | 'Edit' | 'View' | 'Run' | 'Help';
  /** Whether it can run now; absent means always. */
  when?(app: AppState): boolean;
  run(app: AppState): void | Promise<void>;
}

const fixed: readonly ViewCommand[] = [
  { id: 'file.open', title: 'Open file…', keys: 'Mod+O', menu: 'File', run: (app) => app.pickFiles() },
  { id: 'file.openFolder', title: 'Open folder…', menu: 'File', run: (app) => app.pickFolder() },
  {
    id: 'file.openPath',
    title: 'Open a path on the engine’s machine…',
    menu: 'File',
    run: (app) => app.askForPath(),
  },
  {
    id: 'file.connect',
    title: 'Connect to an engine…',
    menu: 'File',
    run: (app) => void (app.dialog = 'connect'),
  },
  {
    id: 'run.exportOnnx',
    title: 'Export model as ONNX',
    keys: 'Mod+Shift+E',
    menu: 'File',
    when: (app) => hasStored(app.workspace.run),
    run: (app) => withRun(app, (id) => app.runs.export(id, 'onnx')),
  },
  {
    id: 'run.exportCsv',
    title: 'Export curves as CSV',
    menu: 'File',
    when: (app) => !!app.workspace.run,
    run: (app) => withRun(app, (id) => app.runs.export(id, 'csv')),
  },
  {
    id: 'run.exportZip',
    title: 'Export whole run as ZIP',
    menu: 'File',
    when: (app) => !!app.workspace.run,
    run: (app) => withRun(app, (id) => app.runs.export(id, 'zip')),
  },
  {
    id: 'edit.undo',
    title: 'Undo',
    keys: 'Mod+Z',
    menu: 'Edit',
    when: (app) => app.undo.canUndo,
    run: (app) => app.undo.undo(),
  },
  {
    id: 'edit.redo',
    title: 'Redo',
    keys: 'Mod+Shift+Z',
    menu: 'Edit',
    when: (app) => app.undo.canRedo,
    run: (app) => app.undo.redo(),
  },
  {
    id: 'edit.clearSelection',
    title: 'Clear selection',
    keys: 'Escape',
    menu: 'Edit',
    when: (app) => app.workspace.selection.chosen.size > 0,
    run: (app) => app.workspace.selection.clear(),
  },
  {
    id: 'run.copyCommand',
    title: 'Copy run as command',
    keys: 'Mod+Shift+C',
    menu: 'Edit',
    when: (app) => !!app.workspace.run,
    run: (app) => (app.workspace.run ? app.copy(app.workspace.run.command, 'the command') : undefined),
  },
  {
    id: 'view.palette',
    title: 'Search commands',
    keys: 'Mod+K',
    menu: 'View',
    run: (app) => void (app.dialog = 'palette'),
  },
  {
    id: 'view.inspector',
    title: 'Show or hide the inspector',
    keys: 'Mod+I',
    menu: 'View',
    run: (app) => void (app.inspectorShown = !app.inspectorShown),
  },
  theme('system', 'Use the system’s colours'),
  theme('light', 'Use light colours'),
  theme('dark', 'Use dark colours'),
  {
    id: 'run.start',
    title: 'Run',
    keys: 'Mod+Enter',
    menu: 'Run',
    when: (app) => app.workspace.canRun,
    run: async (app) => {
      await app.workspace.start();
      // A wrong setting has to be in sight.
      if (app.workspace.draft.sought !== null) app.inspectorShown = true;
    },
  },
  {
    id: 'run.sweep',
    title: 'Sweep this',
    menu: 'Run',
    when: (app) => app.workspace.canRun && app.workspace.openMethod !== null,
    run: (app) => app.sweepThis(),
  },
  {
    id: 'run.stop',
    title: 'Stop',
    keys: 'Mod+.',
    menu: 'Run',
    when: (app) => runningRun(app)?.status === 'running' || runningRun(app)?.status === 'queued',
    run: (app) => {
      const run = runningRun(app);
      return run ? app.runs.stop(run.id) : undefined;
    },
  },
  {
    id: 'run.resume',
    title: 'Resume',
    keys: 'Mod+Shift+Enter',
    menu: 'Run',
    when: (app) => canResume(app.workspace.run),
    run: (app) => withRun(app, (id) => app.runs.resume(id)),
  },
  {
    id: 'run.repeatDoubled',
    title: 'Repeat with n × 2',
    menu: 'Run',
    when: (app) => app.workspace.doubled !== null,
    run: (app) => app.workspace.repeatDoubled(),
  },
  {
    id: 'run.openModel',
    title: 'Open the run’s model',
    menu: 'Run',
    when: (app) => hasStored(app.workspace.run),
    run: (app) => withRun(app, (id) => app.workspace.openRunModel(id, 'model')),
  },
  {
    id: 'run.openTraining',
    title: 'Open the run’s training program',
    menu: 'Run',
    when: (app) => app.workspace.exportsOf(app.workspace.run).training,
    run: (app) => withRun(app, (id) => app.workspace.openRunModel(id, 'training')),
  },
  {
    id: 'model.profile',
    title: 'Profile the model',
    menu: 'Run',
    when: (app) => app.workspace.view === 'model' && app.workspace.models.page?.profiling === 'no',
    run: (app) => app.workspace.models.page?.profile(),
  },
  {
    id: 'run.trash',
    title: 'Move run to trash',
    menu: 'Run',
    when: (app) => !!app.workspace.run && !isActive(app.workspace.run),
    run: (app) => withRun(app, (id) => app.runs.trash([id])),
  },
  {
    id: 'help.shortcuts',
    title: 'Keyboard shortcuts',
    keys: '?',
    menu: 'Help',
    run: (app) => void (app.dialog = 'shortcuts'),
  },
  { id: 'help.about', title: 'About Monge', menu: 'Help', run: (app) => void (app.dialog = 'about') },
];

/** All commands of now: the fixed ones, and one per view that exists. */
export function commandsOf(app: AppState): ViewCommand[] {
  const views = [
    { id: 'welcome', title: 'Welcome' },
    { id: 'data', title: 'Data' },
    { id: 'model', title: 'Model' },
    ...app.workspace.methods.map(({ id, title }) => ({ id, title })),
    { id: 'sweep', title: 'Sweep' },
    { id: 'runs', title: 'Runs' },
  ];
  const go = views.map((view, index): ViewCommand => ({
    id: `view.${view.id}`,
    title: `Go to ${view.title}`,
    // Welcome has no digit; the rail's entries count from 1.
    keys: index > 0 && index < 10 ? String(index) : undefined,
    menu: 'View',
    when: view.id === 'data' ? (state) => !!state.workspace.dataset : undefined,
    run: (state) => state.workspace.go(view.id),
  }));
  return [...fixed, ...go];
}

/** One command by its id. Throws when there is none: ids are written by us. */
function command(app: AppState, id: string): ViewCommand {
  const found = commandsOf(app).find((one) => one.id === id);
  if (!found) throw new Error(`no command ${id}`);
  return found;
}

export function isEnabled(app: AppState, one: ViewCommand): boolean {
  return one.when ? one.when(app) : true;
}

/** Runs a command if it can run now; failures become a notice. */
export async function runCommand(app: AppState, id: string): Promise<void> {
  const one = command(app, id);
  if (!isEnabled(app, one)) return;
  try {
    await one.run(app);
  } catch (thrown) {
    app.notices.fail(`“${one.title}” failed`, thrown);
  }
}

/** The run that Stop means: the shown one while it runs, else whichever runs. */
export function runningRun(app: AppState): RunRecord | undefined {
  const shown = app.workspace.run;
  return shown && isActive(shown) ? shown : app.runs.activeRun;
}

function withRun(app: AppState, action: (id: string) => Promise<void>): Promise<void> | undefined {
  const id = app.workspace.run?.id;
  return id === undefined ? undefined : action(id);
}

function theme(value: ThemeChoice, title: string): ViewCommand {
  return {
    id: `view.theme.${value}`,
    title,
    menu: 'View',
    when: (app) => app.settings.theme !== value,
    run: (app) => {
      const before = app.settings.theme;
      app.settings.setTheme(value);
      app.undo.push({
        title: 'colours',
        undo: () => app.settings.setTheme(before),
        redo: () => app.settings.setTheme(value),
      });
    },
  };
}
