/** @file The time of one call: from its beginning, and since its last word. */
import type { CallLimits } from './messages';

export class CallClock {
  #started = false;
  #total: NodeJS.Timeout | null = null;
  #silence: NodeJS.Timeout | null = null;

  /** `late` is called with the limit that was passed, in seconds, and whether it is the one on silence. */
  constructor(
    private readonly limits: CallLimits,
    private readonly late: (seconds: number, silent: boolean) => void,
  ) {}

  /** Whether the other side has begun with the call. */
  get started(): boolean {
    return this.#started;
  }

  /** When the other side has begun with the call. */
  start(): void {
    this.#started = true;
    const { seconds } = this.limits;
    if (seconds !== undefined && !this.#total)
      this.#total = setTimeout(() => this.late(seconds, false), seconds * 1000);
    this.heard();
  }

  /** A word from the other side: the silence begins anew. */
  heard(): void {
    const { silence } = this.limits;
    if (silence === undefined) return;
    if (this.#silence) this.#silence.refresh();
    else this.#silence = setTimeout(() => this.late(silence, true), silence * 1000);
  }

  stop(): void {
    if (this.#total) clearTimeout(this.#total);
    if (this.#silence) clearTimeout(this.#silence);
    this.#total = this.#silence = null;
  }
}
