/** @file What the system is told while a run is active: a progress bar, no sleep, and one question before closing. */
import { dialog, powerSaveBlocker } from 'electron';
import type { BrowserWindow } from 'electron';
import { twoButtons } from './two-buttons';

export class Activity {
  #blocker: number | null = null;

  get active(): boolean {
    return this.#blocker !== null;
  }

  /** @param fraction share done, 0 to 1; null when no run is active any more */
  set(window: BrowserWindow, fraction: number | null): void {
    if (!window.isDestroyed()) window.setProgressBar(fraction ?? -1);
    if (fraction === null) this.clear();
    else this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
  }

  /** Lets the machine sleep again; also for a page that is gone without saying so. */
  clear(): void {
    if (this.#blocker !== null) powerSaveBlocker.stop(this.#blocker);
    this.#blocker = null;
  }

  /** Holds the closing of a window while a run is active, asks, and closes it on a yes. */
  guard(window: BrowserWindow): void {
    let agreed = false;
    let asking = false;
    window.on('close', (event) => {
      if (agreed || !this.active) return;
      event.preventDefault();
      if (asking) return;
      asking = true;
      void dialog.showMessageBox(window, question).then(({ response }) => {
        asking = false;
        if (response !== stopAndClose) return;
        agreed = true;
        window.close();
      });
    });
  }
}

const stopAndClose = 1;

const question = twoButtons(['Keep running', 'Stop and close'], 0, {
  type: 'question',
  message: 'A run is active',
  detail: 'Closing stops it after its next checkpoint. It can be resumed later, from there.',
});
