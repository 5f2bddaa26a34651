/** @file Binds the command table's shortcuts to the window, and writes them as a person reads them. */
import { createKeybindingsHandler } from 'tinykeys';
import type { AppState } from '../state/app.svelte';
import { commandsOf, isEnabled, runCommand } from './table';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
const signs: Record<string, string> = isMac
  ? { Mod: '⌘', Shift: '⇧', Enter: '↵', Escape: 'Esc' }
  : { Mod: 'Ctrl', Enter: '↵', Escape: 'Esc' };

/** `Mod+Shift+Z` as `Ctrl Shift Z`, or `⌘⇧Z` on a Mac. */
export function keysText(keys: string): string {
  return keys
    .split('+')
    .map((part) => signs[part] ?? part)
    .join(isMac ? '' : ' ');
}

/** Listens for every shortcut of the table until the answer is called. */
export function bindShortcuts(app: AppState): () => void {
  const listener = (event: KeyboardEvent): void => {
    if (event.defaultPrevented) return;
    handlerFor(app)(event);
  };
  window.addEventListener('keydown', listener);
  return () => window.removeEventListener('keydown', listener);
}

function handlerFor(app: AppState): (event: Event) => void {
  const bindings: Record<string, (event: KeyboardEvent) => void> = {};
  const bind = (keys: string, id: string): void => {
    const act = (event: KeyboardEvent): void => {
      const one = commandsOf(app).find((candidate) => candidate.id === id);
      if (!one || !isEnabled(app, one) || !mayRun(event, keys, app)) return;
      event.preventDefault();
      void runCommand(app, id);
    };
    for (const combination of tinykeysOf(keys)) bindings[combination] = act;
  };
  for (const one of commandsOf(app)) if (one.keys) bind(one.keys, one.id);
  bind('Mod+Shift+P', 'view.palette');
  return createKeybindingsHandler(bindings);
}

/** `Mod+K` as tinykeys writes it: `$mod+k`. A question mark needs Shift on most layouts, but not on all. */
function tinykeysOf(keys: string): string[] {
  if (keys === '?') return ['Shift+?', '?'];
  const lower = (_all: string, letter: string): string => `+${letter.toLowerCase()}`;
  return [keys.replace('Mod', '$mod').replace(/\+([A-Z])$/, lower)];
}

/** Typing comes first: plain keys, and undo, belong to the field that has the focus. A dialog keeps its keys. */
function mayRun(event: KeyboardEvent, keys: string, app: AppState): boolean {
  if (app.dialog !== null) return false;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return true;
  const typing =
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !['range', 'checkbox', 'radio', 'button'].includes(target.type));
  if (!typing) return !(keys === 'Escape' && document.querySelector('[role="menu"]'));
  return keys.includes('Mod') && !/Z$/.test(keys) && keys !== 'Mod+Shift+C';
}
