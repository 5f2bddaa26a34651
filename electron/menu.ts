/** @file The native menu, made from the view's command table; the system's own entries come as Electron roles. */
import { Menu } from 'electron';
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuItem } from '../main/contract/desktop';

type Entry = MenuItemConstructorOptions;

/** Menus that have a customary place stand there; others keep the order of the table, between View and Window. */
const customary = ['File', 'Edit', 'View', 'Run', 'Window', 'Help'];

/** Replaces the application menu. `choose` gets the id of the command that was picked. */
export function setMenu(
  items: readonly MenuItem[],
  choose: (id: string) => void,
  platform: NodeJS.Platform,
): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(items, choose, platform)));
}

/** The menu as plain data. */
export function menuTemplate(
  items: readonly MenuItem[],
  choose: (id: string) => void,
  platform: NodeJS.Platform,
): Entry[] {
  const titles = new Set([...items.map((item) => item.menu), 'File', 'Edit', 'View', 'Window']);
  const ordered = [...titles].sort((a, b) => place(a) - place(b));
  const menus = ordered.map((title): Entry => {
    const own = items.filter((item) => item.menu === title).map((item) => entry(item, choose));
    const native = nativeEntries(title, items, platform);
    const separator: Entry[] = own.length > 0 && native.length > 0 ? [{ type: 'separator' }] : [];
    return { label: escapeLabel(title), submenu: [...own, ...separator, ...native] };
  });
  return platform === 'darwin' ? [{ role: 'appMenu' }, ...menus] : menus;
}

function place(title: string): number {
  const index = customary.indexOf(title);
  return index < 0 ? customary.indexOf('Run') + 0.5 : index;
}

function entry(item: MenuItem, choose: (id: string) => void): Entry {
  const accelerator = acceleratorFor(item.keys ?? '');
  return {
    id: item.id,
    label: escapeLabel(item.title),
    click: () => choose(item.id),
    // Shown, not bound: the page handles its own keys, and a key bound twice would act twice.
    ...(accelerator ? { accelerator, registerAccelerator: false } : {}),
  };
}

function nativeEntries(title: string, items: readonly MenuItem[], platform: NodeJS.Platform): Entry[] {
  switch (title) {
    case 'File':
      return [platform === 'darwin' ? { role: 'close' } : { role: 'quit' }];
    case 'Edit': {
      const own = new Set(
        items.filter((item) => item.menu === 'Edit').map((item) => item.title.toLowerCase()),
      );
      const undo: Entry[] = own.has('undo')
        ? []
        : [{ role: 'undo' }, { role: 'redo' }, { type: 'separator' }];
      return [...undo, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }];
    }
    case 'View':
      return [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'reload' },
        { role: 'toggleDevTools' },
      ];
    case 'Window':
      return [{ role: 'minimize' }, { role: 'zoom' }];
    default:
      return [];
  }
}

/**
 * A shortcut of the view's table as Electron writes it: `Mod+Shift+P` and `$mod+Shift+KeyP` become `CmdOrCtrl+Shift+P`.
 * Empty for chords in sequence, and for bare keys: on a Mac the menu would take those from text fields.
 */
export function acceleratorFor(keys: string): string {
  const chord = keys.trim();
  if (chord === '' || /\s/.test(chord)) return '';
  const parts = chord.replace(/\+\+$/, '+Plus').split('+').filter(Boolean);
  const last = parts.pop();
  if (last === undefined) return '';
  const modifiers = parts.map((part) => modifierNames[part.toLowerCase()]);
  if (modifiers.includes(undefined)) return '';
  const key = keyName(last);
  const bare = modifiers.every((modifier) => modifier === 'Shift');
  if (bare && !/^F\d{1,2}$/.test(key)) return '';
  return [...modifiers, key].join('+');
}

const modifierNames: Readonly<Record<string, string>> = {
  $mod: 'CmdOrCtrl',
  mod: 'CmdOrCtrl',
  control: 'Ctrl',
  ctrl: 'Ctrl',
  meta: 'Super',
  shift: 'Shift',
  alt: 'Alt',
};

const keyNames: Readonly<Record<string, string>> = {
  comma: ',',
  period: '.',
  slash: '/',
  minus: '-',
  equal: '=',
  arrowleft: 'Left',
  arrowright: 'Right',
  arrowup: 'Up',
  arrowdown: 'Down',
  enter: 'Enter',
  escape: 'Esc',
  backspace: 'Backspace',
  delete: 'Delete',
  space: 'Space',
  tab: 'Tab',
};

function keyName(key: string): string {
  const letter = /^(?:Key([A-Z])|Digit(\d))$/.exec(key);
  if (letter) return letter[1] ?? letter[2] ?? '';
  return keyNames[key.toLowerCase()] ?? (key.length === 1 ? key.toUpperCase() : key);
}

/** A single `&` would be read as the mark of an access key. */
function escapeLabel(text: string): string {
  return text.replaceAll('&', '&&');
}
