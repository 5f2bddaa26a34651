/** @file The colours of the current theme, read from the CSS variables, so that pictures follow light and dark. */
import { lightTheme, type Theme } from '../../figures/theme';

/** Reads every token at the document root; a missing one falls back to the light value. */
function readTheme(): Theme {
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
