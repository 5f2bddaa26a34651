/** @file One question at a time: while one is under way only the newest of those that come is kept. */

/** Calls `ask` with the newest request; of requests that came while it was busy only the last is asked. */
export class Newest<R> {
  readonly #ask: (request: R) => Promise<void>;
  #waiting: { request: R } | null = null;
  #busy = false;

  constructor(ask: (request: R) => Promise<void>) {
    this.#ask = ask;
  }

  want(request: R): void {
    this.#waiting = { request };
    if (!this.#busy) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting) {
      const { request } = this.#waiting;
      this.#waiting = null;
      await this.#ask(request);
    }
    this.#busy = false;
  }
}
