/** @file The native menu comes from the view's command table. */
import { describe, expect, it, vi } from 'vitest';
import type { MenuItemConstructorOptions } from 'electron';

vi.mock('electron', () => import('./testing/fake-electron'));
import { acceleratorFor, menuTemplate, setMenu } from './menu';
import { Menu } from './testing/fake-electron';

const table = [
  { id: 'data.open', title: 'Open…', keys: 'Mod+O', menu: 'File' },
  { id: 'run.start', title: 'Run', keys: 'Mod+Enter', menu: 'Run' },
  { id: 'figure.maximise', title: 'Maximise figure', keys: 'F', menu: 'View' },
  { id: 'flows.compare', title: 'Compare this & that', keys: '', menu: 'Flows' },
];

const submenu = (template: MenuItemConstructorOptions[], label: string) =>
  template.find((menu) => menu.label === label)!.submenu as MenuItemConstructorOptions[];

describe('the menu', () => {
  it('has the customary order, and other menus before Window', () => {
    const labels = menuTemplate(table, vi.fn(), 'linux').map((menu) => menu.label);
    expect(labels).toEqual(['File', 'Edit', 'View', 'Run', 'Flows', 'Window']);
  });

  it('has the menu of the application first on a Mac', () => {
    expect(menuTemplate(table, vi.fn(), 'darwin')[0]).toEqual({ role: 'appMenu' });
  });

  it('chooses a command by its id', () => {
    const choose = vi.fn();
    const open = submenu(menuTemplate(table, choose, 'linux'), 'File')[0]!;
    (open.click as () => void)();
    expect(choose).toHaveBeenCalledWith('data.open');
  });

  it('shows the shortcut of the table without binding it a second time', () => {
    const [run] = submenu(menuTemplate(table, vi.fn(), 'linux'), 'Run');
    expect(run).toMatchObject({ label: 'Run', accelerator: 'CmdOrCtrl+Enter', registerAccelerator: false });
  });

  it('keeps what every text field needs, also with an empty table', () => {
    const roles = submenu(menuTemplate([], vi.fn(), 'linux'), 'Edit').map((entry) => entry.role);
    expect(roles).toEqual(expect.arrayContaining(['undo', 'redo', 'cut', 'copy', 'paste', 'selectAll']));
  });

  it('leaves Undo to the view when the view has one', () => {
    const own = [{ id: 'edit.undo', title: 'Undo', keys: 'Mod+Z', menu: 'Edit' }];
    const edit = submenu(menuTemplate(own, vi.fn(), 'linux'), 'Edit');
    expect(edit.filter((entry) => entry.role === 'undo' || entry.label === 'Undo')).toHaveLength(1);
  });

  it('writes an ampersand as one', () => {
    expect(submenu(menuTemplate(table, vi.fn(), 'linux'), 'Flows')[0]!.label).toBe('Compare this && that');
  });

  it('becomes the menu of the application', () => {
    setMenu(table, vi.fn(), 'linux');
    expect(Menu.setApplicationMenu).toHaveBeenCalledWith(Menu.buildFromTemplate.mock.results[0]!.value);
  });
});

describe('a shortcut', () => {
  it.each([
    ['$mod+Shift+KeyP', 'CmdOrCtrl+Shift+P'],
    ['Mod+,', 'CmdOrCtrl+,'],
    ['Mod++', 'CmdOrCtrl+Plus'],
    ['Mod+Digit1', 'CmdOrCtrl+1'],
    ['Alt+ArrowLeft', 'Alt+Left'],
    ['F11', 'F11'],
  ])('%s is %s for Electron', (keys, accelerator) => {
    expect(acceleratorFor(keys)).toBe(accelerator);
  });

  it.each(['', 'F', 'Shift+?', 'g d', 'Hyper+K', 'Escape'])('%j is left to the page', (keys) => {
    expect(acceleratorFor(keys)).toBe('');
  });
});
