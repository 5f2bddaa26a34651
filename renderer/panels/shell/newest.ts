/** @file Questions that are asked faster than they are answered: one in flight, and after it only the newest. */

/** Asks one question at a time; while one is in flight the newest waits and older ones are dropped. */
export class Newest<A> {
  readonly #ask: (args: A) => Promise<void>;
  #busy = false;
  #waiting: A | null = null;
  #last = '';

  /** @param ask Asks, and stores the answer or the failure itself. */
  constructor(ask: (args: A) => Promise<void>) {
    this.#ask = ask;
  }

  /** Asks unless the same was asked last. */
  ask(args: A): void {
    const key = JSON.stringify(args);
    if (key === this.#last) return;
    this.#last = key;
    if (this.#busy) this.#waiting = args;
    else void this.#run(args);
  }

  /** The next question is asked even when it is the same as the last. */
  forget(): void {
    this.#last = '';
    this.#waiting = null;
  }

  async #run(args: A): Promise<void> {
    this.#busy = true;
    try {
      let next: A | null = args;
      while (next !== null) {
        this.#waiting = null;
        await this.#ask(next);
        next = this.#waiting;
      }
    } finally {
      this.#busy = false;
    }
  }
}
