/** @file The person's standing choices: light, dark or the system's colours. */
import { readStored, writeStored } from './stored';

export type ThemeChoice = 'system' | 'light' | 'dark';

export class Settings {
  /** What was chosen. `public/theme.js` reads the same stored value before the first paint. */
  theme = $state<ThemeChoice>(readStored('theme', 'system', isTheme));
  #systemDark = $state(false);

  constructor() {
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = query.matches;
    query.addEventListener('change', (event) => {
      this.#systemDark = event.matches;
      this.#apply();
    });
    this.#apply();
  }

  /** The colours in use. */
  get shownTheme(): 'light' | 'dark' {
    if (this.theme === 'system') return this.#systemDark ? 'dark' : 'light';
    return this.theme;
  }

  setTheme(theme: ThemeChoice): void {
    this.theme = theme;
    writeStored('theme', theme);
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.shownTheme;
  }
}

function isTheme(value: unknown): value is ThemeChoice {
  return value === 'system' || value === 'light' || value === 'dark';
}
