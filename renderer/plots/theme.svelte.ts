/** @file The colours of the current theme, read from the CSS variables, so that pictures follow light and dark. */
import type { ColorToken } from './scene';

export type Theme = Record<ColorToken | 'background' | 'pane' | 'raised', string>;

/** The light tokens of the style sheet: the ones used for export in tests and before a style sheet is there. */
export const lightTheme: Theme = {
  background: '#f6f7f9',
  pane: '#ffffff',
  raised: '#f1f3f6',
  line: '#dfe3ea',
  ink: '#171b22',
  'ink-second': '#545d6c',
  'ink-third': '#667080',
  accent: '#1769d2',
  'series-0': '#9aa3b1',
  'series-1': '#1769d2',
  'series-2': '#d9660b',
  'series-3': '#1a8a56',
  'series-4': '#b83274',
  good: '#177a4c',
  warn: '#8f5c00',
  bad: '#c43c3c',
};

/** Reads every token at the document root; a missing one falls back to the light value. */
export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const entries = Object.entries(lightTheme).map(([token, fallback]) => {
    return [token, style.getPropertyValue(`--${token}`).trim() || fallback] as const;
  });
  return Object.fromEntries(entries) as Theme;
}

/** The theme as reactive state; call it while a component is being set up. */
export function followTheme(): { readonly current: Theme } {
  let current = $state.raw(readTheme());
  $effect(() => {
    const update = (): void => {
      current = readTheme();
    };
    update();
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributes: true });
    const media = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;
    media?.addEventListener('change', update);
    return () => {
      observer.disconnect();
      media?.removeEventListener('change', update);
    };
  });
  return {
    get current() {
      return current;
    },
  };
}
